"""An order in another currency than the shop's, as its currency extension tells it in the shop's own.

Aelia Currency Switcher writes the amounts and the rate, WooPayments and FOX (WOOCS) the rate alone. Of two
rates WooPayments itself takes for reports the one at which Stripe settled, else the one of the prices.
Source: github.com/woocommerce/woocommerce, issue 38250; Automattic/woocommerce-payments, issues 5584 and
2615.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from carts.order_data import OrderData
from carts.platforms.woocommerce.payload import amount, meta_amount, meta_of, meta_text
from crm.money import exponent, quantize
from intake.payload import MAX_NUMBER, Node

_RATE_PLACES = Decimal("0.000000000001")
_LINE = ("subtotal", "subtotal_tax", "total", "total_tax", "price")
_LISTS = {
    "line_items": _LINE,
    "shipping_lines": _LINE,
    "fee_lines": _LINE,
    "coupon_lines": ("discount", "discount_tax"),
    "refunds": ("total", "amount"),
    "gift_cards": ("amount",),
    "pw_gift_cards_redeemed": ("amount",),
}
_HEAD = ("total", "total_tax", "cart_tax", "shipping_total", "shipping_tax", "discount_total", "discount_tax")
# Amounts that Aelia tells itself, as they were rounded there.
_TOLD_HEAD = {"total": "_order_total_base_currency", "shipping_total": "_order_shipping_base_currency"}
_TOLD_LINE = {"subtotal": "_line_subtotal_base_currency", "total": "_line_total_base_currency"}
_AMOUNT_ENDS = ("_amount", "_payment", "_totals", "_funds_used", "_order_funds")  # of what extensions keep


@dataclass(frozen=True, kw_only=True, slots=True)
class Based:
    """`payload` with its amounts in the shop's currency; what the buyer paid, in theirs."""

    payload: Mapping[str, Any]
    paid_currency: str
    paid_total: Decimal | None


def in_base_currency(payload: Mapping[str, Any], base: str) -> Based | None:
    """None if it is in the shop's currency already, or does not tell the rate. Raises: BadPayload."""
    order = Node(dict(payload))
    currency = order.text("currency", 3).upper()
    meta = meta_of(order)
    rate = Decimal(0) if currency in ("", base) else _rate(meta, base)
    if rate <= 0:
        return None
    lists = {
        name: [
            entry.values
            | {
                field: _converted(entry, field, rate, base, meta_of(entry), _TOLD_LINE)
                for field in fields
                if entry.has(field)
            }
            for entry in order.nodes(name)
        ]
        for name, fields in _LISTS.items()
        if order.has(name)
    }
    # Deposits, funds and gift cards keep their amounts in the meta data, in the order's currency.
    kept = [
        entry.values | {"value": str(quantize(value * rate, base))}
        if entry.text("key", 200).endswith(_AMOUNT_ENDS) and (value := meta_amount({"": entry}, ""))
        else entry.values
        for entry in order.nodes("meta_data")
    ]
    head = {name: _converted(order, name, rate, base, meta, _TOLD_HEAD) for name in _HEAD if order.has(name)}
    return Based(
        payload={**payload, **lists, **head, "currency": base, "meta_data": kept},
        paid_currency=currency,
        paid_total=amount(order, "total"),
    )


def doubt_of(data: OrderData) -> str:
    """Why the converted figures cannot be believed; blank where they add up but for rounding."""
    if data.total is None or data.lines is None:
        return ""
    charges = sum((charge.amount for charge in data.charges), Decimal(0))
    gap = data.total - (data.subtotal or Decimal(0)) - charges
    allowed = Decimal(1).scaleb(-exponent(data.currency)) * (len(data.lines) + len(data.charges) + 1)
    if min(abs(gap), abs(gap + data.gift_certificate)) <= allowed:
        return ""
    return (
        f"The order is in {data.paid_currency}. In the shop's {data.currency} its total is told as "
        f"{data.total}, but its lines and charges come to {data.total - gap} there. Enter this order in the "
        "CRM by hand."
    )


def _rate(meta: Mapping[str, Node], base: str) -> Decimal:
    """From the order's currency into the base, 0 where it is not told."""
    if meta_text(meta, "_base_currency", 3).upper() in ("", base):
        aelia = meta_amount(meta, "_base_currency_exchange_rate")
        if aelia > 0:
            return aelia
    if meta_text(meta, "_wcpay_multi_currency_order_default_currency", 3).upper() == base:
        settled = meta_amount(meta, "_wcpay_multi_currency_stripe_exchange_rate")
        return (
            settled
            if settled > 0
            else _inverse(meta_amount(meta, "_wcpay_multi_currency_order_exchange_rate"))
        )
    if meta_text(meta, "_woocs_order_base_currency", 3).upper() == base:
        return _inverse(meta_amount(meta, "_woocs_order_rate"))
    return Decimal(0)


def _inverse(rate: Decimal) -> Decimal:
    return (1 / rate).quantize(_RATE_PLACES) if rate > 0 else Decimal(0)


def _converted(
    node: Node, name: str, rate: Decimal, base: str, meta: Mapping[str, Node], told: Mapping[str, str]
) -> str:
    """The amount that the extension told, else by the rate; blank stays blank."""
    value = amount(node, name)
    if value is None:
        return ""
    known = meta_amount(meta, told[name]) if name in told else Decimal(0)
    return str(quantize(known or min(value * rate, MAX_NUMBER - 1), base))
