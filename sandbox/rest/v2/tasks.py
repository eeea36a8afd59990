"""Tasks: the rows of ContactAction that are neither notes nor appointments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.records import add_record, delete_record, update_record
from sandbox.rest.activities import TABLE, is_appointment
from sandbox.rest.custom_fields import ACTIVITY, emptied, read_values, show_model, show_values, values_kind
from sandbox.rest.kinds import choice, flag, moment, record_id, shaped, text
from sandbox.rest.listing import Condition, by_ids, by_number, by_text, chosen, page, since, table_rows, until
from sandbox.rest.problems import bad_request, not_found
from sandbox.rest.routes import NO_CONTENT, Request, route
from sandbox.rest.wire import Json, id_text, present, time_text, whole
from sandbox.table_index import folded
from sandbox.values import Row

TEXTS = {"title": "ActionDescription", "description": "CreationNotes", "type": "ActionType"}
TIMES = {"due_time": "ActionDate", "completion_time": "CompletionDate"}
REFERENCES = {
    "assigned_to_user_id": ("User", "UserID"),
    "contact_id": ("Contact", "ContactId"),
    "opportunity_id": ("Lead", "OpportunityId"),
}
PRIORITIES = {"CRITICAL": 1, "ESSENTIAL": 2, "NONESSENTIAL": 3}
MEMBERS = {
    **dict.fromkeys(TEXTS, text),
    **dict.fromkeys(TIMES, moment),
    **dict.fromkeys(REFERENCES, record_id),
    "priority": choice(*PRIORITIES),
    "completed": flag,
    "accepted": flag,
    "custom_fields": values_kind(record_id),
}
NEW, CHANGED = shaped("assigned_to_user_id", **MEMBERS), shaped(**MEMBERS)
ORDER_BY = {"id": "Id", "create_time": "CreationDate", "due_time": "ActionDate", "update_time": "LastUpdated"}


def _by_presence(column: str, row: Row, wanted: Condition) -> bool:
    return (row.get(column) is not None) == (wanted.value == "true")


TESTS = {
    "contact_id": by_ids("ContactId"),
    "user_id": by_ids("UserID"),
    "opportunity_id": by_ids("OpportunityId"),
    "task_ids": by_ids(),
    "id": by_number("Id"),
    "title": by_text("ActionDescription"),
    "since_time": since("ActionDate"),
    "until_time": until("ActionDate"),
    "has_due_date": lambda row, wanted: _by_presence("ActionDate", row, wanted),
    "is_completed": lambda row, wanted: _by_presence("CompletionDate", row, wanted),
    "priority": lambda row, wanted: row["Priority"] == PRIORITIES.get(wanted.value),
}


@route("GET", "/v2/tasks")
def list_tasks(work: Work, request: Request) -> Json:
    tasks = [row for row in table_rows(work, TABLE) if _is_task(work, row)]
    rows, named = chosen(request, tasks, TESTS), request.listed("fields") or []
    return page(work, request, "tasks", rows, lambda row: _show(work, row, named), ORDER_BY)


@route("POST", "/v2/tasks", status=201)
def create_task(work: Work, request: Request) -> Json:
    columns = {"ObjectType": "Task", **_columns(work, request.read(NEW))}
    return _show(
        work, work.store.row(TABLE, add_record(work, TABLE, columns)), request.listed("fields") or []
    )


@route("GET", "/v2/tasks/{task_id}")
def get_task(work: Work, request: Request) -> Json:
    return _show(work, work.store.row(TABLE, _key(work, request)), request.listed("fields") or [])


@route("PATCH", "/v2/tasks/{task_id}")
def update_task(work: Work, request: Request) -> Json:
    key = _key(work, request)
    given = request.read(CHANGED, request.listed("update_mask"))
    if columns := emptied(work, ACTIVITY, given) | _columns(work, given):
        update_record(work, TABLE, key, columns)
    return _show(work, work.store.row(TABLE, key), request.listed("fields") or [])


@route("DELETE", "/v2/tasks/{task_id}", status=NO_CONTENT)
def delete_task(work: Work, request: Request) -> None:
    delete_record(work, TABLE, _key(work, request))


@route("GET", "/v2/tasks/model")
def task_model(work: Work, request: Request) -> Json:
    """Tasks, notes and appointments share their custom fields."""
    return show_model(work, ACTIVITY, ["custom_fields"])


def _key(work: Work, request: Request) -> int:
    key = request.record(work.store, TABLE, "task_id")
    if not _is_task(work, work.store.row(TABLE, key)):
        raise not_found("Task", str(key))
    return key


def _is_task(work: Work, row: Row) -> bool:
    return folded(row["ObjectType"]) != "note" and not is_appointment(work.options, row)


def _columns(work: Work, given: Json) -> dict[str, Any]:
    named = {**TEXTS, **TIMES}
    columns: dict[str, Any] = {
        column: given[name] for name, column in named.items() if given.get(name) is not None
    }
    for name, (table, column) in REFERENCES.items():
        if given.get(name) is not None:
            if work.store.get(table, given[name]) is None:
                raise bad_request(f"There is no {table} {given[name]}")
            columns[column] = given[name]
    if given.get("priority"):
        columns["Priority"] = PRIORITIES[given["priority"]]
    if given.get("completed") and "CompletionDate" not in columns:
        columns["CompletionDate"] = crm_now()
    return columns | read_values(work, ACTIVITY, given.get("custom_fields") or [])


def _show(work: Work, row: Row, named: list[str]) -> Json:
    words = {value: word for word, value in PRIORITIES.items()}
    shown = present(
        id=str(row["Id"]),
        **{name: row[column] for name, column in TEXTS.items()},
        **{name: time_text(row[column]) for name, column in TIMES.items()},
        **{name: id_text(row[column]) for name, (_, column) in REFERENCES.items()},
        priority=words.get(whole(row, "Priority")),
        completed=isinstance(row["CompletionDate"], datetime),
        create_time=time_text(row["CreationDate"]),
        modification_time=time_text(row["LastUpdated"]),
        created_by_user_id=id_text(row["CreatedBy"]),
        last_updated_by_user_id=id_text(row["LastUpdatedBy"]),
    )
    return {**shown, "custom_fields": show_values(work, ACTIVITY, row)} if "custom_fields" in named else shown
