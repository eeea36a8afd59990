"""What of a booking can be mapped to a field of the CRM, and which kinds of field take it.

OnceHub's own connector takes everything but check boxes, and writes to dates, e-mails, names, texts, phones
and websites alone. Here the other types are taken too, where a value can fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from django.core.exceptions import ValidationError

from crm.list_records import FieldType

ANSWER = "answer:"  # before a question's key or label


class Value(Enum):
    """What kind of value a field of the booking holds."""

    TEXT = auto()
    NAME = auto()
    EMAIL = auto()
    PHONE = auto()
    LINK = auto()
    MOMENT = auto()
    NUMBER = auto()
    ANY = auto()  # the answer to a question: text, of which only the value itself shows what it is


BOOKING_FIELDS: Mapping[str, tuple[str, Value]] = {
    "email": ("E-mail", Value.EMAIL),
    "first_name": ("First name", Value.NAME),
    "last_name": ("Last name", Value.NAME),
    "whole_name": ("Whole name", Value.NAME),
    "company": ("Company", Value.NAME),
    "phone": ("Phone", Value.PHONE),
    "street": ("Street", Value.TEXT),
    "city": ("City", Value.TEXT),
    "state": ("State", Value.TEXT),
    "postal_code": ("Postal code", Value.TEXT),
    "country": ("Country", Value.TEXT),
    "subject": ("Subject", Value.TEXT),
    "description": ("Calendar event description", Value.TEXT),
    "note": ("Customer's note", Value.TEXT),
    "location": ("Location", Value.TEXT),
    "starts_at": ("Start", Value.MOMENT),
    "ends_at": ("End", Value.MOMENT),
    "duration_minutes": ("Duration in minutes", Value.NUMBER),
    "local_time": ("Start in the customer's own time", Value.TEXT),
    "time_zone": ("Customer's time zone", Value.TEXT),
    "booking_id": ("Booking ID", Value.TEXT),
    "booking_page": ("Booking page", Value.NAME),
    "event_type": ("Event type", Value.NAME),
    "master_page": ("Master page", Value.NAME),
    "host_name": ("Host", Value.NAME),
    "host_email": ("Host's e-mail", Value.EMAIL),
    "guests": ("Guests", Value.TEXT),
    "reason": ("Reason of the last change", Value.TEXT),
    "created_at": ("Booked on", Value.MOMENT),
    "meeting_url": ("Meeting link", Value.LINK),
    "cancel_url": ("Cancel link", Value.LINK),
    "reschedule_url": ("Reschedule link", Value.LINK),
    "utm_source": ("UTM source", Value.TEXT),
    "utm_medium": ("UTM medium", Value.TEXT),
    "utm_campaign": ("UTM campaign", Value.TEXT),
    "utm_term": ("UTM term", Value.TEXT),
    "utm_content": ("UTM content", Value.TEXT),
}
MANDATORY = ("email", "subject")

# The CRM's own fields that may be written, under XML-RPC's names as the seeds have them.
CONTACT_FIELDS: Mapping[str, FieldType] = {
    "Email": FieldType.EMAIL,
    "FirstName": FieldType.NAME,
    "LastName": FieldType.NAME,
    "Title": FieldType.TEXT,
    "Company": FieldType.TEXT,
    "Phone1": FieldType.PHONE_NUMBER,
    "Phone2": FieldType.PHONE_NUMBER,
    "Phone3": FieldType.PHONE_NUMBER,
    "Phone4": FieldType.PHONE_NUMBER,
    "Phone5": FieldType.PHONE_NUMBER,
    "StreetAddress1": FieldType.TEXT,
    "City": FieldType.TEXT,
    "State": FieldType.STATE,
    "PostalCode": FieldType.TEXT,
    "Country": FieldType.TEXT,
    "Website": FieldType.WEBSITE,
}
APPOINTMENT_FIELDS: Mapping[str, FieldType] = {
    "ActionDescription": FieldType.TEXT,
    "CreationNotes": FieldType.TEXT_AREA,
}

_WORDS = {FieldType.TEXT, FieldType.TEXT_AREA}
_LISTS = {FieldType.DROPDOWN, FieldType.RADIO, FieldType.LIST_BOX}
_NUMBERS = {FieldType.WHOLE_NUMBER, FieldType.DECIMAL_NUMBER, FieldType.CURRENCY, FieldType.PERCENT}
_PARTS_OF_DATES = {FieldType.YEAR, FieldType.MONTH, FieldType.DAY_OF_WEEK}
_DATES = {FieldType.DATE, FieldType.DATE_TIME}

TAKES: Mapping[Value, frozenset[str]] = {
    Value.TEXT: frozenset(_WORDS | _LISTS | {FieldType.NAME, FieldType.STATE}),
    Value.NAME: frozenset(_WORDS | _LISTS | {FieldType.NAME}),
    Value.EMAIL: frozenset(_WORDS | {FieldType.EMAIL}),
    Value.PHONE: frozenset(_WORDS | {FieldType.PHONE_NUMBER}),
    Value.LINK: frozenset(_WORDS | {FieldType.WEBSITE}),
    Value.MOMENT: frozenset(_WORDS | _DATES | _PARTS_OF_DATES),
    Value.NUMBER: frozenset(_WORDS | _NUMBERS),
    Value.ANY: frozenset(
        _WORDS
        | _LISTS
        | _NUMBERS
        | _PARTS_OF_DATES
        | _DATES
        | {
            FieldType.NAME,
            FieldType.EMAIL,
            FieldType.PHONE_NUMBER,
            FieldType.WEBSITE,
            FieldType.STATE,
            FieldType.YES_NO,
        }
    ),
}


def is_taken(key: str, field_type: str) -> bool:
    """Whether a field of the CRM of this type takes what the booking's field holds."""
    return field_type in TAKES[booking_value(key)]


def booking_field_label(key: str) -> str:
    return f"Answer to “{key.removeprefix(ANSWER)}”" if key.startswith(ANSWER) else BOOKING_FIELDS[key][0]


def booking_value(key: str) -> Value:
    return Value.ANY if key.startswith(ANSWER) else BOOKING_FIELDS[key][1]


def validate_booking_field(key: str) -> None:
    if key not in BOOKING_FIELDS and not key.removeprefix(ANSWER).strip():
        raise ValidationError("Write the question, or its key at the booking platform, after “answer:”.")
    if key not in BOOKING_FIELDS and not key.startswith(ANSWER):
        raise ValidationError(
            f"“{key}” is no field of a booking. Choose one of the list, or write answer: and then the "
            "question of the booking form."
        )
