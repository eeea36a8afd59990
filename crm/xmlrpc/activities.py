"""Tasks and notes: the rows of ContactAction that are no appointments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from crm.object_records import NoteData, NoteRecord, TaskData, TaskRecord
from crm.records import Priority
from crm.values import Struct, record_id, text
from crm.xmlrpc.appointments import APPOINTMENT, TABLE, priority_number
from crm.xmlrpc.encode import Param
from crm.xmlrpc.objects import ObjectCalls, given_columns
from crm.xmlrpc.service import LONG_ROWS
from crm.xmlrpc.values import moment, optional_id

NOTE, TASK = "Note", "Task"
NOTE_NAMES = {
    "title": "ActionDescription",
    "text": "CreationNotes",
    "type": "ActionType",
    "user_id": "UserID",
    "created_at": "CreationDate",
}
NOTE_COLUMNS = ("Id", "ContactId", "IsAppointment", "ObjectType", *NOTE_NAMES.values())
TASK_NAMES = {
    "contact_id": "ContactId",
    "title": "ActionDescription",
    "description": "CreationNotes",
    "due_at": "ActionDate",
    "completed_at": "CompletionDate",
    "user_id": "UserID",
    "opportunity_id": "OpportunityId",
    "type": "ActionType",
}
TASK_COLUMNS = ("Id", "IsAppointment", "ObjectType", "Priority", "CreationDate", *TASK_NAMES.values())
PRIORITY_WORDS = {number: word.value for number, word in enumerate(Priority, start=1)}


class ActivityCalls(ObjectCalls):
    def create_note(self, contact_id: int, note: NoteData) -> int:
        """Put a note on the contact; return its id. Repeat: not safe: look with `list_notes` first.

        It is done when it is made: without a CompletionDate it would stand among what is to do.
        """
        columns: dict[str, Param] = {
            "ContactId": contact_id,
            "ObjectType": NOTE,
            "CompletionDate": note.created_at or datetime.now(UTC),
            **given_columns(note, NOTE_NAMES),
        }
        return self._add("create_note", TABLE, columns)

    def update_note(self, contact_id: int, note_id: int, note: NoteData) -> None:
        """Write what is given over the note. Repeat: safe."""
        self._update("update_note", TABLE, note_id, given_columns(note, NOTE_NAMES))

    def list_notes(self, contact_id: int) -> list[NoteRecord]:
        """Return the contact's notes, lowest id first.

        Under which ObjectType the CRM keeps a note made over REST is not documented: only what is surely
        something else is left out.
        """

        def parse(row: Struct) -> NoteRecord | None:
            is_other = is_appointment(row) or _is(row, TASK) or optional_id(row, "ContactId") != contact_id
            return None if is_other else self._note(row)

        where = {"ContactId": contact_id}
        return self._query("list_notes", TABLE, where, NOTE_COLUMNS, parse, page_rows=LONG_ROWS)

    def read_note(self, contact_id: int, note_id: int, fields: Sequence[str] = ()) -> NoteRecord:
        """Return one note. Raises MissingInCrm if it, or a custom field, is gone."""

        def parse(row: Struct) -> NoteRecord:
            return replace(self._note(row), fields={name: text(row, name) for name in fields})

        return self._load("read_note", TABLE, note_id, (*NOTE_COLUMNS, *fields), parse)

    def create_task(self, task: TaskData) -> int:
        """Create a task; return its id. Repeat: not safe: look with `list_tasks` first."""
        return self._add("create_task", TABLE, {"ObjectType": TASK, **_task_columns(task)})

    def update_task(self, task_id: int, task: TaskData) -> None:
        """Write what is given over the task. Repeat: safe."""
        self._update("update_task", TABLE, task_id, _task_columns(task))

    def list_tasks(self, contact_id: int) -> list[TaskRecord]:
        """Return the contact's tasks, done ones too, lowest id first."""

        def parse(row: Struct) -> TaskRecord | None:
            return self._task(row) if _is_task(row) and optional_id(row, "ContactId") == contact_id else None

        where = {"ContactId": contact_id}
        return self._query("list_tasks", TABLE, where, TASK_COLUMNS, parse, page_rows=LONG_ROWS)

    def find_tasks(self, title: str) -> list[TaskRecord]:
        """Return the tasks of that very title, whoever's, lowest id first."""
        return self._query_exact(
            "find_tasks",
            TABLE,
            "ActionDescription",
            title,
            TASK_COLUMNS,
            lambda row: self._task(row) if _is_task(row) else None,
        )

    def read_task(self, task_id: int, fields: Sequence[str] = ()) -> TaskRecord:
        """Return one task. Raises MissingInCrm if it, or a custom field, is gone."""

        def parse(row: Struct) -> TaskRecord:
            return replace(self._task(row), fields={name: text(row, name) for name in fields})

        return self._load("read_task", TABLE, task_id, (*TASK_COLUMNS, *fields), parse)

    def _note(self, row: Struct) -> NoteRecord:
        return NoteRecord(
            id=record_id(row.get("Id")),
            contact_id=optional_id(row, "ContactId") or 0,
            title=text(row, "ActionDescription"),
            text=text(row, "CreationNotes"),
            type=text(row, "ActionType"),
            user_id=optional_id(row, "UserID") or 0,
            created_at=moment(row, "CreationDate", self._wire.zone),
        )

    def _task(self, row: Struct) -> TaskRecord:
        zone = self._wire.zone
        return TaskRecord(
            id=record_id(row.get("Id")),
            title=text(row, "ActionDescription"),
            description=text(row, "CreationNotes"),
            contact_id=optional_id(row, "ContactId") or 0,
            user_id=optional_id(row, "UserID") or 0,
            opportunity_id=optional_id(row, "OpportunityId") or 0,
            due_at=moment(row, "ActionDate", zone),
            completed_at=moment(row, "CompletionDate", zone),
            type=text(row, "ActionType"),
            priority=PRIORITY_WORDS.get(optional_id(row, "Priority") or 0, ""),
            created_at=moment(row, "CreationDate", zone),
        )


def is_appointment(row: Struct) -> bool:
    """Which of the two columns marks an appointment is not known: either does."""
    return _is(row, APPOINTMENT) or bool(optional_id(row, "IsAppointment"))


def _is(row: Struct, kind: str) -> bool:
    return text(row, "ObjectType").strip().casefold() == kind.casefold()


def _is_task(row: Struct) -> bool:
    return _is(row, TASK) and not is_appointment(row)


def _task_columns(task: TaskData) -> dict[str, Param]:
    columns = given_columns(task, TASK_NAMES)
    return columns | ({"Priority": priority_number(task.priority)} if task.priority else {})
