"""The order of the button *Send test event*: unpaid and marked as a test, so nothing of it is sent on."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from intake.models.sources import Source

TEST_EMAIL = "test@example.com"


def delivery_body(now: datetime) -> bytes:
    moment = now.astimezone(UTC).isoformat(timespec="seconds")
    order: dict[str, Any] = {
        "merchant_id": "TEST",
        "order_id": f"TEST-{now.timestamp():.6f}",
        "current_stage": "Accounts Receivable",
        "creation_dts": moment,
        "billing": {"first_name": "Test", "last_name": "Order", "email": TEST_EMAIL, "country_code": "US"},
        "payment": {
            "payment_method": "Credit Card",
            "payment_status": "Unprocessed",
            "test_order": True,
        },
        "items": [
            {
                "merchant_item_id": "TEST",
                "item_index": 1,
                "description": "Test item",
                "quantity": 1,
                "cost": {"value": 10},
            }
        ],
        "summary": {"subtotal": {"value": 10}, "total": {"value": 10}},
    }
    return json.dumps([{"order_create": order}]).encode()


def delivery_headers(source: Source) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if source.basic_user:
        given = base64.b64encode(f"{source.basic_user}:{source.basic_password}".encode()).decode()
        headers["Authorization"] = f"Basic {given}"
    return headers
