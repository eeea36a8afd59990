"""Tasks. Their reminder is left out: the vendor's file asks for a number that must be one of some texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm.errors import ConfigurationError, CrmRejected
from crm.list_records import FieldObject
from crm.object_records import TaskData, TaskRecord
from crm.records import Priority
from crm.rest.body import Param
from crm.rest.objects import CUSTOM, ObjectCalls, field_texts, given_members
from crm.rest.service import created
from crm.rest.values import moment, optional_id
from crm.values import Struct, record_id, struct, text

LIST = "GET /v2/tasks"
ONE = "/v2/tasks/{task_id}"
NAMES = {
    "contact_id": "contact_id",
    "title": "title",
    "description": "description",
    "due_at": "due_time",
    "completed_at": "completion_time",
    "user_id": "assigned_to_user_id",
    "opportunity_id": "opportunity_id",
    "type": "type",
}
PRIORITIES = {
    "CRITICAL": Priority.CRITICAL,
    "ESSENTIAL": Priority.ESSENTIAL,
    "NONESSENTIAL": Priority.NON_ESSENTIAL,
}
PAGE_ROWS = 200


class TaskCalls(ObjectCalls):
    def create_task(self, task: TaskData) -> int:
        """Create a task; return its id. Repeat: not safe: look with `list_tasks` first.

        Raises: ConfigurationError without a user, before anything is sent: the API needs one.
        """
        if task.user_id is None:
            raise ConfigurationError(
                "Over REST a task needs a user of the CRM whom it is for. Choose one in the settings, or "
                "choose XML-RPC or automatic as the connection's protocol.",
                setting="credentials",
                label="task-without-user",
            )
        body = {name: value for name, value in _members(task).items() if value != ""}
        body |= self._custom("create_task", FieldObject.ACTIVITY, task.fields)
        return self._wire.call("create_task", "POST /v2/tasks", created, body=body)

    def update_task(self, task_id: int, task: TaskData) -> None:
        """Write what is given over the task; its custom fields are read first. Repeat: safe."""
        body = _members(task)
        body |= self._custom("update_task", FieldObject.ACTIVITY, task.fields, ONE, (task_id,))
        self._write_over("update_task", ONE, (task_id,), body)

    def list_tasks(self, contact_id: int) -> list[TaskRecord]:
        """Return the contact's tasks, done ones too, lowest id first."""

        def parse(row: Struct) -> TaskRecord | None:
            record = _task(row)
            return record if record.contact_id == contact_id else None

        query = {"filter": f"contact_id=={contact_id}"}
        found = self._pages("list_tasks", LIST, "tasks", parse, query=query, page_rows=PAGE_ROWS)
        return sorted(found, key=lambda record: record.id)

    def find_tasks(self, title: str) -> list[TaskRecord]:
        """Return the tasks of that very title, whoever's, lowest id first."""
        found = self._named("find_tasks", LIST, "tasks", "title", title, _task, page_rows=PAGE_ROWS)
        return sorted(found, key=lambda record: record.id)

    def read_task(self, task_id: int, fields: Sequence[str] = ()) -> TaskRecord:
        """Return one task. Raises MissingInCrm if it, or a custom field, is gone."""
        known = self._known("read_task", FieldObject.ACTIVITY, fields)
        query = {"fields": CUSTOM} if fields else None
        row = self._wire.call("read_task", f"GET {ONE}", struct, at=(task_id,), query=query)
        return replace(_task(row), fields=field_texts(row, known))


def _members(task: TaskData) -> dict[str, Param]:
    body = given_members(task, NAMES)
    if task.completed_at is not None:
        body["completed"] = True
    if task.priority:
        words = {known.casefold(): word for word, known in PRIORITIES.items()}
        if task.priority.strip().casefold() not in words:
            raise CrmRejected(
                f"The CRM has no priority {task.priority[:40]}. "
                "Choose Critical, Essential or Non-Essential in the settings.",
                label="priority-unknown",
            )
        body["priority"] = words[task.priority.strip().casefold()]
    return body


def _task(row: Struct) -> TaskRecord:
    priority = PRIORITIES.get(text(row, "priority"))
    return TaskRecord(
        id=record_id(row.get("id")),
        title=text(row, "title"),
        description=text(row, "description"),
        contact_id=optional_id(row.get("contact_id")) or 0,
        user_id=optional_id(row.get("assigned_to_user_id")) or 0,
        opportunity_id=optional_id(row.get("opportunity_id")) or 0,
        due_at=moment(row, "due_time"),
        completed_at=moment(row, "completion_time"),
        type=text(row, "type"),
        priority=priority.value if priority else "",
        created_at=moment(row, "create_time"),
    )
