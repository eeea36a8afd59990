"""Notes on a contact: the rows of ContactAction that are notes."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.records import add_record, delete_record, update_record
from sandbox.rest.custom_fields import emptied, read_values, show_values, values_kind
from sandbox.rest.kinds import choice, flag, listed, record_id, shaped, text
from sandbox.rest.listing import Condition, by_ids, by_number, chosen, page, since, until
from sandbox.rest.problems import bad_request, not_found
from sandbox.rest.routes import NO_CONTENT, Request, route
from sandbox.rest.wire import Json, id_text, present, time_text
from sandbox.table_index import folded
from sandbox.values import Row

TABLE, NOTE, FORM = "ContactAction", "Note", -5
COLUMNS = {"title": "ActionDescription", "text": "CreationNotes", "type": "ActionType"}
MEMBERS = {
    **dict.fromkeys(COLUMNS, text),
    "user_id": record_id,
    "is_pinned": flag,
    "custom_fields": values_kind(record_id),
}
NEW_NOTE = shaped("user_id", **MEMBERS)
CHANGED_NOTE = shaped("user_id", **MEMBERS, contact_id=record_id)
FIELDS = listed(choice("custom_fields"))
ORDER_BY = {"id": "Id", "create_time": "CreationDate", "update_time": "LastUpdated"}


def _by_title(row: Row, wanted: Condition) -> bool:
    """A bare value matches anywhere in the title, one with a star at the end its beginning."""
    if wanted.sign != "==":
        raise bad_request("title takes ==")
    have, want = folded(row["ActionDescription"]), wanted.value.casefold()
    return have.startswith(want[:-1]) if want.endswith("*") else want in have


TESTS = {
    "id": by_number("Id"),
    "ids": by_ids(),
    "title": _by_title,
    "contact_id": by_ids("ContactId"),
    "assigned_to_user_id": by_ids("UserID"),
    "since_time": since("CreationDate"),
    "until_time": until("CreationDate"),
}


@route("GET", "/v2/contacts/{contact_id}/notes")
def list_notes(work: Work, request: Request) -> Json:
    contact = request.record(work.store, "Contact", "contact_id")
    named = _named_fields(request)
    rows = [work.store.row(TABLE, key) for key in sorted(work.store.find(TABLE, "ContactId", contact))]
    found = chosen(request, [row for row in rows if _is_note(row)], TESTS)
    return page(work, request, "notes", found, lambda row: _show(work, row, named), ORDER_BY)


@route("POST", "/v2/contacts/{contact_id}/notes", status=201)
def create_note(work: Work, request: Request) -> Json:
    contact = request.record(work.store, "Contact", "contact_id")
    given, named = request.read(NEW_NOTE), _named_fields(request)
    if not (given.get("title") or given.get("type")):
        raise bad_request("A value for either title or type is required")
    values = {
        "ContactId": contact,
        "ObjectType": NOTE,
        "CreationDate": crm_now(),
        "CompletionDate": crm_now(),
        **_columns(work, given),
    }
    return _show(work, work.store.row(TABLE, add_record(work, TABLE, values)), named)


@route("GET", "/v2/contacts/{contact_id}/notes/{note_id}")
def get_note(work: Work, request: Request) -> Json:
    return _show(work, work.store.row(TABLE, _key(work, request)), _named_fields(request))


@route("PATCH", "/v2/contacts/{contact_id}/notes/{note_id}")
def update_note(work: Work, request: Request) -> Json:
    """Change what is given and, where there is one, named by `update_mask`."""
    key, mask = _key(work, request), request.listed("update_mask")
    given, named = request.read(CHANGED_NOTE, mask), _named_fields(request)
    columns = emptied(work, FORM, given) | _columns(work, given)
    if given.get("contact_id") is not None:
        columns["ContactId"] = _existing(work, "Contact", given["contact_id"])
    if columns:
        update_record(work, TABLE, key, columns)
    return _show(work, work.store.row(TABLE, key), named)


@route("DELETE", "/v2/contacts/{contact_id}/notes/{note_id}", status=NO_CONTENT)
def delete_note(work: Work, request: Request) -> None:
    delete_record(work, TABLE, _key(work, request))


def _key(work: Work, request: Request) -> int:
    """The note in the path. Raises a 404 for one that is another contact's, or a task."""
    contact = request.record(work.store, "Contact", "contact_id")
    key = request.record(work.store, TABLE, "note_id")
    row = work.store.row(TABLE, key)
    if row["ContactId"] != contact or not _is_note(row):
        raise not_found("Note", str(key))
    return key


def _is_note(row: Row) -> bool:
    return folded(row["ObjectType"]) == NOTE.casefold()


def _columns(work: Work, given: Json) -> dict[str, Any]:
    values: dict[str, Any] = {
        column: given[name] for name, column in COLUMNS.items() if given.get(name) is not None
    }
    if given.get("user_id") is not None:
        values["UserID"] = _existing(work, "User", given["user_id"])
    return values | read_values(work, FORM, given.get("custom_fields") or [])


def _existing(work: Work, table: str, key: int) -> int:
    if work.store.get(table, key) is None:
        raise bad_request(f"There is no {table} {key}")
    return key


def _named_fields(request: Request) -> list[str]:
    named = request.listed("fields") or []
    FIELDS(named, "fields")
    return named


def _show(work: Work, row: Row, named: list[str]) -> Json:
    """A pinned note is not kept as such: no column of the CRM is known for it."""
    author = work.store.get("User", int(str(row["UserID"] or 0)))
    shown = present(
        id=str(row["Id"]),
        **{name: row[column] for name, column in COLUMNS.items()},
        contact_id=id_text(row["ContactId"]),
        create_time=time_text(row["CreationDate"]),
        update_time=time_text(row["LastUpdated"]),
        last_updated_by_user_id=id_text(row["LastUpdatedBy"]),
        created_by_user_id=id_text(row["CreatedBy"]),
        assigned_to_user=present(
            id=str(author["Id"]),
            given_name=author["FirstName"],
            family_name=author["LastName"],
            email_address=author["Email"],
        )
        if author
        else None,
    )
    return {**shown, "custom_fields": show_values(work, FORM, row)} if named else shown
