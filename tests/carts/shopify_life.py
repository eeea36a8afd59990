"""The life of the Shopify order of `shopify_payloads`: placed, paid, sent, refunded in part, then wholly."""

from __future__ import annotations

from typing import Any

from tests.carts.shopify_payloads import (
    CUP,
    TEA,
    at,
    fulfillment,
    line,
    lines,
    money,
    order,
    refund,
    refund_line,
    transaction,
)


def one_tin_back() -> dict[str, Any]:
    """18.00 and the tax on it."""
    return refund(
        91, transaction("19.20"), minute=6, refund_line_items=[refund_line(TEA, 1, "18.00", "1.20")]
    )


def the_rest_back() -> dict[str, Any]:
    return refund(
        92,
        transaction("41.80", id=62),
        minute=8,
        note="Changed their mind",
        refund_line_items=[refund_line(TEA, 1, "18.00", "1.20"), refund_line(CUP, 1, "14.00", "1.60")],
        refund_shipping_lines=[{"id": 1, **money("subtotal_amount", "7.00")}],
    )


def exchanged(
    old: str, new: str, total: str, now: str, *paid_back: dict[str, Any], **changes: Any
) -> dict[str, Any]:
    """An order of one item that came back, and of the one that took its place; `total` is Shopify's
    `total_price`, `now` its current total.
    """
    back = refund_line(TEA, 1, old, "0.00", restock_type="return")
    nothing = ("total_discounts", "total_tax", "total_shipping_price", "current_total_discounts")
    values: dict[str, Any] = {
        "line_items": [
            {**line(TEA, "TEA", "Tea", 1, old, "0.00"), "current_quantity": 0},
            line(CUP, "", "Cup", 1, new, "0.00"),
        ],
        "shipping_lines": [],
        "refunds": [refund(91, *paid_back, minute=6, refund_line_items=[back])],
        "total_outstanding": "0.00",
        **money("total_line_items_price", total),
        **money("total_price", total),
        **money("current_total_price", now),
    }
    for name in (*nothing, "current_total_tax", "current_shipping_price"):
        values |= money(name, "0.00")
    return order(**{**values, **changes})


def left(tea: int, cup: int) -> list[dict[str, Any]]:
    """The lines, of which so many are left."""
    first, second = lines()
    return [{**first, "current_quantity": tea}, {**second, "current_quantity": cup}]


def life() -> list[tuple[str, dict[str, Any]]]:
    """Topics and bodies from the first to the last: placed, paid in the same second, sent, refunded in part,
    then wholly.
    """
    parcel, moved = fulfillment(4), fulfillment(5, shipment_status="delivered")
    half = {
        "financial_status": "partially_refunded",
        "line_items": left(1, 1),
        **money("current_total_price", "41.80"),
        **money("current_subtotal_price", "32.00"),
        **money("current_total_discounts", "3.50"),
        **money("current_total_tax", "2.80"),
    }
    whole = {
        "financial_status": "refunded",
        "line_items": left(0, 0),
        **money("current_total_price", "0.00"),
        **money("current_subtotal_price", "0.00"),
        **money("current_total_discounts", "0.00"),
        **money("current_total_tax", "0.00"),
        **money("current_shipping_price", "0.00"),
    }
    sent = {"fulfillment_status": "fulfilled", "fulfillments": [moved]}
    return [
        ("orders/create", order(financial_status="pending")),
        ("orders/paid", order()),
        ("fulfillments/create", parcel),
        (
            "orders/fulfilled",
            order(updated_at=at(4), fulfillment_status="fulfilled", fulfillments=[parcel]),
        ),
        ("fulfillments/update", moved),
        ("refunds/create", one_tin_back()),
        ("orders/updated", order(updated_at=at(6), refunds=[one_tin_back()], **sent, **half)),
        ("refunds/create", the_rest_back()),
        (
            "orders/updated",
            order(updated_at=at(8), refunds=[one_tin_back(), the_rest_back()], **sent, **whole),
        ),
    ]
