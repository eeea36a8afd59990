"""A Shopify order as we write it, the life it leads, and where the documented payloads lie.

Two tea tins at 20.00 and a cup at 15.50; a discount of 5.50 by the code SPRING, shipping 7.00, tax 4.00: so
61.00.
"""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "sources" / "samples" / "shopify"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the documented Shopify samples are not beside this checkout"
)

SECRET, SECRET_BEFORE = "the app's client secret", "the secret before"
ORDER_ID = 9007199254740993  # the first whole number that a float cannot hold
TEA, CUP = 11, 12


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


def as_body(value: Any) -> bytes:
    return json.dumps(value).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def at(minute: int, second: int = 0) -> str:
    return f"2026-03-02T10:{minute:02}:{second:02}-05:00"


def money(name: str, amount: str, buyers: str = "", currency: str = "USD") -> dict[str, Any]:
    """The plain field and its set; `buyers` is the amount in euros, where the buyer paid those."""
    bought = {"amount": buyers or amount, "currency_code": "EUR" if buyers else currency}
    shop = {"amount": amount, "currency_code": currency}
    return {name: amount, f"{name}_set": {"shop_money": shop, "presentment_money": bought}}


def address(first: str, phone: str = "555-0100") -> dict[str, Any]:
    return {
        "first_name": first,
        "last_name": "Lovelace",
        "company": "Engines Ltd",
        "address1": "1 Main Street",
        "address2": None,
        "city": "Atlanta",
        "province": "Georgia",
        "province_code": "GA",
        "zip": "30303",
        "country": "United States",
        "country_code": "US",
        "phone": phone,
    }


def line(line_id: int, sku: str, title: str, quantity: int, price: str, discount: str) -> dict[str, Any]:
    return {
        "id": line_id,
        "sku": sku,
        "variant_id": 4000 + line_id,
        "product_id": 3000 + line_id,
        "title": title,
        "variant_title": None,
        "name": title,
        "quantity": quantity,
        "current_quantity": quantity,
        **money("price", price),
        "discount_allocations": [{**money("amount", discount), "discount_application_index": 0}],
        "gift_card": False,
        "tax_lines": [],
    }


def lines() -> list[dict[str, Any]]:
    return [line(TEA, "TEA", "Tea", 2, "20.00", "4.00"), line(CUP, "", "Cup", 1, "15.50", "1.50")]


def order(**changes: Any) -> dict[str, Any]:
    """As it was placed and paid in one go."""
    values: dict[str, Any] = {
        "id": ORDER_ID,
        "admin_graphql_api_id": f"gid://shopify/Order/{ORDER_ID}",
        "name": "#1001",
        "order_number": 1001,
        "email": "ada@example.com",
        "contact_email": "ada@example.com",
        "phone": None,
        "created_at": at(0),
        "processed_at": at(0),
        "updated_at": at(0),
        "cancelled_at": None,
        "cancel_reason": None,
        "closed_at": None,
        "test": False,
        "currency": "USD",
        "presentment_currency": "USD",
        "financial_status": "paid",
        "fulfillment_status": None,
        "taxes_included": False,
        **money("total_line_items_price", "55.50"),
        **money("subtotal_price", "50.00"),
        **money("total_discounts", "5.50"),
        **money("total_tax", "4.00"),
        **money("total_price", "61.00"),
        **money("total_shipping_price", "7.00"),
        **money("current_subtotal_price", "50.00"),
        **money("current_total_discounts", "5.50"),
        **money("current_total_tax", "4.00"),
        **money("current_total_price", "61.00"),
        **money("current_shipping_price", "7.00"),
        "total_tip_received": "0.00",
        "discount_codes": [{"code": "SPRING", "amount": "5.50", "type": "fixed_amount"}],
        "discount_applications": [{"type": "discount_code", "code": "SPRING", "value": "5.50"}],
        "payment_gateway_names": ["shopify_payments"],
        "checkout_token": "checkout-1",
        "cart_token": "cart-1",
        "landing_site": "/products/tea?utm_source=newsletter&utm_medium=email",
        "referring_site": "https://www.search.example/",
        "buyer_accepts_marketing": True,
        "customer": {"id": 7, "email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"},
        "billing_address": address("Ada"),
        "shipping_address": address("Byron"),
        "line_items": lines(),
        "shipping_lines": [shipping("7.00")],
        "fulfillments": [],
        "refunds": [],
    }
    return {**values, **changes}


def shipping(price: str, discounted: str = "", **changes: Any) -> dict[str, Any]:
    reduced = money("discounted_price", discounted or price)
    return {
        "id": 31,
        "title": "Standard",
        "code": "STD",
        "is_removed": False,
        **money("price", price),
        **reduced,
        **changes,
    }


def transaction(amount: str, **changes: Any) -> dict[str, Any]:
    values = {"id": 61, "kind": "refund", "status": "success", "amount": amount, "currency": "USD"}
    return {**values, **changes}


def refund(refund_id: int, *transactions: dict[str, Any], minute: int, **changes: Any) -> dict[str, Any]:
    values = {
        "id": refund_id,
        "order_id": ORDER_ID,
        "created_at": at(minute),
        "processed_at": at(minute),
        "note": "Broken",
        "refund_line_items": [],
        "refund_shipping_lines": [],
        "order_adjustments": [],
        "transactions": list(transactions),
    }
    return {**values, **changes}


def refund_line(line_id: int, quantity: int, subtotal: str, tax: str, **changes: Any) -> dict[str, Any]:
    values = {
        "id": 71,
        "line_item_id": line_id,
        "quantity": quantity,
        "restock_type": "no_restock",
        **money("subtotal", subtotal),
        **money("total_tax", tax),
    }
    return {**values, **changes}


def fulfillment(minute: int, **changes: Any) -> dict[str, Any]:
    values = {
        "id": 81,
        "order_id": ORDER_ID,
        "name": "#1001.1",
        "status": "success",
        "created_at": at(4),
        "updated_at": at(minute),
        "tracking_company": "UPS",
        "shipment_status": None,
        "tracking_number": "1Z1",
        "tracking_numbers": ["1Z1", "1Z2"],
        "tracking_url": "https://track.example/1Z1",
        "tracking_urls": ["https://track.example/1Z1", "https://track.example/1Z2"],
        "line_items": [],
    }
    return {**values, **changes}


def checkout(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": 5001,
        "token": "checkout-1",
        "cart_token": "cart-1",
        "email": "ada@example.com",
        "phone": None,
        "created_at": at(0),
        "updated_at": at(1),
        "completed_at": None,
        "currency": "USD",
        "presentment_currency": "USD",
        "abandoned_checkout_url": "https://shop.example/recover",
        "total_price": "55.50",
        "discount_codes": [{"code": "SPRING", "amount": "5.50", "type": "fixed_amount"}],
        "buyer_accepts_marketing": False,
        "customer": {"email": "ada@example.com", "email_marketing_consent": {"state": "subscribed"}},
        "billing_address": address("Ada"),
        "shipping_address": None,
        "landing_site": None,
        "referring_site": "https://www.search.example/?q=tea",
        "line_items": [
            {"key": "k", "sku": "TEA", "title": "Tea", "quantity": 2, "price": "20.00", "variant_id": 1},
            {"key": "k", "sku": "", "title": "Cup", "quantity": 1, "price": "15.50", "variant_id": 4012},
            {"key": "k", "quantity": 1},
        ],
    }
    return {**values, **changes}
