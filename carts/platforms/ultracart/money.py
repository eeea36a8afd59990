"""The money of an UltraCart order that is no item.

Docs: UltraCart REST API v2, Currency: an amount is an object whose `value` is in the merchant's base
currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from carts.order_data import Charge, ChargeKind, OrderLineData
from carts.platforms.credits import credit, explaining
from intake.payload import Node
from intake.platform import BadPayload


def amount(node: Node, name: str, part: str = "value") -> Decimal | None:
    """A money object's `value` (or its `localized` part); some fields come as a plain number instead."""
    return node.money(name, part)


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


def balance(
    order: Node, lines: Sequence[OrderLineData], charges: Sequence[Charge]
) -> tuple[tuple[Charge, ...], Decimal]:
    """The charges with what explains the total beside them, and what was paid by gift certificate otherwise.

    Options may cost something on top of the items. Of a store credit and a gift certificate those are charges
    of their own that the total is net of; two fields of the same amount may tell one certificate.

    Uncertain: none of this is documented (REST API v2: OrderItemOption `cost_change`; OrderSummary
    `internal_gift_certificate_amount` beside OrderGiftCertificate). An order may also hold a charge that no
    expansion brings: the SDK samples' DEMO-0009104390 has 1.30 that none of its parts tells.
    """
    summary, certificate = order.node("summary"), order.node("gift_certificate")
    total, subtotal = amount(summary, "total"), amount(summary, "subtotal")
    named = amount(certificate, "gift_certificate_amount") or amount(certificate, "amount")
    credits = (
        *credit("store-credit", "Store credit", amount(summary, "internal_gift_certificate_amount")),
        *credit("gift-certificate", "Gift certificate", named),
    )
    spent = sum((abs(charge.amount) for charge in credits), Decimal(0))
    if total is None or subtotal is None:
        return tuple(charges), spent
    listed = sum((line.quantity * line.unit_price for line in lines), Decimal(0))
    extra = () if any(line.kit for line in lines) else explaining(subtotal - listed, _option_costs(order))
    gap = total - subtotal - sum((charge.amount for charge in charges), Decimal(0))
    taken = explaining(gap, credits) if len(credits) > 1 else ()
    amounts = {charge.amount for charge in credits}
    left = Decimal(0) if len(amounts) == 1 else spent + sum((charge.amount for charge in taken), Decimal(0))
    return (*charges, *extra, *taken), left if taken else spent


def _option_costs(order: Node) -> tuple[Charge, ...]:
    found: list[Charge] = []
    for number, item in enumerate(order.nodes("items"), start=1):
        for place, option in enumerate(item.nodes("options"), start=1):
            cost = amount(option, "cost_change")
            if cost is None or cost <= 0:
                continue
            once = option.flag("one_time_fee")
            whole = cost if once else cost * (item.number("quantity") or Decimal(1))
            chosen = ": ".join(text for name in ("label", "value") if (text := option.text(name, 80)))
            title = f"{chosen or 'Option'} ({item.text('merchant_item_id', 40)})"
            key = f"option:{number}:{place}"
            found.append(Charge(key=key, kind=ChargeKind.SERVICE, title=title, amount=whole))
    return tuple(found)


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
