"""A contact between its row and JSON, for both versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.access import tag_ids
from sandbox.account import Work
from sandbox.columns import read_date
from sandbox.rest.custom_fields import CONTACT, column_of, fields_of, read_values, show_values
from sandbox.rest.numbered_fields import ADDRESSES, EMAILS, FAXES, PHONES, Slots, read_address, show_address
from sandbox.rest.problems import Refusal, bad_request
from sandbox.rest.wire import Json, id_text, present, time_text
from sandbox.services.email import DOUBLE, SINGLE, opt_in, status_row
from sandbox.store import Store
from sandbox.values import Row, Wire

TEXTS = {
    "given_name": "FirstName",
    "family_name": "LastName",
    "middle_name": "MiddleName",
    "preferred_name": "Nickname",
    "prefix": "Title",
    "suffix": "Suffix",
    "job_title": "JobTitle",
    "website": "Website",
    "contact_type": "ContactType",
    "spouse_name": "SpouseName",
    "referral_code": "ReferralCode",
    "time_zone": "TimeZone",
    "preferred_locale": "Language",
    "assistant_name": "AssistantName",
    "assistant_phone": "AssistantPhone",
    "billing_information": "BillingInformation",
}
DATES = {"birth_date": "Birthday", "anniversary_date": "Anniversary"}
REFERENCES = {"owner_id": ("OwnerID", "User"), "leadsource_id": ("LeadSourceId", "LeadSource")}
LISTS: dict[str, Slots] = {
    "email_addresses": EMAILS,
    "phone_numbers": PHONES,
    "fax_numbers": FAXES,
    "addresses": ADDRESSES,
}
CUSTOM = "custom_fields"


def read_contact(work: Work, given: Json) -> dict[str, Wire]:
    """The columns of the members given; lists as far as they name anything."""
    columns: dict[str, Wire] = {TEXTS[name]: given[name] for name in TEXTS if name in given}
    columns |= {DATES[name]: _date(name, given[name]) for name in DATES if name in given}
    for name, (column, table) in REFERENCES.items():
        value = given.get(name)
        if value is not None and work.store.get(table, value) is None:
            if table == "User" and work.options.rest_unknown_owner == "error":
                raise Refusal(500, "Unrecognized error")
            raise bad_request(f"{name}: there is no {table} {value}")
        if name in given:
            columns[column] = given[name]
    if given.get("company"):
        columns |= _company(work.store, given["company"])
    for name, slots in LISTS.items():
        items = given.get(name) or []
        if name == "addresses":
            items = [read_address(item, work.options) for item in items]
        columns |= slots.read(items)
    return columns | read_values(work, CONTACT, given.get(CUSTOM) or [])


def _date(name: str, value: Any) -> Any:
    if value is not None and read_date(str(value)[:10]) is None:
        raise bad_request(f"{name} is a date, YYYY-MM-DD")
    return value and str(value)[:10]


def _company(store: Store, given: Json) -> dict[str, Wire]:
    """A company by its id; a name alone is kept as text and makes no company."""
    company_id = given.get("id")
    if not company_id:
        return {"Company": given.get("company_name") or ""}
    company = store.get("Company", company_id)
    if company is None:
        raise bad_request(f"There is no company {company_id}")
    return {"CompanyID": company_id, "Company": str(company["Company"] or "")}


def removed(work: Work, given: Json, scope: Callable[[str], bool]) -> dict[str, Wire]:
    """Columns that lists in scope empty: those not named, or all if not given, as the options say."""
    options = work.options
    emptied: dict[str, Any] = {}
    for name in [*LISTS, CUSTOM]:
        by_given = name in given and options.rest_lists == "replace"
        by_absence = name not in given and options.rest_absent_lists == "clear"
        if scope(name) and (by_given or by_absence):
            own = LISTS[name].all_columns() if name in LISTS else map(column_of, fields_of(work, CONTACT))
            emptied |= dict.fromkeys(own)
    return emptied


def opt_in_given(work: Work, given: Json) -> None:
    """An address that comes with a reason is opted in."""
    for item in given.get("email_addresses") or []:
        if item.get("opt_in_reason") and item.get("email"):
            opt_in(work, item["email"], item["opt_in_reason"])


def show_contact(work: Work, row: Row) -> Json:
    """Every member of v2 that has a value; lists are there even when empty."""
    store = work.store
    tags = sorted(tag_ids(store, row["Id"]))
    emails = EMAILS.show(row)
    for item in emails:
        if status := status_row(store, item["email"]):
            item["email_opt_status"] = status_word(status)
    return present(
        id=str(row["Id"]),
        **{name: row[column] for name, column in TEXTS.items()},
        **{name: f"{row[column]:%Y-%m-%d}" for name, column in DATES.items() if row[column]},
        **{name: id_text(row[column]) for name, (column, _) in REFERENCES.items()},
        company=present(id=id_text(row["CompanyID"]), company_name=row["Company"])
        if row["CompanyID"] or row["Company"]
        else None,
        email_addresses=emails,
        phone_numbers=PHONES.show(row),
        fax_numbers=FAXES.show(row),
        addresses=[show_address(item) for item in ADDRESSES.show(row)],
        custom_fields=show_values(work, CONTACT, row),
        tag_ids=[str(tag) for tag in tags],
        groups=",".join(str(tag) for tag in tags) or None,
        social_accounts=[],
        links=[],
        utm_parameters=[],
        source_type="API",
        account_id=id_text(row["CompanyID"]),
        created_by=id_text(row["CreatedBy"]),
        last_updated_by=id_text(row["LastUpdatedBy"]),
        create_time=time_text(row["DateCreated"]),
        update_time=time_text(row["LastUpdated"]),
    )


def status_word(status: Row) -> str:
    """SingleOptIn as SINGLE_OPT_IN, DoubleOptin as DOUBLE_OPT_IN."""
    word = str(status["Type"] or "NonMarketable").replace("Optin", "OptIn")
    return "".join(f"_{letter}" if letter.isupper() else letter for letter in word).strip("_").upper()


def is_marketable(status: Row | None) -> bool:
    return status is not None and status["Type"] in SINGLE | DOUBLE
