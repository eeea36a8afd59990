"""UltraCart's events by name: which carry an order, and why the others change nothing.

Docs: UltraCart's webhook documentation, the events by category. On order_delete only the id can be relied on;
there is no event about affiliates.
"""

from __future__ import annotations

ORDER_EVENT = "order"  # the name given to an order that came without one
CART_EVENT = "checkout_cart_abandon"

# What was read from the shop's API: our own names, which no delivery may use.
ORDER_READ = "order_read"
AFFILIATE_READ = "affiliate_read"
ITEM_READ = "item_read"
READ_NAMES = frozenset({ORDER_READ, AFFILIATE_READ, ITEM_READ})

_ORDER_PREFIX = "order_"

# Order events that carry no order, or one that is gone.
_WITHOUT_ORDER = {
    "order_delete": "The shop deleted the order; what was replicated stays in the CRM.",
    "order_s3_invoice": "An invoice document was stored; that changes nothing in the CRM.",
    "order_s3_packing_slip": "A packing slip was stored; that changes nothing in the CRM.",
}

# By the beginning of the name; the first that fits.
_NOT_USED = {
    "checkout_cart_send_return_email": "The shop mailed the buyer a way back to the cart. The cart itself "
    "comes with checkout_cart_abandon.",
    "auto_order_rebill": "A subscription was billed again. The order that came of it has order events "
    "of its own.",
    "auto_order_": "A subscription changed, which changes nothing in the CRM. The orders that come of it "
    "have order events of their own.",
    "customer_": "Customers by themselves change nothing in the CRM: contacts are made of orders, carts and "
    "affiliates.",
    "item_": "Items of the shop are not replicated: the settings map them to products of the CRM.",
    "chargeback_": "A chargeback is between the shop and the bank and is not replicated. If the order is "
    "refunded or rejected because of it, the order says so.",
    "fulfillment_": "What a warehouse does with an order is not replicated. What it ships comes with "
    "order_ship.",
    "user_": "The users of the shop's own back office are not replicated.",
    "workflow_task_": "The tasks of the shop's own staff are not replicated.",
    "screen_recording": "Recordings of visits to the shop are not replicated.",
}


def carries_order(name: str) -> bool:
    """Whether an order is to be expected in it. A name that UltraCart may yet invent is given the chance."""
    return name == ORDER_EVENT or (
        name.startswith(_ORDER_PREFIX) and name not in _WITHOUT_ORDER and name not in READ_NAMES
    )


def why_not_used(name: str) -> str:
    """The sentence for an event that carries neither an order nor a cart."""
    if name in _WITHOUT_ORDER:
        return _WITHOUT_ORDER[name]
    known = (reason for prefix, reason in _NOT_USED.items() if name.startswith(prefix))
    general = f"Events of the kind {name[:60]!r} are not replicated; orders and abandoned carts are."
    return next(known, general)
