"""The account's lists and custom fields in our words: more of the values of `crm.contract`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FieldObject(StrEnum):
    """What carries a custom field."""

    CONTACT = "contact"
    ORDER = "order"
    AFFILIATE = "affiliate"
    COMPANY = "company"
    OPPORTUNITY = "opportunity"
    ACTIVITY = "activity"  # tasks, notes and appointments share theirs


class FieldType(StrEnum):
    """The kinds of custom field, in the words of the CRM's API; the same over every protocol.

    `OTHER` is a kind the protocol has no word for: over XML-RPC `USER_LIST_BOX` is one, as its number is not
    known. `YES_NO` holds 1 or 0, `USER` a user's id, `RADIO` and `DROPDOWN` one of their options, `LIST_BOX`
    several with commas between.
    """

    TEXT = "text"
    TEXT_AREA = "text_area"
    NAME = "name"
    EMAIL = "email"
    PHONE_NUMBER = "phone_number"
    WEBSITE = "website"
    STATE = "state"
    SOCIAL_SECURITY_NUMBER = "social_security_number"
    WHOLE_NUMBER = "whole_number"
    DECIMAL_NUMBER = "decimal_number"
    CURRENCY = "currency"
    PERCENT = "percent"
    YES_NO = "yes_no"
    DATE = "date"
    DATE_TIME = "date_time"
    YEAR = "year"
    MONTH = "month"
    DAY_OF_WEEK = "day_of_week"
    DROPDOWN = "dropdown"
    RADIO = "radio"
    LIST_BOX = "list_box"
    DRILLDOWN = "drilldown"
    USER = "user"
    USER_LIST_BOX = "user_list_box"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomField:
    """`name` begins with an underscore and is case-sensitive; `type` is a word of `FieldType`, and no other.

    `options` are the values a dropdown, radio, list box or drilldown takes, in the CRM's order; empty for the
    other types.
    """

    object: FieldObject
    id: int
    name: str
    label: str
    type: str
    options: tuple[str, ...] = ()


class DirectoryKind(StrEnum):
    """The lists of the account that pick lists and names are made of."""

    TAG = "tag"
    TAG_CATEGORY = "tag_category"
    PRODUCT = "product"
    PRODUCT_CATEGORY = "product_category"
    PRODUCT_ASSIGNMENT = "product_assignment"
    USER = "user"
    LEAD_SOURCE = "lead_source"
    AFFILIATE = "affiliate"
    ACTION_SET = "action_set"
    CAMPAIGN = "campaign"
    STAGE = "stage"
    LEAD_SOURCE_CATEGORY = "lead_source_category"
    CONTACT_TYPE = "contact_type"
    APPOINTMENT_TYPE = "appointment_type"
    CONTACT_FIELD = "contact_field"
    ORDER_FIELD = "order_field"
    COMPANY_FIELD = "company_field"
    OPPORTUNITY_FIELD = "opportunity_field"
    ACTIVITY_FIELD = "activity_field"


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryRecord:
    """One row of a list. `parent_id` is the category of a tag, the parent of a category, and of an assignment
    the category whose product `id` is. `detail` holds what else a pick list shows: a product's `sku` and
    `price`, a user's `email`, an affiliate's `code`, a field's `type`, `label` and `options`, a stage's
    `order`.

    The types of contacts and of appointments (also of tasks and notes) are words without an id: theirs is
    the place in the list, from 1."""

    kind: DirectoryKind
    id: int
    name: str
    parent_id: int = 0
    active: bool = True
    detail: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class DirectoryPage:
    """A part of a list; `next_page` is what to ask for next, empty at the end."""

    records: tuple[DirectoryRecord, ...]
    next_page: str = ""


def word_page(kind: DirectoryKind, words: Iterable[str]) -> DirectoryPage:
    """Return a list of words as a page; their ids are their places."""
    named = [word.strip() for word in words if word.strip()]
    records = (DirectoryRecord(kind=kind, id=place, name=word) for place, word in enumerate(named, start=1))
    return DirectoryPage(records=tuple(records))


def split_words(text: str) -> list[str]:
    """Return the words of one text; whether lines or commas are between them is not certain."""
    return text.splitlines() if len(text.splitlines()) > 1 else text.split(",")
