"""What an order is to a replication: its key, its contact, and what of it a plan is made from."""

from __future__ import annotations

import hashlib
import json

from carts.models import Order
from carts.order_data import OrderData


def subject_key(order: Order) -> str:
    return f"{order.source.slug}/{order.shop_order_id}"


def contact_key(order: Order) -> str:
    """The e-mail serialises a contact's replications; without one the order stands for itself."""
    return order.email_key or subject_key(order)


def subject_hash(data: OrderData) -> str:
    """Equal for two versions that lead to the same plan, such as before and after the order shipped."""
    values = data.to_json()
    for name in ("version_at", "shop_stage", "refunded_at"):
        del values[name]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
