"""Examples for the OpenAPI page; each works as it stands."""

from __future__ import annotations

from typing import Any

_PERSON: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Example",
    "street1": "1 Main Street",
    "city": "Atlanta",
    "region": "GA",
    "postal_code": "30303",
    "country": "US",
    "phones": ["555-0100"],
}

ORDER: dict[str, Any] = {
    "shop_order_id": "1001",
    "stage": "paid",
    "placed_at": "2026-03-02T10:04:05-05:00",
    "email": "ada@example.com",
    "billing": _PERSON,
    "currency": "USD",
    "lines": [
        {"item_id": "BONE", "title": "Dog bone", "quantity": "2", "unit_price": "9.95"},
        {"item_id": "LEASH", "title": "Leash", "quantity": "1", "unit_price": "17.95"},
    ],
    "subtotal": "37.85",
    "charges": [
        {"kind": "shipping", "title": "Ground", "amount": "7.25"},
        {"kind": "discount", "title": "Spring sale", "amount": "-5"},
        {"kind": "tax", "title": "Tax", "amount": "3.75"},
    ],
    "total": "43.85",
    "paid_amount": "43.85",
    "payment_method": "Credit Card",
    "coupons": [{"code": "SPRING"}],
    "mailing_list": True,
    "sales_rep": "JOE",
    "affiliates": ["carl"],
    "cart_id": "c-2001",
    "shipping_method": "Ground",
}
CART: dict[str, Any] = {
    "cart_id": "c-2001",
    "email": "ada@example.com",
    "billing": _PERSON,
    "currency": "USD",
    "lines": [{"item_id": "BONE", "title": "Dog bone", "quantity": "2", "unit_price": "9.95"}],
    "total": "19.90",
    "mailing_list": True,
}
AFFILIATE: dict[str, Any] = {
    "shop_affiliate_id": "77",
    "code": "carl",
    "email": "carl@example.com",
    "party": {**_PERSON, "first_name": "Carl"},
}
SHIPMENT: dict[str, Any] = {
    "shop_order_id": "1001",
    "shipment_id": "1001-1",
    "shipped_at": "2026-03-03T16:00:00-05:00",
    "tracking": [{"number": "1Z999", "url": "https://example.com/track/1Z999"}],
    "carrier": "UPS",
    "method": "Ground",
}
REFUND: dict[str, Any] = {
    "shop_order_id": "1001",
    "refund_id": "r-1",
    "amount": "9.95",
    "currency": "USD",
    "refunded_at": "2026-03-09T09:00:00-05:00",
    "reason": "One bone was broken",
}

STORED_ORDER = {
    **ORDER,
    "version": 1,
    "version_at": "2026-03-02T15:04:06+00:00",
    "completed_at": "2026-03-02T15:04:06+00:00",
    "is_history": False,
    "outstanding": "0.00",
}
STORED_CART = {**CART, "version": 1, "bought_at": None}
STORED_AFFILIATE = {**AFFILIATE, "version": 1}
STORED_SHIPMENT = {**SHIPMENT, "version": 1}
STORED_REFUND = {**REFUND, "version": 1}

ORDERS = {
    "A paid order": ORDER,
    "The same order, refunded": {
        **ORDER,
        "refunded_at": "2026-03-09T09:00:00-05:00",
        "refunded_total": "43.85",
    },
}
