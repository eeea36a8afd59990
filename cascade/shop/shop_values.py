"""The shop's values for custom fields: a field we know, or a path in the shop's own payload. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from carts.order_data import ChargeKind, OrderData
from cascade.planning.contact import clean_text
from cascade.planning.field_values import crm_value, unknown_field
from cascade.planning.rules import FieldRule, History, Rules
from crm.list_records import CustomField
from crm.money import quantize
from mappings.shop_fields import FIELD_KEYS, ORDER_KEYS

DEEPEST = 10
MOST_ENTRIES = 1000
LONGEST_VALUE = 10_000
LARGEST_DIGITS = 40
# By which of its members an entry of a list is found: shops write name/value lists in these ways.
NAME_MEMBERS = ("name", "label", "key", "attribute_code")


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


def shop_value(order: OrderData, payload: Mapping[str, Any], key: str) -> str:
    """The value of a known field or a dotted path, "" where there is none. Raises nothing.

    Units: amounts in major units with the currency's decimals; times in ISO form, UTC; yes and no in words.
    A path goes through objects by member, and through lists by index or by the entry's name or label; an
    object with a `value` stands for it, and a list for its values joined by ", ".
    """
    if key in FIELD_KEYS:
        return order.custom_fields.get(key, "").strip()[:LONGEST_VALUE]
    if key in ORDER_KEYS:
        return _ORDER_VALUES[key](order).strip()[:LONGEST_VALUE]
    names = key.split(".")
    found: Any = payload if len(names) <= DEEPEST else None
    for name in names:
        found = _member(found, name)
    return _as_text(found, DEEPEST).strip()[:LONGEST_VALUE]


# -- fields we know -------------------------------------------------------------------------------------


def _amount(value: Decimal | None, order: OrderData) -> str:
    return "" if value is None else f"{quantize(value, order.currency):f}"


def _charged(order: OrderData, kind: ChargeKind) -> str:
    """What was charged of a kind, as a positive amount; blank where the shop told no money at all."""
    charged = sum((charge.amount for charge in order.charges if charge.kind == kind), Decimal(0))
    return "" if order.total is None else _amount(abs(charged), order)


def joined(values: Iterable[str]) -> str:
    """The distinct values that are not blank, in their order, joined by ", "."""
    return ", ".join(dict.fromkeys(value.strip() for value in values if value.strip()))


def moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


_ORDER_VALUES: dict[str, Callable[[OrderData], str]] = {
    "order_number": lambda order: order.number or order.shop_order_id,
    "placed_at": lambda order: moment_text(order.placed_at),
    "stage": lambda order: order.shop_stage or order.stage.value,
    "payment_method": lambda order: order.payment_method,
    "total": lambda order: _amount(order.total, order),
    "subtotal": lambda order: _amount(order.subtotal, order),
    "tax": lambda order: _charged(order, ChargeKind.TAX),
    "shipping_total": lambda order: _charged(order, ChargeKind.SHIPPING),
    "discount": lambda order: _charged(order, ChargeKind.DISCOUNT),
    "currency": lambda order: order.currency,
    "coupon_codes": lambda order: joined(coupon.code for coupon in order.coupons),
    "sales_rep": lambda order: order.sales_rep,
    "affiliate": lambda order: next(iter(order.affiliates), ""),
    "shipping_method": lambda order: order.shipping_method,
    "item_ids": lambda order: joined(line.item_id for line in order.lines or ()),
    "original_order_id": lambda order: order.original_order_id,
}


# -- paths ----------------------------------------------------------------------------------------------


def _member(found: Any, name: str) -> Any:
    if isinstance(found, Mapping):
        return found[name] if name in found else _alike(found.items(), name)
    if not isinstance(found, list | tuple):
        return None
    if name.isdigit() and len(name) < 6:
        return found[int(name)] if int(name) < len(found) else None
    entries = [entry for entry in islice(found, MOST_ENTRIES) if isinstance(entry, Mapping)]
    named = [(entry.get(member), entry) for member in NAME_MEMBERS for entry in entries]
    return next((entry for given, entry in named if given == name), None) or _alike(named, name)


def _alike(pairs: Iterable[tuple[Any, Any]], name: str) -> Any:
    wanted = name.casefold()
    return next(
        (value for given, value in pairs if isinstance(given, str) and given.strip().casefold() == wanted),
        None,
    )


def _as_text(value: Any, depth: int) -> str:
    if depth <= 0 or value is None:
        return ""
    if isinstance(value, str):
        return value[:LONGEST_VALUE]
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        # The number without an exponent; none of astronomic length.
        if isinstance(value, int):
            return str(value) if abs(value) < 10**LARGEST_DIGITS else ""
        number = Decimal(repr(value)) if isinstance(value, float) else value
        if not number.is_finite() or abs(number.adjusted()) > LARGEST_DIGITS:
            return ""
        return f"{number:f}"[:LONGEST_VALUE]
    if isinstance(value, Mapping):
        return _as_text(value.get("value"), depth - 1)
    if isinstance(value, list | tuple):
        return joined(_texts(value, depth - 1))
    return ""


def _texts(values: Sequence[Any], depth: int) -> Iterable[str]:
    length = 0
    for value in values[:MOST_ENTRIES]:
        text = _as_text(value, depth)
        length += len(text)
        if length > LONGEST_VALUE:
            return
        yield text
