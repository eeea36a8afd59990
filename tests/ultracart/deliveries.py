"""UltraCart payloads as its webhooks bring them. `order()` is a paid order of three lines over 56.85.

Changes are merged into the objects they name: `order(billing={"title": "Dr."})` keeps the other billing
fields. A list, such as `items`, replaces the whole list; None takes the field out.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from tests.carts.payloads import fixture

Payload = dict[str, Any]


def order(order_id: str = "SHOP-0000000101", **changes: Any) -> Payload:
    """`creation_dts` moves the payment and the way to the shipping department with it."""
    payload = merged(fixture("order_paid.json"), {"order_id": order_id})
    if "creation_dts" in changes:
        payload = merged(payload, _times_after(datetime.fromisoformat(changes["creation_dts"])))
    return merged(payload, changes)


def unpaid(order_id: str = "SHOP-0000000101", **changes: Any) -> Payload:
    """The same order while it is still in Accounts Receivable."""
    first = {
        "current_stage": "Accounts Receivable",
        "current_stage_histories": [],
        "payment": {"payment_status": "Unprocessed", "payment_dts": None, "transactions": []},
    }
    return merged(order(order_id, **changes), first)


def money(value: float, localized: float | None = None) -> Payload:
    return {"value": value, "localized": value if localized is None else localized}


def item(item_id: str, quantity: float = 1, cost: float = 10.0, index: int = 1, **changes: Any) -> Payload:
    """`index` tells the items of an order apart."""
    base = {
        "merchant_item_id": item_id,
        "item_index": index,
        "description": item_id.capitalize(),
        "quantity": quantity,
        "cost": money(cost),
    }
    return {**base, **changes}


def priced(items: list[Payload], *, discount: float = 0, shipping: float = 0, tax: float = 0) -> Payload:
    """`items` and a `summary` that fits them: for `order(**priced([item("BONE", 2, 9.95)]))`."""
    counted = [entry for entry in items if not entry.get("kit_component")]
    subtotal = round(sum(entry["quantity"] * entry["cost"]["value"] for entry in counted), 2)
    return {
        "items": items,
        "summary": {
            "subtotal": money(subtotal),
            "subtotal_discount": money(-discount),
            "shipping_handling_total": money(shipping),
            "tax": money(tax),
            "total": money(round(subtotal - discount + shipping + tax, 2)),
        },
    }


def coupon(code: str, typed: str = "", *, automatic: bool = False) -> Payload:
    """`code` as the shop configured it, `typed` as the buyer entered it."""
    return {
        "base_coupon_code": code,
        "coupon_code": typed or code,
        "automatically_applied": automatic,
    }


def cart(cart_id: str = "CART-1", **changes: Any) -> Payload:
    """An abandoned cart of one bone."""
    base: Payload = {
        "cart_id": cart_id,
        "billing": {"first_name": "Ada", "last_name": "Example", "email": "ada@example.com"},
        "items": [{"item_id": "BONE", "description": "Dog bone", "quantity": 1, "unit_cost": money(9.95)}],
        "summary": {"total": money(9.95)},
        "marketing": {"mailing_list_opt_in": False},
    }
    return merged(base, changes)


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> Payload:
    """A copy of `base` with `changes` laid over it, object by object."""
    result = deepcopy(dict(base))
    for name, value in changes.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping) and isinstance(result.get(name), Mapping):
            result[name] = merged(result[name], value)
        else:
            result[name] = deepcopy(value)
    return result


def _times_after(placed_at: datetime) -> Payload:
    paid, moved = placed_at + timedelta(seconds=25), placed_at + timedelta(seconds=55)
    move = {"before_stage": "Accounts Receivable", "after_stage": "Shipping Department"}
    return {
        "creation_dts": placed_at.isoformat(),
        "current_stage_histories": [{**move, "transition_dts": moved.isoformat()}],
        "payment": {
            "payment_dts": paid.isoformat(),
            "transactions": [{"transaction_timestamp": paid.isoformat(), "successful": True}],
        },
    }
