"""Events of Shopify that are not used, with the sentence that says why.

Docs: shopify.dev, Webhooks, the topics.
"""

from __future__ import annotations

from intake.platform import NotUsed

_PERSONAL_DATA = (
    "Shopify passes on a request about somebody's personal data. Nothing is done by itself: answer it here "
    "and in the CRM by hand."
)

_REASONS = {
    "orders/delete": "The shop deleted the order; what was replicated stays in the CRM.",
    "orders/edited": "This tells only what was edited. The order as it is now comes with orders/updated: "
    "subscribe to that as well.",
    "checkouts/delete": "The shop deleted a checkout without naming its token, so it cannot be told which "
    "one that was. It counts as abandoned after the interval unless an order comes of it.",
    "app/uninstalled": "The app was removed in Shopify: from now on it sends nothing. Install it again, or "
    "switch this source off.",
    "customers/data_request": _PERSONAL_DATA,
    "customers/redact": _PERSONAL_DATA,
    "shop/redact": _PERSONAL_DATA,
}
_REASONS_OF_RESOURCE = {
    "customers": "A customer alone changes nothing in the CRM: contacts are made of orders and carts.",
    "carts": "Carts name nobody; who leaves one is known from the checkout, which is used.",
    "draft_orders": "A draft is no order yet; once it is one, Shopify tells that.",
    "order_transactions": "Payments are taken from the order, which tells them as well.",
    "fulfillment_events": "Where a parcel is stands in its fulfillment, which is used.",
    "fulfillment_orders": "What is to be shipped changes nothing in the CRM; what was shipped does.",
    "products": "Products change nothing in the CRM: an order names its items itself.",
    "returns": "A return changes nothing in the CRM; the refund that follows is used.",
}


def unused(name: str) -> NotUsed:
    resource = name.partition("/")[0]
    reason = _REASONS.get(name) or _REASONS_OF_RESOURCE.get(resource)
    return NotUsed(
        reason=reason
        or f"Events of the kind {name[:60]!r} are not replicated; orders, checkouts, fulfillments and "
        "refunds are."
    )
