"""Tags and the contacts that have them."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.records import add_record, update_record
from sandbox.rest.kinds import listed, record_id, shaped, text
from sandbox.rest.listing import Condition, Test, by_ids, by_text, candidates, chosen, page, since, until
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import NO_CONTENT, Request, route
from sandbox.rest.wire import Json, id_text, present, time_text, whole
from sandbox.services.contact import add_to_group, remove_from_group
from sandbox.values import Row

NONE = "NONE"
TAG_MEMBERS = {"name": text, "description": text, "category": shaped("id", id=record_id)}
TAG_BODY, CHANGED_TAG = shaped("name", **TAG_MEMBERS), shaped(**TAG_MEMBERS)
CONTACTS_BODY = shaped("contact_ids", contact_ids=listed(record_id))
INDEXED = {"name": ("GroupName",), "tag_ids": ("Id",)}
SUCCESS, DUPLICATE, MISSING = "SUCCESS", "DUPLICATE", "CONTACT_DOES_NOT_EXIST"
"""What was done with each contact; the words were not published."""


def or_none(test: Test, column: str) -> Test:
    """NONE finds the rows without a value."""

    def wrapped(row: Row, wanted: Condition) -> bool:
        return not row.get(column) if wanted.value == NONE else test(row, wanted)

    return wrapped


TESTS: dict[str, Test] = {
    "name": by_text("GroupName"),
    "description": or_none(by_text("GroupDescription"), "GroupDescription"),
    "category_id": or_none(by_ids("GroupCategoryId"), "GroupCategoryId"),
    "tag_ids": by_ids(),
}


@route("GET", "/v2/tags")
def list_tags(work: Work, request: Request) -> Json:
    rows = chosen(request, candidates(work, "ContactGroup", request, INDEXED), TESTS)
    return page(work, request, "tags", rows, show_tag, {"name": "GroupName"})


@route("POST", "/v2/tags", status=201)
def create_tag(work: Work, request: Request) -> Json:
    given = request.read(TAG_BODY)
    values: dict[str, Any] = {"GroupName": given["name"]}
    if given.get("description"):
        values["GroupDescription"] = given["description"]
    if given.get("category"):
        values["GroupCategoryId"] = _category(work, given)
    return show_tag(work.store.row("ContactGroup", add_record(work, "ContactGroup", values)))


def _category(work: Work, given: Json) -> int:
    category = int(given["category"]["id"])
    if work.store.get("ContactGroupCategory", category) is None:
        raise bad_request(f"There is no tag category {category}")
    return category


@route("GET", "/v2/tags/{tag_id}")
def get_tag(work: Work, request: Request) -> Json:
    return show_tag(work.store.row("ContactGroup", request.record(work.store, "ContactGroup", "tag_id")))


@route("PATCH", "/v2/tags/{tag_id}")
def update_tag(work: Work, request: Request) -> Json:
    """Change what `update_mask` names; without one, a category that is not given is taken off."""
    tag = request.record(work.store, "ContactGroup", "tag_id")
    given = request.read(CHANGED_TAG, request.listed("update_mask"))
    values: dict[str, Any] = {
        column: given[name]
        for name, column in (("name", "GroupName"), ("description", "GroupDescription"))
        if given.get(name) is not None
    }
    if given.get("category"):
        values["GroupCategoryId"] = _category(work, given)
    elif request.listed("update_mask") is None:
        values["GroupCategoryId"] = ""
    if values:
        update_record(work, "ContactGroup", tag, values)
    return show_tag(work.store.row("ContactGroup", tag))


@route("DELETE", "/v2/tags/{tag_id}", status=NO_CONTENT)
def delete_tag(work: Work, request: Request) -> None:
    """Whoever has it loses it."""
    tag = request.record(work.store, "ContactGroup", "tag_id")
    for assigned in work.store.find("ContactGroupAssign", "GroupId", tag):
        work.store.remove("ContactGroupAssign", assigned)
    work.store.remove("ContactGroup", tag)
    work.note("tag.deleted", {"tag": tag})


@route("POST", "/v2/tags/{tag_id}/contacts:applyTags")
def apply_tags(work: Work, request: Request) -> Json:
    tag = request.record(work.store, "ContactGroup", "tag_id")
    ids: list[int] = request.read(CONTACTS_BODY)["contact_ids"]
    return {"results": {str(contact): apply_one(work, contact, tag) for contact in ids}}


def apply_one(work: Work, contact: int, tag: int) -> str:
    """Tag one contact and say with one word what became of it."""
    if work.store.get("Contact", contact) is None:
        return MISSING
    before = len(work.effects)
    add_to_group(work, contact, tag)
    return SUCCESS if len(work.effects) > before else DUPLICATE


@route("POST", "/v2/tags/{tag_id}/contacts:removeTags", status=NO_CONTENT)
def remove_tags(work: Work, request: Request) -> None:
    """Contacts that do not exist are passed over."""
    tag = request.record(work.store, "ContactGroup", "tag_id")
    for contact in request.read(CONTACTS_BODY)["contact_ids"]:
        if work.store.get("Contact", contact) is not None:
            remove_from_group(work, contact, tag)


@route("GET", "/v2/contacts/{contact_id}/tags")
def list_contact_tags(work: Work, request: Request) -> Json:
    return show_assigned(work, request, request.record(work.store, "Contact", "contact_id"))


def show_assigned(work: Work, request: Request, tagged: int) -> Json:
    """The tags of a contact or a company: their ids share one counter."""
    store = work.store
    keys = store.find("ContactGroupAssign", "ContactId", tagged)
    rows: list[Row] = []
    for assigned in (store.row("ContactGroupAssign", key) for key in keys):
        tag = store.get("ContactGroup", whole(assigned, "GroupId")) or {"Id": assigned["GroupId"]}
        rows.append({**tag, "Applied": assigned["DateCreated"]})
    tests = {name: test for name, test in TESTS.items() if name != "tag_ids"} | {
        "since_applied_time": since("Applied"),
        "until_applied_time": until("Applied"),
    }
    return page(
        work,
        request,
        "tags",
        chosen(request, rows, tests),
        lambda row: present(tag=show_tag(row), applied_time=time_text(row["Applied"])),
        {"name": "GroupName", "applied_time": "Applied", "category_id": "GroupCategoryId"},
    )


def show_tag(row: Row) -> Json:
    category = id_text(row.get("GroupCategoryId"))
    return present(
        id=str(row["Id"]),
        name=row.get("GroupName"),
        description=row.get("GroupDescription"),
        category={"id": category} if category else None,
    )
