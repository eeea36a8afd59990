"""Shopify's amounts: text, and beside it a `…_set` with the shop's own money and the buyer's.

Docs: shopify.dev/docs/api/admin-rest, Order: `total_price_set` and its kin.
"""

from __future__ import annotations

from decimal import Decimal

from crm.money import quantize
from intake.payload import MAX_NUMBER, Node
from intake.platform import BadPayload

ZERO = Decimal(0)


def shop_amount(node: Node, name: str) -> Decimal | None:
    """In the shop's currency, which the plain field is in as well."""
    found = node.node(f"{name}_set").node("shop_money").number("amount")
    return node.number(name) if found is None else found


def buyers_amount(node: Node, name: str) -> Decimal | None:
    """In the currency the buyer paid in."""
    return node.node(f"{name}_set").node("presentment_money").number("amount")


def charged_amount(node: Node, name: str) -> Decimal:
    """The same as `shop_amount`, zero where there is none. Raises: BadPayload if it is negative."""
    amount = shop_amount(node, name) or ZERO
    if amount < 0:
        raise BadPayload(
            f"The field {node.path(name)} is negative ({amount}); correct the order in the shop."
        )
    return amount


def converted(amount: Decimal, shop: Decimal, buyers: Decimal, currency: str) -> Decimal | None:
    """An amount of the buyer's money in the shop's, at the rate that two amounts of the same thing show."""
    if shop <= 0 or buyers <= 0:
        return None
    return rounded(amount * shop / buyers, currency)


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Raises: BadPayload if the amount is beyond all measure."""
    if abs(amount) >= MAX_NUMBER:
        raise BadPayload("The order's amounts are too large to be meant; correct the order in the shop.")
    return quantize(amount, currency)
