"""Companies: list, read, create, patch, and their tags."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.records import add_record, update_record
from sandbox.rest.custom_fields import COMPANY, emptied, read_values, show_model, show_values, values_kind
from sandbox.rest.kinds import choice, record_id, shaped, text
from sandbox.rest.listing import by_number, by_text, candidates, chosen, page, since, until
from sandbox.rest.numbered_fields import (
    ADDRESS_MEMBERS,
    ADDRESSES,
    EMAILS,
    FAXES,
    PHONES,
    read_address,
    show_address,
)
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import NO_CONTENT, Request, route
from sandbox.rest.v2.tags import show_assigned
from sandbox.rest.wire import Json, id_text, present, time_text
from sandbox.services.contact import add_to_group, remove_from_group
from sandbox.values import Row

TABLE = "Company"
TEXTS = {
    "company_name": "Company",
    "website": "Website",
    "notes": "ContactNotes",
    "first_name": "FirstName",
    "last_name": "LastName",
    "job_title": "JobTitle",
    "contact_type": "ContactType",
}
SLOTS = {
    "address": (ADDRESSES, "BILLING"),
    "email_address": (EMAILS, "EMAIL1"),
    "phone_number": (PHONES, "PHONE1"),
    "fax_number": (FAXES, "FAX1"),
}
BODY = shaped(
    **dict.fromkeys(TEXTS, text),
    address=shaped(field=choice(*ADDRESSES.columns), **ADDRESS_MEMBERS),
    email_address=shaped(email=text, field=choice(*EMAILS.columns)),
    phone_number=shaped(number=text, extension=text, type=text, field=choice(*PHONES.columns)),
    fax_number=shaped(number=text, type=text, field=choice(*FAXES.columns)),
    owner_id=record_id,
    custom_fields=values_kind(record_id),
)
OPTIONAL = ("notes", *SLOTS, "update_time", "create_time", "custom_fields")
"""What a list shows only if `fields` names it."""
TESTS = {
    "company_name": by_text("Company"),
    "name": by_text("Company"),
    "email": by_text("Email"),
    "city": by_text("City"),
    "state": by_text("State"),
    "since_time": since("LastUpdated"),
    "until_time": until("LastUpdated"),
    "company_id": by_number("Id"),
}
ORDER_BY = {"id": "Id", "create_time": "DateCreated", "name": "Company", "email": "Email"}


@route("GET", "/v2/companies")
def list_companies(work: Work, request: Request) -> Json:
    rows = chosen(request, candidates(work, TABLE, request, {}), TESTS)
    named = request.listed("fields") or []
    return page(work, request, "companies", rows, lambda row: _show(work, row, named), ORDER_BY)


@route("POST", "/v2/companies", status=201)
def create_company(work: Work, request: Request) -> Json:
    """The vendor's file requires nothing, but something must be given."""
    columns = _columns(work, request.read(BODY))
    if not columns:
        raise bad_request("A company needs a name")
    return _show(work, work.store.row(TABLE, add_record(work, TABLE, columns)), list(OPTIONAL))


@route("GET", "/v2/companies/{company_id}")
def get_company(work: Work, request: Request) -> Json:
    named = request.listed("fields") or []
    return _show(work, work.store.row(TABLE, request.record(work.store, TABLE, "company_id")), named)


@route("PATCH", "/v2/companies/{company_id}")
def update_company(work: Work, request: Request) -> Json:
    key = request.record(work.store, TABLE, "company_id")
    given = request.read(BODY, request.listed("update_mask"))
    if columns := emptied(work, COMPANY, given) | _columns(work, given):
        update_record(work, TABLE, key, columns)
    return _show(work, work.store.row(TABLE, key), list(OPTIONAL))


@route("GET", "/v2/companies/{company_id}/tags")
def list_company_tags(work: Work, request: Request) -> Json:
    return show_assigned(work, request, request.record(work.store, TABLE, "company_id"))


@route("POST", "/v2/companies/{company_id}/tags/{tag_id}", status=NO_CONTENT)
def apply_company_tag(work: Work, request: Request) -> None:
    company = request.record(work.store, TABLE, "company_id")
    add_to_group(work, company, request.record(work.store, "ContactGroup", "tag_id"))


@route("DELETE", "/v2/companies/{company_id}/tags/{tag_id}", status=NO_CONTENT)
def remove_company_tag(work: Work, request: Request) -> None:
    company = request.record(work.store, TABLE, "company_id")
    remove_from_group(work, company, request.record(work.store, "ContactGroup", "tag_id"))


@route("GET", "/v2/companies/model")
def company_model(work: Work, request: Request) -> Json:
    return show_model(work, COMPANY, list(OPTIONAL))


def _columns(work: Work, given: Json) -> dict[str, Any]:
    columns: dict[str, Any] = {
        column: given[name] for name, column in TEXTS.items() if given.get(name) is not None
    }
    for name, (slots, field) in SLOTS.items():
        if given.get(name) is not None:
            item = read_address(given[name], work.options) if name == "address" else given[name]
            if name == "address":
                columns |= dict.fromkeys(slots.columns[field].values())
            columns |= slots.read([{**item, "field": field}])
    if given.get("owner_id") is not None:
        if work.store.get("User", given["owner_id"]) is None:
            raise bad_request(f"There is no User {given['owner_id']}")
        columns["OwnerID"] = given["owner_id"]
    return columns | read_values(work, COMPANY, given.get("custom_fields") or [])


def _show(work: Work, row: Row, named: list[str]) -> Json:
    """What is always there, and what is named; with `fields` only that, as the option says."""
    shown = present(
        id=str(row["Id"]),
        **{name: row[column] for name, column in TEXTS.items()},
        owner_id=id_text(row["OwnerID"]),
        create_time=time_text(row["DateCreated"]),
        update_time=time_text(row["LastUpdated"]),
        custom_fields=show_values(work, COMPANY, row),
    )
    for name, (slots, field) in SLOTS.items():
        for item in slots.show(row):
            if item["field"] == field:
                shown[name] = show_address(item) if name == "address" else item
    if named and work.options.company_fields == "only":
        return {name: value for name, value in shown.items() if name in ("id", *named)}
    return {name: value for name, value in shown.items() if name not in OPTIONAL or name in named}
