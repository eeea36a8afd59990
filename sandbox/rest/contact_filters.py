"""The filters of v2's list of contacts."""

from __future__ import annotations

from sandbox.access import read_column
from sandbox.account import Work
from sandbox.rest.countries import country_code
from sandbox.rest.custom_fields import CONTACT, custom_tests
from sandbox.rest.listing import (
    Condition,
    Test,
    by_ids,
    by_number,
    by_text,
    candidates,
    chosen,
    conditions,
    fits,
    since,
    until,
)
from sandbox.rest.numbered_fields import ADDRESSES
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request
from sandbox.services.contact import EMAIL_COLUMNS
from sandbox.values import Row

ADDRESS_FILTERS = ("line1", "locality", "region", "postal_code")
PLAIN: dict[str, Test] = {
    "given_name": by_text("FirstName"),
    "family_name": by_text("LastName"),
    "middle_name": by_text("MiddleName"),
    "company_id": by_ids("CompanyID"),
    "contact_ids": by_ids(),
    "ids": by_ids(),
    "contact_id": by_number("Id"),
    "start_update_time": since("LastUpdated"),
    "end_update_time": until("LastUpdated"),
    "city": by_text("City"),
    "state": by_text("State"),
    "website": by_text("Website"),
} | {
    f"{field.lower()}_address_{member}": by_text(members[member])
    for field, members in ADDRESSES.columns.items()
    for member in ADDRESS_FILTERS
}
INDEXED = {"email": EMAIL_COLUMNS, "ids": ("Id",), "contact_ids": ("Id",)}


def contact_rows(work: Work, request: Request) -> list[Row]:
    tests: dict[str, Test] = custom_tests(work, CONTACT) | {
        **PLAIN,
        **{
            f"{field.lower()}_address_country_code": _by_country(members["country"])
            for field, members in ADDRESSES.columns.items()
        },
        "email": lambda row, wanted: any(fits(row[column], wanted) for column in EMAIL_COLUMNS),
        "lead_source_name": lambda row, wanted: fits(
            read_column(work.store, "Contact", row, "Leadsource"), wanted
        ),
        "phone_number": _by_phone(request),
        "phone_fields": lambda row, wanted: True,
    }
    return chosen(request, candidates(work, "Contact", request, INDEXED), tests)


def _by_country(column: str) -> Test:
    def test(row: Row, wanted: Condition) -> bool:
        return country_code(str(row[column] or "")) == wanted.value

    return test


def _by_phone(request: Request) -> Test:
    """Digits are compared, in the phone fields that the filter must name."""

    def test(row: Row, wanted: Condition) -> bool:
        fields = [each.value for each in conditions(request) if each.field == "phone_fields"]
        if not fields:
            raise bad_request("phone_number needs phone_fields")
        columns = [f"Phone{name.strip().upper().removeprefix('PHONE')}" for name in fields[0].split(",")]
        return any(_digits(str(row.get(column) or "")) == _digits(wanted.value) for column in columns)

    return test


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())
