"""A delivery as WooCommerce would make it, of an unpaid test order."""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime

from intake.json_text import json_write
from intake.models.sources import Source


def sample_delivery(source: Source, now: datetime) -> tuple[bytes, dict[str, str]]:
    """Its id is the time, far above those of real orders."""
    order_id = int(now.timestamp())
    saved_at = now.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()
    address = {"first_name": "Test", "last_name": "Event", "address_1": "1 Test Street", "city": "Testville"}
    item = {"id": 1, "name": "Test item", "product_id": 1, "variation_id": 0, "sku": "TEST", "quantity": 1}
    order = {
        "id": order_id,
        "number": str(order_id),
        "status": "pending",
        "currency": source.currency,
        **dict.fromkeys(("date_created_gmt", "date_modified_gmt"), saved_at),
        "date_paid_gmt": None,
        "total": "1.00",
        "total_tax": "0.00",
        "billing": {**address, "email": "test@example.com"},
        "shipping": address,
        "payment_method": "bacs",
        "line_items": [{**item, "subtotal": "1.00", "total": "1.00"}],
        **{name: [] for name in ("shipping_lines", "fee_lines", "coupon_lines", "refunds", "meta_data")},
    }
    body = json_write(order).encode()
    secret = source.signing_secret or source.signing_secret_before
    signature = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    return body, {
        "Content-Type": "application/json",
        "X-WC-Webhook-Topic": "order.created",
        "X-WC-Webhook-Resource": "order",
        "X-WC-Webhook-Event": "created",
        "X-WC-Webhook-Delivery-ID": f"test-{order_id}",
        "X-WC-Webhook-Signature": signature,
    }
