"""The custom fields of an order or its buyer, as the CRM takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from zoneinfo import ZoneInfo

from carts.order_data import OrderData
from cascade.contact_data import clean_text
from cascade.field_values import field_values
from cascade.rules import FieldRule, Past, Rules
from crm.list_records import CustomField


def fields_of(
    order: OrderData,
    wanted: Sequence[FieldRule],
    known: Mapping[str, CustomField] | None,
    rules: Rules,
    past: Past,
) -> tuple[dict[str, str], list[str]]:
    """The values by field, without blank ones (a blank never overwrites), and a sentence per value that does
    not fit its field and was left out."""
    return field_values(
        order,
        past.payload,
        wanted,
        known,
        zone=ZoneInfo(rules.time_zone),
        clean=partial(clean_text, remove_four_byte=rules.removes_four_byte),
    )
