"""What Magento tells beside an order, and M2E Pro of the marketplace it was made at."""

from __future__ import annotations

import re

from carts.platforms.magento.values import part
from carts.platforms.payload import options_text, readable_values
from intake.payload import Node

_LONGEST = 100_000
# PHP's own way of writing values: s:5:"label";s:4:"Size";s:5:"value";s:5:"Large";
_CHOSEN = re.compile(r'"label";s:\d+:"([^"]{1,200})";s:5:"value";s:\d+:"([^"]{0,500})";')
_MARKETPLACE = re.compile(r'"component_mode";s:\d+:"([^"]{1,60})";')
_MARKETPLACE_NUMBER = re.compile(r'"channel_order_id";s:\d+:"([^"]{1,100})";')


def custom_fields(node: Node, head: Node) -> dict[str, str]:
    """By `mappings.shop_fields`."""
    order = part(node, "order")
    payment = part(order, "payment")
    return readable_values(
        {
            "customer_note": lambda: head.text("customer_note"),
            "item_options": lambda: options_text(
                (
                    item.text("sku", 100) or item.text("name", 100),
                    _CHOSEN.findall(item.text("product_options", _LONGEST)),
                )
                for item in order.nodes("items")
            ),
            "purchase_order_number": lambda: payment.text("po_number"),
            "channel": lambda: _found(_MARKETPLACE, payment),
            "marketplace_order_number": lambda: (
                _found(_MARKETPLACE_NUMBER, payment) or head.text("ext_order_id", 100)
            ),
            "transaction_id": lambda: payment.text("last_trans_id"),
        }
    )


def _found(pattern: re.Pattern[str], payment: Node) -> str:
    """M2E Pro keeps it with the payment, as PHP writes values."""
    match = pattern.search(payment.text("additional_data", _LONGEST))
    return match.group(1) if match else ""
