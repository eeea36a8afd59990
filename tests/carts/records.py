"""Carts, affiliates, shipments and refunds as tests want them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from carts.record_data import AffiliateData, CartData, RefundData, ShipmentData, Tracking
from intake.party import Party
from tests.factories import PLACED_AT, order_data


def cart_data(**changes: Any) -> CartData:
    lines = (order_data().lines or ())[:1]
    values: dict[str, Any] = {
        "cart_id": "C1",
        "version_at": PLACED_AT,
        "email": "ada@example.com",
        "currency": "USD",
        "lines": lines,
        "total": Decimal("19.90"),
        "coupons": ("SPRING",),
    }
    return CartData(**{**values, **changes})


def affiliate_data(**changes: Any) -> AffiliateData:
    values: dict[str, Any] = {
        "shop_affiliate_id": "77",
        "version_at": PLACED_AT,
        "code": "carl",
        "email": "Carl@example.com",
        "party": Party(first_name="Carl", phones=("555-0101",)),
    }
    return AffiliateData(**{**values, **changes})


def shipment_data(**changes: Any) -> ShipmentData:
    values: dict[str, Any] = {
        "shop_order_id": "DEMO-1001",
        "version_at": PLACED_AT,
        "shipped_at": PLACED_AT,
        "tracking": (Tracking(number="1Z9", url="https://example.com/1Z9"),),
        "carrier": "UPS",
    }
    return ShipmentData(**{**values, **changes})


def refund_data(**changes: Any) -> RefundData:
    values: dict[str, Any] = {
        "shop_order_id": "DEMO-1001",
        "refund_id": "R1",
        "amount": Decimal("10"),
        "currency": "USD",
        "refunded_at": PLACED_AT,
        "reason": "Broken",
    }
    return RefundData(**{**values, **changes})
