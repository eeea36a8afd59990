"""Contacts: list, read, create or update by duplicate check, patch, delete."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.records import add_record, delete_record, update_record
from sandbox.rest.contact_filters import contact_rows
from sandbox.rest.contact_shape import DATES, TEXTS, opt_in_given, read_contact, removed, show_contact
from sandbox.rest.custom_fields import CONTACT, create_field, show_model, values_kind
from sandbox.rest.kinds import anything, choice, listed, record_id, shaped, text
from sandbox.rest.listing import page
from sandbox.rest.numbered_fields import ADDRESS_ITEMS, EMAIL_ITEMS, FAX_ITEMS, PHONE_ITEMS
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import NO_CONTENT, Answer, Request, route
from sandbox.rest.wire import Json
from sandbox.services.contact import DUPLICATE_CHECKS, duplicate_of
from sandbox.values import Row

OPTIONAL_NAMES = """
    account_id anniversary_date assistant_name assistant_phone billing_information birth_date contact_type
    created_by custom_fields fax_numbers groups job_title last_updated_by leadsource_id links middle_name
    notes origin preferred_locale preferred_name prefix referral_code score_value social_accounts source_type
    spouse_name suffix tag_ids time_zone utm_parameters website"""
"""What `basic` leaves out unless `fields` names it; which these are was not published."""

BASIC_NAMES = """
    addresses company create_time email_addresses family_name given_name id owner_id phone_numbers
    update_time"""
OPTIONAL, BASIC = OPTIONAL_NAMES.split(), BASIC_NAMES.split()
ORDER_BY = {"id": "Id", "create_time": "DateCreated", "email": "Email", "update_time": "LastUpdated"}
IGNORED = ("origin", "social_accounts", "source_type", "utm_parameters")
"""Accepted and forgotten: no column of the CRM is known for them."""

CONTACT_BODY = shaped(
    **dict.fromkeys([*TEXTS, *DATES], text),
    **dict.fromkeys(IGNORED, anything),
    owner_id=record_id,
    leadsource_id=record_id,
    company=shaped(id=record_id, company_name=text),
    email_addresses=EMAIL_ITEMS,
    phone_numbers=PHONE_ITEMS,
    fax_numbers=FAX_ITEMS,
    addresses=ADDRESS_ITEMS,
    custom_fields=values_kind(record_id),
)
DUPLICATE_OPTION = choice(*DUPLICATE_CHECKS)
MASK = listed(choice(*BASIC, *OPTIONAL))


@route("GET", "/v2/contacts")
def list_contacts(work: Work, request: Request) -> Json:
    shown = members(work, request)
    rows = contact_rows(work, request)
    return page(work, request, "contacts", rows, lambda row: _show(work, row, shown), ORDER_BY)


@route("POST", "/v2/contacts", status=201)
def create_contact(work: Work, request: Request) -> Any:
    """Make a contact, or update the duplicate that `duplicate_option` finds."""
    given, shown = request.read(CONTACT_BODY), members(work, request)
    if not any(given.get(name) for name in ("email_addresses", "phone_numbers", "addresses")):
        raise bad_request("A contact needs an e-mail address, a phone number or an address")
    columns = read_contact(work, given)
    check = request.query.get("duplicate_option")
    known = duplicate_of(work, columns, DUPLICATE_OPTION(check, "duplicate_option")) if check else None
    if known is None:
        key = add_record(work, "Contact", columns)
    else:
        key = update_record(work, "Contact", known, removed(work, given, lambda name: True) | columns)
    opt_in_given(work, given)
    shown_contact = _show(work, work.store.row("Contact", key), shown)
    return shown_contact if known is None else Answer(200, shown_contact)


@route("GET", "/v2/contacts/{contact_id}")
def get_contact(work: Work, request: Request) -> Json:
    key = request.record(work.store, "Contact", "contact_id")
    return _show(work, work.store.row("Contact", key), members(work, request))


@route("PATCH", "/v2/contacts/{contact_id}")
def update_contact(work: Work, request: Request) -> Json:
    """Change what is given and, where there is one, named by `update_mask`."""
    key = request.record(work.store, "Contact", "contact_id")
    mask, shown = request.listed("update_mask"), members(work, request)
    MASK(mask or [], "update_mask")
    given = request.read(CONTACT_BODY, mask)
    columns = removed(work, given, lambda name: mask is None or name in mask) | read_contact(work, given)
    if columns:
        update_record(work, "Contact", key, columns)
    opt_in_given(work, given)
    return _show(work, work.store.row("Contact", key), shown)


@route("DELETE", "/v2/contacts/{contact_id}", status=NO_CONTENT)
def delete_contact(work: Work, request: Request) -> None:
    delete_record(work, "Contact", request.record(work.store, "Contact", "contact_id"))


@route("GET", "/v2/contacts/model")
def contact_model(work: Work, request: Request) -> Json:
    return show_model(work, CONTACT, OPTIONAL)


@route("POST", "/v2/contacts/model/customFields", status=201)
def create_contact_field(work: Work, request: Request) -> Json:
    return create_field(work, request, CONTACT)


def members(work: Work, request: Request) -> list[str]:
    """Which members a reply shows: those that `fields` names, and the id."""
    named = request.listed("fields")
    unknown = set(named or ()) - {*BASIC, *OPTIONAL}
    if unknown:
        raise bad_request(f"There are no fields {', '.join(sorted(unknown))}")
    usual = BASIC if work.options.rest_contact_members == "basic" else [*BASIC, *OPTIONAL]
    return ["id", *named] if named else usual


def _show(work: Work, row: Row, names: list[str]) -> Json:
    return {name: value for name, value in show_contact(work, row).items() if name in names}
