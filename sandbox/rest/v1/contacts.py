"""Contacts of v1: list by e-mail, read, upsert by duplicate check, patch."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.records import add_record, update_record
from sandbox.rest.contact_shape import (
    LISTS,
    TEXTS,
    is_marketable,
    read_contact,
    removed,
    show_contact,
    status_word,
)
from sandbox.rest.custom_fields import CONTACT, show_values, values_kind
from sandbox.rest.kinds import anything, choice, integer, shaped, text
from sandbox.rest.numbered_fields import ADDRESS_ITEMS, EMAIL_ITEMS, FAX_ITEMS, PHONE_ITEMS
from sandbox.rest.problems import Refusal, bad_request
from sandbox.rest.routes import Request, route
from sandbox.rest.v1.listing import page
from sandbox.rest.wire import Json, present, whole
from sandbox.services.contact import EMAIL_COLUMNS, duplicate_of
from sandbox.services.email import opt_in, status_row
from sandbox.values import Row

DATES_OF = {"birthday": "birth_date", "anniversary": "anniversary_date"}
RENAMED = DATES_OF | {"lead_source_id": "leadsource_id"}
UPSERT_CHECKS = choice("Email", "EmailAndName")
V2_ONLY = ("birth_date", "anniversary_date", "tag_ids", "groups", "links", "account_id", "utm_parameters")
CONTACT_BODY = shaped(
    **dict.fromkeys([*TEXTS, "birthday", "anniversary"], text),
    **dict.fromkeys(("source_type", "origin", "social_accounts", "relationships"), anything),
    owner_id=integer,
    lead_source_id=integer,
    opt_in_reason=text,
    duplicate_option=UPSERT_CHECKS,
    company=shaped(id=integer, company_name=text),
    email_addresses=EMAIL_ITEMS,
    phone_numbers=PHONE_ITEMS,
    fax_numbers=FAX_ITEMS,
    addresses=ADDRESS_ITEMS,
    custom_fields=values_kind(integer),
)


@route("GET", "/v1/contacts")
def list_contacts(work: Work, request: Request) -> Json:
    """By `email`, `given_name` or `family_name`, all compared exactly but for case."""
    store, wanted = work.store, request.query
    if "email" in wanted:
        found = {key for column in EMAIL_COLUMNS for key in store.find("Contact", column, wanted["email"])}
    else:
        found = set(store.keys("Contact"))
    rows = [store.row("Contact", key) for key in sorted(found)]
    for name in ("given_name", "family_name"):
        if name in wanted:
            rows = [r for r in rows if str(r[TEXTS[name]] or "").casefold() == wanted[name].casefold()]
    return page(request, "contacts", rows, lambda row: _listed(work, row))


@route("PUT", "/v1/contacts")
def upsert_contact(work: Work, request: Request) -> Json:
    """Update the duplicate that `duplicate_option` finds, or create: 200 either way (the vendor's file)."""
    given = request.read(CONTACT_BODY)
    check = given.get("duplicate_option")
    if check is None:
        raise bad_request("duplicate_option is required")
    columns = _columns(work, given)
    known = duplicate_of(work, columns, check)
    if known is None:
        key = add_record(work, "Contact", columns)
    else:
        key = update_record(work, "Contact", known, removed(work, given, lambda name: True) | columns)
    _opt_in(work, key, given)
    return _show(work, work.store.row("Contact", key))


@route("GET", "/v1/contacts/{contact_id}")
def get_contact(work: Work, request: Request) -> Json:
    return _show(work, work.store.row("Contact", request.record(work.store, "Contact", "contact_id")))


@route("PATCH", "/v1/contacts/{contact_id}")
def update_contact(work: Work, request: Request) -> Json:
    key = request.record(work.store, "Contact", "contact_id")
    given = request.read(CONTACT_BODY)
    columns = removed(work, given, lambda name: name in LISTS or name == "custom_fields")
    columns |= _columns(work, given)
    if columns:
        update_record(work, "Contact", key, columns)
    _opt_in(work, key, given)
    return _show(work, work.store.row("Contact", key))


def _columns(work: Work, given: Json) -> dict[str, Any]:
    """An owner that does not exist is answered with 500, as integrators report."""
    owner = given.get("owner_id")
    if owner is not None and work.store.get("User", owner) is None:
        raise Refusal(500, "Unrecognized error")
    return read_contact(work, {RENAMED.get(name, name): value for name, value in given.items()})


def _opt_in(work: Work, key: int, given: Json) -> None:
    """The reason in the body opts the contact's first address in."""
    email = work.store.row("Contact", key)["Email"]
    if given.get("opt_in_reason") and email:
        opt_in(work, str(email), given["opt_in_reason"])


def _listed(work: Work, row: Row) -> Json:
    """In a list a contact comes without its tags."""
    return {name: value for name, value in _show(work, row).items() if name != "tag_ids"}


def _show(work: Work, row: Row) -> Json:
    shown = show_contact(work, row)
    kept = {name: value for name, value in shown.items() if name not in V2_ONLY}
    for name in ("owner_id", "created_by", "last_updated_by", "leadsource_id"):
        kept.pop(name, None)
    company = shown.get("company")
    for item in kept["email_addresses"]:
        item.pop("email_opt_status", None)
    status = status_row(work.store, str(row["Email"] or ""))
    tags = [int(tag) for tag in shown["tag_ids"]]
    return kept | present(
        id=whole(row, "Id"),
        owner_id=whole(row, "OwnerID") or None,
        lead_source_id=whole(row, "LeadSourceId") or None,
        company={**company, "id": whole(row, "CompanyID")} if company else None,
        custom_fields=show_values(work, CONTACT, row, number_ids=True),
        tag_ids=tags,
        email_opted_in=is_marketable(status),
        email_status=status_word(status).title().replace("_", "") if status else "NonMarketable",
        date_created=kept.pop("create_time", None),
        last_updated=kept.pop("update_time", None),
        **{name: f"{shown[of]}T00:00:00.000Z" for name, of in DATES_OF.items() if of in shown},
    )
