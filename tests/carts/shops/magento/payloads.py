"""Orders as the SOAP API v2 tells them, written by us: every value is text, what is empty is absent."""

from __future__ import annotations

import json
from typing import Any

ADDRESS = {
    "firstname": "Ada",
    "lastname": "Example",
    "company": "Engines",
    "street": "1 Main Street\nFloor 2\nDoor 3",
    "city": "Atlanta",
    "region": "Georgia",
    "region_id": "19",
    "postcode": "30303",
    "country_id": "US",
    "telephone": "404-555-0100",
}


def item(item_id: str, sku: str, quantity: str, price: str, **changes: Any) -> dict[str, Any]:
    total = f"{float(quantity) * float(price):.4f}"
    return {
        "item_id": item_id,
        "product_id": f"9{item_id}",
        "product_type": "simple",
        "product_options": 'a:1:{s:15:"info_buyRequest";a:1:{s:3:"qty";i:2;}}',
        "sku": sku,
        "name": sku.title(),
        "qty_ordered": f"{float(quantity):.4f}",
        "qty_shipped": "0.0000",
        "price": price,
        "base_price": price,
        "row_total": total,
        "base_row_total": total,
        **changes,
    }


def order(**changes: Any) -> dict[str, Any]:
    """Paid by card and processing: 2 × 9.95 and 17.95, 7.25 shipping, 3.75 tax, 5.00 off: 43.85 USD."""
    amounts = {
        "subtotal": "37.8500",
        "shipping_amount": "7.2500",
        "tax_amount": "3.7500",
        "discount_amount": "-5.0000",
        "grand_total": "43.8500",
        "total_paid": "43.8500",
    }
    return {
        "increment_id": "100000101",
        "order_id": "101",
        "store_id": "1",
        "quote_id": "55",
        "created_at": "2026-03-02 15:04:05",
        "updated_at": "2026-03-02 15:10:00",
        "state": "processing",
        "status": "processing",
        **amounts,
        **{f"base_{name}": value for name, value in amounts.items()},
        "base_currency_code": "USD",
        "order_currency_code": "USD",
        "shipping_method": "flatrate_flatrate",
        "shipping_description": "Flat Rate - Fixed",
        "customer_email": "ada@example.com",
        "customer_firstname": "Ada",
        "customer_lastname": "Example",
        "customer_is_guest": "1",
        "billing_address": dict(ADDRESS),
        "shipping_address": dict(ADDRESS),
        "items": [item("1", "BONE", "2", "9.9500"), item("2", "LEASH", "1", "17.9500")],
        "payment": {"method": "authorizenet"},
        "status_history": [
            {"status": "processing", "created_at": "2026-03-02 15:09:00"},
            {"status": "pending", "created_at": "2026-03-02 15:04:05"},
        ],
        **changes,
    }


def money(**amounts: str) -> dict[str, str]:
    """The same in the base currency and in the buyer's."""
    return {**amounts, **{f"base_{name}": value for name, value in amounts.items()}}


def shipment(number: int, order_id: str = "101", *tracks: str, **changes: Any) -> dict[str, Any]:
    return {
        "increment_id": f"10000020{number}",
        "order_id": order_id,
        "created_at": f"2026-03-0{2 + number} 10:00:00",
        "updated_at": f"2026-03-0{2 + number} 10:00:00",
        "total_qty": "1.0000",
        "tracks": [{"number": track, "title": "DHL", "carrier_code": "custom"} for track in tracks],
        **changes,
    }


def told(
    order_told: dict[str, Any], *shipments: dict[str, Any], listed: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """What is stored of one order that was read."""
    return {"order": order_told, "list": listed or {}, "shipments": list(shipments), "customer": {}, **more}


def body_of(payload: Any) -> bytes:
    return json.dumps(payload).encode()
