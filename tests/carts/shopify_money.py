"""Read the money of a Shopify order as tests want to compare it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from carts.order_data import OrderData
from carts.platforms.shopify.platform import Shopify
from intake.models import Source
from tests.carts.shopify_payloads import (
    money,
    order,
)

PLATFORM = Shopify()
SOURCE = Source(platform="shopify", currency="USD")
RECEIVED_AT = datetime(2026, 3, 3, tzinfo=UTC)


def parsed(payload: dict[str, Any]) -> OrderData:
    return PLATFORM.parse(SOURCE, payload, RECEIVED_AT)


def parse(**changes: Any) -> OrderData:
    return parsed(order(**changes))


def current(total: str, discounts: str, tax: str, ship: str = "7.00") -> dict[str, Any]:
    return {
        **money("current_total_price", total),
        **money("current_total_discounts", discounts),
        **money("current_total_tax", tax),
        **money("current_shipping_price", ship),
    }


def charges(data: OrderData) -> dict[str, str]:
    return {charge.key: f"{charge.amount:.2f}" for charge in data.charges}


def quantities(data: OrderData) -> dict[str, int]:
    return {line.key: int(line.quantity) for line in data.lines or ()}


def gap(data: OrderData) -> Decimal:
    """What lines and charges leave unexplained of the total."""
    assert data.lines is not None and data.total is not None
    items = sum((line.quantity * line.unit_price for line in data.lines), Decimal(0))
    assert data.subtotal == items
    return data.total - items - sum((charge.amount for charge in data.charges), Decimal(0))
