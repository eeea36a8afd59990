"""The money of an UltraCart order that is no item."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from carts.order_data import Charge, ChargeKind
from carts.platforms.base import BadPayload
from carts.platforms.reading import Node


def amount(node: Node, name: str, part: str = "value") -> Decimal | None:
    """A money object's `value` (or its `localized` part); some fields come as a plain number instead."""
    if node.holds_object(name):
        return node.node(name).number(part)
    return node.number(name)


def charges_parse(order: Node) -> tuple[Charge, ...]:
    """Shipping, discounts, tax and fees; an amount of zero is no charge."""
    summary, gift, payment = order.node("summary"), order.node("gift"), order.node("payment")
    shipping = order.node("shipping").text("shipping_method", 200) or "Shipping"
    charges = (
        *_charge("shipping", ChargeKind.SHIPPING, shipping, summary, "shipping_handling_total"),
        *_discount("shipping_discount", "Shipping discount", summary, "shipping_handling_total_discount"),
        *_discount("discount", "Discount", summary, "subtotal_discount"),
        *_charge("tax", ChargeKind.TAX, "Tax", summary, "tax"),
        *_charge("gift", ChargeKind.SERVICE, "Gift charge", gift, "gift_charge"),
        *_charge("gift_wrap", ChargeKind.SERVICE, "Gift wrap", gift, "gift_wrap_cost"),
        *_charge("surcharge", ChargeKind.FINANCE_CHARGE, "Surcharge", payment, "surcharge"),
    )
    return tuple(charges)


def gift_certificate(order: Node) -> Decimal:
    """What was paid by gift certificate, positive whatever sign was sent."""
    found = amount(order.node("summary"), "internal_gift_certificate_amount")
    certificate = order.node("gift_certificate")
    for name in ("gift_certificate_amount", "amount"):
        found = found or amount(certificate, name)
    return abs(found or Decimal(0))


def _charge(key: str, kind: ChargeKind, title: str, node: Node, name: str) -> Iterator[Charge]:
    value = amount(node, name)
    if value is not None and value < 0:
        raise BadPayload(f"The field {node.path(name)} is negative ({value}); correct the order in the shop.")
    if value:
        yield Charge(key=key, kind=kind, title=title, amount=value)


def _discount(key: str, title: str, node: Node, name: str) -> Iterator[Charge]:
    value = amount(node, name)
    if value:
        yield Charge(key=key, kind=ChargeKind.DISCOUNT, title=title, amount=-abs(value))
