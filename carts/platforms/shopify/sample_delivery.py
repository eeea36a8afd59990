"""The order of the button *Send test event*: unpaid and marked as a test, so nothing of it is sent on."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from carts.platforms.shopify.admin_api import API_VERSION
from intake.models.sources import Source

TEST_EMAIL = "test@example.com"


def order_body(source: Source, now: datetime) -> bytes:
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    # Larger than any id of a real order. The name has no digits: it is no link in the chain of numbers.
    order: dict[str, Any] = {
        "id": int(now.timestamp() * 1_000_000),
        "name": "#TEST",
        "test": True,
        "email": TEST_EMAIL,
        "created_at": moment,
        "processed_at": moment,
        "updated_at": moment,
        "cancelled_at": None,
        "currency": source.currency,
        "presentment_currency": source.currency,
        "financial_status": "pending",
        "fulfillment_status": None,
        "taxes_included": False,
        "total_line_items_price": "10.00",
        "total_discounts": "0.00",
        "total_tax": "0.00",
        "total_price": "10.00",
        "line_items": [
            {"id": 1, "sku": "TEST", "title": "Test item", "quantity": 1, "price": "10.00"},
        ],
        "shipping_lines": [],
        "refunds": [],
        "fulfillments": [],
    }
    return json.dumps(order).encode()


def delivery_headers(source: Source, body: bytes, now: datetime) -> dict[str, str]:
    digest = hmac.digest(source.signing_secret.encode(), body, "sha256")
    moment = now.astimezone(UTC)
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Api-Version": API_VERSION,
        "X-Shopify-Triggered-At": moment.isoformat(),
        "X-Shopify-Webhook-Id": f"test-{moment.timestamp():.6f}",
        "X-Shopify-Hmac-Sha256": base64.b64encode(digest).decode(),
    }
