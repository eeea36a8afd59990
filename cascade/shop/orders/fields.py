"""The custom fields of an order or its buyer, as the CRM takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from carts.order_data import OrderData
from cascade.planning.contact import clean_text
from cascade.planning.field_values import crm_value, unknown_field
from cascade.planning.rules import FieldRule, History, Rules
from cascade.shop.shop_values import shop_value
from crm.list_records import CustomField


def fields_of(
    order: OrderData,
    wanted: Sequence[FieldRule],
    known: Mapping[str, CustomField] | None,
    rules: Rules,
    history: History,
) -> tuple[dict[str, str], list[str]]:
    """The values by field, without blank ones (a blank never overwrites), and a sentence per value that does
    not fit its field and was left out."""
    return field_values(
        order,
        history.payload,
        wanted,
        known,
        zone=ZoneInfo(rules.time_zone),
        clean=partial(clean_text, remove_four_byte=rules.removes_four_byte),
    )


def field_values(
    order: OrderData,
    payload: Mapping[str, Any],
    mappings: Sequence[FieldRule],
    fields: Mapping[str, CustomField] | None,
    *,
    zone: ZoneInfo,
    clean: Callable[[str], str],
) -> tuple[dict[str, str], list[str]]:
    """The custom fields to write, without blank ones (a blank never overwrites), and a sentence for each
    value that did not fit. `fields` are the CRM's by name, None where nobody has read them.
    """
    values: dict[str, str] = {}
    problems: list[str] = []
    for rule in mappings:
        field = fields.get(rule.crm_field) if fields else None
        given = clean(shop_value(order, payload, rule.shop_field))
        found = crm_value(given, field, rule.value_map, zone=zone)
        if found.value and fields is not None and field is None:
            problems.append(unknown_field(rule.crm_field))
            continue
        if found.value:
            values[rule.crm_field] = found.value
        if found.problem:
            name = rule.crm_field if field is None else field.label or rule.crm_field
            problems.append(f"Custom field {name}, from the shop's {rule.shop_field}: {found.problem}")
    return values, problems
