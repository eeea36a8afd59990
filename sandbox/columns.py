"""What happens to a value on its way into a column: conversion by type, phone numbers, length and charset."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from sandbox.options import Options
from sandbox.problems import database_error, invalid_parameter
from sandbox.values import Row, Stored, Wire

DATE_FORMS = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y%m%dT%H:%M:%S", "%Y%m%d")
TYPED = ("Boolean", "Id", "Integer", "Double", "Date", "DateTime")
BOOLEANS = {"": None, "0": False, "1": True, "false": False, "true": True}
PHONE_COLUMN = re.compile(r"(Phone[1-5]|Fax[12])$")
NOTES_LENGTH = 10_000
SHORT_TEXT = 255
LONG_COLUMNS = frozenset(
    [
        "BottomHTML",
        "CategoryDescription",
        "ContactNotes",
        "CreationNotes",
        "Description",
        "GroupDescription",
        "HTMLSignature",
        "JobNotes",
        "Notes",
        "PayNote",
        "Signature",
        "TopHTML",
        "Values",
    ]
)
CONTACT_LENGTHS = {
    **dict.fromkeys(("FirstName", "LastName", "Phone1", "Phone2", "Phone3"), 40),
    **dict.fromkeys(("Phone4", "Phone5", "PostalCode2", "AssistantName"), 20),
    **dict.fromkeys(("StreetAddress1", "StreetAddress2", "Email"), 75),
    **dict.fromkeys(("City", "State", "State2", "State3"), 50),
    **dict.fromkeys(("PostalCode", "PostalCode3", "AssistantPhone"), 15),
    **dict.fromkeys(("ZipFour1", "ZipFour2", "ZipFour3"), 10),
    **dict.fromkeys(("EmailAddress2", "EmailAddress3", "City2", "City3", "Website"), 100),
    **dict.fromkeys(("Address2Street1", "Address2Street2", "Address3Street1", "Address3Street2"), 100),
    **dict.fromkeys(("Country", "Country2", "Country3", "MiddleName", "Nickname", "SpouseName"), 100),
    "BillingInformation": 100,
}
"""The vendor's OpenAPI file: CreateUpdateContactRequest, Address, PhoneNumber, EmailAddress."""

CUSTOM_TYPES = {
    3: "Double",
    4: "Double",
    6: "Integer",
    11: "Double",
    12: "Integer",
    13: "Date",
    14: "DateTime",
    16: "LongText",
    22: "Id",
}
"""DataFormField.DataType to column type; every other number is a String."""


def read_date(text: str) -> datetime | None:
    for form in DATE_FORMS:
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - the CRM's values carry no zone
        except ValueError:
            continue
    return None


def convert(column: str, column_type: str, value: Wire | None, options: Options) -> Stored:
    """Turn a sent value into the stored one, or refuse it with a fault."""
    if value is None or (value == "" and column_type in TYPED):
        return None
    try:
        if isinstance(value, list | dict | bytes):
            raise TypeError
        return (
            _typed(column_type, value)
            if column_type in TYPED
            else _text(column, column_type, str(value), options)
        )
    except (ArithmeticError, LookupError, TypeError, ValueError):
        raise invalid_parameter(f"The value given for {column} is not a {column_type}") from None


def _typed(column_type: str, value: str | int | Decimal | datetime) -> Stored:
    if column_type == "Boolean":
        return BOOLEANS[str(value).strip().lower()]
    if column_type in ("Date", "DateTime"):
        moment = value if isinstance(value, datetime) else read_date(str(value))
        if moment is None:
            raise ValueError
        return moment.replace(hour=0, minute=0, second=0) if column_type == "Date" else moment
    if isinstance(value, datetime):
        raise TypeError
    if column_type == "Double":
        number = Decimal(value)
        if not number.is_finite():
            raise ValueError
        return number
    if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,10}", value.strip())):
        return int(value)
    raise ValueError


def _text(column: str, column_type: str, text: str, options: Options) -> str:
    if PHONE_COLUMN.match(column):
        digits = re.sub(r"[\s().-]", "", text)  # ten digits, however written, become (987) 654-3211
        text = f"({digits[:3]}) {digits[3:6]}-{digits[6:]}" if re.fullmatch(r"\d{10}", digits) else text
    if column == "ContactNotes":
        text = text[:NOTES_LENGTH]
    long_column = column_type in ("LongText", "Blob") or column in LONG_COLUMNS or column.startswith("_")
    if options.long_text == "fault" and len(text) > SHORT_TEXT and not long_column:
        raise database_error(f"Data too long for column {column}")
    if options.four_byte_text == "fault" and any(ord(character) > 0xFFFF for character in text):
        raise database_error(f"Incorrect string value for column {column}")
    return text


def check_length(column: str, value: Wire | None) -> None:
    """Refuse text beyond what the vendor's OpenAPI file says of a contact's members."""
    longest = CONTACT_LENGTHS.get(column)
    if longest and isinstance(value, str) and len(value) > longest:
        raise invalid_parameter(f"{column} may have {longest} characters at most")


def custom_columns(fields: list[Row], form: int | None) -> dict[str, str]:
    """Name and type of each custom column a table has, from the DataFormField rows."""
    if form is None:
        return {}
    return {
        f"_{field['Name']}": CUSTOM_TYPES.get(int(str(field["DataType"] or 0)), "String")
        for field in fields
        if field["FormId"] == form
    }
