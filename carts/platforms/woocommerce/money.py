"""The money of a WooCommerce order: what its lines and charges come to, and how that meets the total."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from carts.order_data import Charge, ChargeKind
from carts.platforms.credits import credit, explaining
from carts.platforms.woocommerce.lines import Row, reductions_parse
from carts.platforms.woocommerce.payload import amount, meta_amount, meta_of
from crm.money import exponent, quantize
from intake.payload import Node

_LONGEST_TITLE = 200
# Lists in which extensions tell the gift cards that were redeemed: WooCommerce Gift Cards, PW Gift Cards.
# Others enter them as a fee below zero (github.com/taxjar/taxjar-woocommerce-plugin, issue 298).
_GIFT_CARD_LISTS = ("gift_cards", "pw_gift_cards_redeemed")
# Sums that extensions may have taken off the total. They count where the total lacks exactly as much.
_TAKEN_OFF = {
    "_ywgc_applied_gift_cards_totals": "Gift card",
    "_funds_used": "Account funds",
    "_order_funds": "Account funds",
    "_via_wallet_payment": "Wallet",
    "_ywpar_coupon_amount": "Reward points",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    subtotal: Decimal | None
    charges: tuple[Charge, ...]
    gift_certificate: Decimal


def money_parse(order: Node, rows: Sequence[Row] | None, total: Decimal | None, currency: str) -> Money:
    """Lines at list price and charges that come to the total wherever the payload permits."""
    others = []
    for charge in _charges(order):
        if value := quantize(charge.amount, currency):
            kind = ChargeKind.DISCOUNT if value < 0 else charge.kind
            others.append(replace(charge, kind=kind, amount=value))
    if rows is None:
        return Money(subtotal=None, charges=tuple(others), gift_certificate=_gift_cards(order))
    charged = sum((charge.amount for charge in others), Decimal(0))
    rows = _counted(rows, None if total is None else total - charged, currency)
    subtotal = sum((row.listed for row in rows), Decimal(0))
    discount = sum((row.listed - row.charged for row in rows), Decimal(0))
    charges = [*others]
    if discount:
        # Of the lines, not `discount_total`: the total is the sum of the lines, the other is only told.
        codes = ", ".join(line.text("code", 100) for line in order.nodes("coupon_lines") if line.has("code"))
        title = html.unescape(f"Discount ({codes})" if codes else "Discount")[:_LONGEST_TITLE]
        charges.append(Charge(key="discount", kind=ChargeKind.DISCOUNT, title=title, amount=-discount))
    rest = Decimal(0) if total is None else total - (subtotal - discount + charged)
    rounding = _rounding(currency, len(rows) + len(others))
    spent = _spent(order, rest, discount, rounding)
    charges += spent
    if 0 < rest <= rounding:
        # A shop whose prices include tax rounds the order, not its lines (github.com/woocommerce/woocommerce,
        # issue 16035).
        charges.append(Charge(key="rounding", kind=ChargeKind.SERVICE, title="Rounding", amount=rest))
    certificate = Decimal(0) if spent else _gift_cards(order)
    return Money(subtotal=subtotal, charges=tuple(charges), gift_certificate=certificate)


def refunded_total(order: Node, total: Decimal | None) -> Decimal | None:
    """All refunds so far, positive. A refunded order without a list of refunds is refunded in full."""
    refunds = (amount(refund, "total") or amount(refund, "amount") for refund in order.nodes("refunds"))
    found = sum((abs(refund) for refund in refunds if refund), Decimal(0))
    if not found and order.text("status") == "refunded":
        found = total or Decimal(0)
    return found or None


def _counted(rows: Sequence[Row], goods: Decimal | None, currency: str) -> Sequence[Row]:
    """The rows that make up the price of the goods: all of them, as a rule.

    A bundle has its price on the container, on its parts, or on both, and the others cost nothing. Should an
    extension write one price twice, those rows count whose amounts come to what was charged for the goods.
    """
    if goods is None or not any(row.data.kit for row in rows):
        return rows
    whole = [row for row in rows if not row.data.kit_key]
    parts = [row for row in rows if not row.data.kit]
    for some in (whole, parts):
        gap = sum((row.charged for row in some), Decimal(0)) - goods
        if some and abs(gap) <= _rounding(currency, len(some)):
            return some
    return rows


def _charges(order: Node) -> Iterator[Charge]:
    """Everything but the discount of the lines; what is below zero is a discount, whatever it is called."""
    if order.has("shipping_lines"):
        for line in order.nodes("shipping_lines"):
            yield _charge("shipping", ChargeKind.SHIPPING, line, "method_title", "Shipping")
    elif shipping := amount(order, "shipping_total"):
        yield Charge(key="shipping", kind=ChargeKind.SHIPPING, title="Shipping", amount=shipping)
    for fee in order.nodes("fee_lines"):
        yield _charge("fee", ChargeKind.SERVICE, fee, "name", "Fee")
    for key, title, value in reductions_parse(order):
        yield Charge(key=key, kind=ChargeKind.DISCOUNT, title=title or "Discount", amount=value)
    tax = amount(order, "total_tax")
    if tax is None:
        tax = (amount(order, "cart_tax") or Decimal(0)) + (amount(order, "shipping_tax") or Decimal(0))
    yield Charge(key="tax", kind=ChargeKind.TAX, title="Tax", amount=tax)


def _charge(key: str, kind: ChargeKind, node: Node, title: str, otherwise: str) -> Charge:
    return Charge(
        key=f"{key}:{node.text('id', 50)}",
        kind=kind,
        title=html.unescape(node.text(title, _LONGEST_TITLE)) or otherwise,
        amount=amount(node, "total") or Decimal(0),
    )


def _spent(order: Node, rest: Decimal, discount: Decimal, rounding: Decimal) -> tuple[Charge, ...]:
    """What explains a total below the sum of its parts: gift cards, funds, points, each by name.

    Store credit of coupon extensions lowers the total without touching a line
    (github.com/woocommerce/woocommerce, issue 7837); it counts only where the coupons name exactly what is
    missing.
    """
    if rest >= -rounding:
        return ()
    meta = meta_of(order)
    known: list[Charge] = []
    for name in _GIFT_CARD_LISTS:
        for number, card in enumerate(order.nodes(name), start=1):
            known += credit(f"{name}:{number}", "Gift card", amount(card, "amount"))  # its code is money
    for key, title in _TAKEN_OFF.items():
        known += credit(key.strip("_"), title, meta_amount(meta, key))
    coupons = sum(
        (amount(line, "discount") or Decimal(0) for line in order.nodes("coupon_lines")), Decimal(0)
    )
    claims = (coupons - discount, (amount(order, "discount_total") or Decimal(0)) - discount)
    by_coupon = (credit("credit", "Coupon credit", claim) for claim in claims if claim > 0)
    tries = ((), *by_coupon)
    return next((found for more in tries if (found := explaining(rest, (*known, *more), rounding))), ())


def _gift_cards(order: Node) -> Decimal:
    cards = (card for name in _GIFT_CARD_LISTS for card in order.nodes(name))
    return sum((abs(amount(card, "amount") or Decimal(0)) for card in cards), Decimal(0))


def _rounding(currency: str, count: int) -> Decimal:
    return Decimal(1).scaleb(-exponent(currency)) * count
