"""Tags of v1, and many of them on one contact in one call."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.rest.kinds import integer, listed, shaped
from sandbox.rest.listing import table_rows
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import NO_CONTENT, Answer, Request, route
from sandbox.rest.v1.listing import page
from sandbox.rest.v2.tags import DUPLICATE, SUCCESS, apply_one
from sandbox.rest.wire import Json, present, time_text, whole
from sandbox.services.contact import remove_from_group
from sandbox.store import Store
from sandbox.values import Row

MISSING_TAG = "TAG_ID_NOT_FOUND"
TAGS_BODY = shaped("tagIds", tagIds=listed(integer))


@route("GET", "/v1/tags")
def list_tags(work: Work, request: Request) -> Json:
    rows = table_rows(work, "ContactGroup")
    name = request.query.get("name")
    if name is not None:
        rows = [row for row in rows if str(row["GroupName"] or "").casefold() == name.casefold()]
    return page(request, "tags", rows, lambda row: _show(work.store, row))


@route("GET", "/v1/contacts/{contact_id}/tags")
def list_contact_tags(work: Work, request: Request) -> Json:
    contact = request.record(work.store, "Contact", "contact_id")
    keys = work.store.find("ContactGroupAssign", "ContactId", contact)
    rows = [work.store.row("ContactGroupAssign", key) for key in keys]
    return page(request, "tags", rows, lambda row: _show_applied(work.store, row))


@route("POST", "/v1/contacts/{contact_id}/tags")
def apply_tags(work: Work, request: Request) -> Any:
    """Apply each tag that exists; the others are named in the answer and stop nothing."""
    contact = request.record(work.store, "Contact", "contact_id")
    words = {
        str(tag): apply_one(work, contact, tag) if work.store.get("ContactGroup", tag) else MISSING_TAG
        for tag in request.read(TAGS_BODY)["tagIds"]
    }
    if work.options.v1_tags_reply == "empty":
        return Answer(200, None)
    if work.options.v1_tags_reply == "success":
        words = {tag: SUCCESS if word == DUPLICATE else word for tag, word in words.items()}
    if work.options.v1_tags_reply == "entries":
        return [{tag: word} for tag, word in words.items()]
    return words


@route("DELETE", "/v1/contacts/{contact_id}/tags", status=NO_CONTENT)
def remove_tags(work: Work, request: Request) -> None:
    """The ids are in the query: `?ids=1,2`."""
    contact = request.record(work.store, "Contact", "contact_id")
    ids = request.listed("ids") or []
    if not ids or not all(text.isdigit() for text in ids):
        raise bad_request("ids names the tags, with commas")
    for tag in ids:
        if work.store.get("ContactGroup", int(tag)) is not None:
            remove_from_group(work, contact, int(tag))


@route("DELETE", "/v1/contacts/{contact_id}/tags/{tag_id}", status=NO_CONTENT)
def remove_tag(work: Work, request: Request) -> None:
    contact = request.record(work.store, "Contact", "contact_id")
    remove_from_group(work, contact, request.record(work.store, "ContactGroup", "tag_id"))


def _show(store: Store, row: Row) -> Json:
    category = store.get("ContactGroupCategory", whole(row, "GroupCategoryId"))
    return present(
        id=row["Id"],
        name=row["GroupName"],
        description=row["GroupDescription"],
        category=present(id=category["Id"], name=category["CategoryName"]) if category else None,
    )


def _show_applied(store: Store, row: Row) -> Json:
    tag = store.get("ContactGroup", whole(row, "GroupId"))
    shown = present(id=row["GroupId"], name=tag["GroupName"] if tag else None)
    return present(tag=shown, date_applied=time_text(row["DateCreated"]))
