"""Affiliates, which the CRM also calls referral partners."""

from __future__ import annotations

import re
from typing import Any

from sandbox.account import Work
from sandbox.records import add_record
from sandbox.rest.custom_fields import (
    AFFILIATE,
    custom_tests,
    read_values,
    show_model,
    show_values,
    values_kind,
)
from sandbox.rest.kinds import choice, flag, integer, record_id, shaped, text
from sandbox.rest.listing import Test, by_ids, by_number, by_text, chosen, page, table_rows
from sandbox.rest.problems import Refusal, bad_request
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, id_text, present, truth
from sandbox.values import Row

TABLE = "Affiliate"
STATUS = {"INACTIVE": 0, "ACTIVE": 1}
CODE = re.compile(r"[A-Za-z]\S{3,}")
FLAGS = {"notify_on_sale": "NotifySale", "notify_on_lead": "NotifyLead"}
NEW_AFFILIATE = shaped(
    "code contact_id",
    code=text,
    name=text,
    password=text,
    status=choice(*STATUS),
    contact_id=record_id,
    parent_affiliate_id=record_id,
    track_leads_days=integer,
    custom_fields=values_kind(record_id),
    **dict.fromkeys(FLAGS, flag),
)
ORDER_BY = {"id": "Id", "name": "AffName", "status": "Status", "code": "AffCode"}


TESTS: dict[str, Test] = {
    "id": by_number("Id"),
    "name": by_text("AffName"),
    "contact_id": by_ids("ContactId"),
    "code": by_text("AffCode"),
    "status": lambda row, wanted: bool(row["Status"]) == (wanted.value.upper() == "ACTIVE"),
}


@route("GET", "/v2/affiliates")
def list_affiliates(work: Work, request: Request) -> Json:
    tests = custom_tests(work, AFFILIATE) | TESTS
    rows = chosen(request, table_rows(work, TABLE), tests)
    return page(work, request, "affiliates", rows, lambda row: _show(work, row), ORDER_BY)


@route("GET", "/v2/affiliates/model")
def affiliate_model(work: Work, request: Request) -> Json:
    return show_model(work, AFFILIATE, [])


@route("GET", "/v2/affiliates/{id}")
def get_affiliate(work: Work, request: Request) -> Json:
    return _show(work, work.store.row(TABLE, request.record(work.store, TABLE, "id")))


@route("POST", "/v2/affiliates", status=201)
def create_affiliate(work: Work, request: Request) -> Json:
    """The code is unique; without a name the contact's is taken."""
    given, store = request.read(NEW_AFFILIATE), work.store
    if not CODE.fullmatch(given["code"]):
        raise bad_request("code starts with a letter and has at least 4 characters, no white space")
    if store.find(TABLE, "AffCode", given["code"]):
        raise Refusal(409, f"There is an affiliate with the code {given['code']} already")
    name, contact = given.get("name"), store.get("Contact", given["contact_id"])
    if not name:
        if contact is None:
            raise bad_request(f"There is no contact {given['contact_id']}")
        name = f"{contact['FirstName'] or ''} {contact['LastName'] or ''}".strip()
    values: dict[str, Any] = {
        "AffCode": given["code"],
        "AffName": name,
        "ContactId": given["contact_id"],
        "Status": STATUS[given.get("status") or "INACTIVE"],
        **{FLAGS[name]: int(given[name]) for name in FLAGS if given.get(name) is not None},
        **read_values(work, AFFILIATE, given.get("custom_fields") or []),
    }
    for name, column in {
        "parent_affiliate_id": "ParentId",
        "track_leads_days": "LeadCookieFor",
        "password": "Password",
    }.items():
        if given.get(name) is not None:
            values[column] = given[name]
    return _show(work, store.row(TABLE, add_record(work, TABLE, values)))


def _show(work: Work, row: Row) -> Json:
    return present(
        id=str(row["Id"]),
        code=row["AffCode"],
        name=row["AffName"],
        status="ACTIVE" if row["Status"] else "INACTIVE",
        contact_id=id_text(row["ContactId"]),
        parent_affiliate_id=id_text(row["ParentId"]),
        track_leads_days=row["LeadCookieFor"],
        **{name: truth(row[column]) for name, column in FLAGS.items()},
        custom_fields=show_values(work, AFFILIATE, row),
    )
