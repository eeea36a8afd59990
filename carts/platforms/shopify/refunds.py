"""What was given back of a Shopify order: as a refund on its own, and as part of the order.

A refund in Shopify is independent of the movement of money: it may only put items back on the shelf, or come
of an edit that took an item out. Money moved where one of its transactions says so.
Docs: shopify.dev/docs/api/admin-rest, Refund.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from carts.platforms.shopify.lines import price_of
from carts.platforms.shopify.money import ZERO, buyers_amount, converted, rounded, shop_amount
from carts.record_data import RefundData
from intake.payload import Node
from intake.platform import BadPayload, NotUsed

_ROUNDING = Decimal("0.05")  # of an item
NO_MONEY = (
    "This refund gave no money back so far; once it does, the order itself tells. Nothing changes in the CRM."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refunded:
    """All money that an order's refunds gave back. `total` is None where its amount cannot be told."""

    at: datetime | None = None
    total: Decimal | None = None
    reason: str = ""


@dataclass(slots=True)
class GivenBack:
    """What refunds took off an order's current figures: by line id how many, and of which amounts."""

    money: Decimal = ZERO
    quantities: dict[str, Decimal] = field(default_factory=dict)
    discount: Decimal = ZERO
    tax: Decimal = ZERO
    shipping: Decimal = ZERO
    worth: Decimal = ZERO  # of the items and the shipping, with their tax

    def __add__(self, other: GivenBack) -> GivenBack:
        quantities = dict(self.quantities)
        for line_id, quantity in other.quantities.items():
            quantities[line_id] = quantities.get(line_id, ZERO) + quantity
        return GivenBack(
            money=self.money + other.money,
            quantities=quantities,
            discount=self.discount + other.discount,
            tax=self.tax + other.tax,
            shipping=self.shipping + other.shipping,
            worth=self.worth + other.worth,
        )


@dataclass(slots=True)
class Refunds:
    """All refunds of an order: those that move money, on their way or there, and items returned without.

    `lines` are the ids of all lines of which something came back; `shortfall` is what items given back for
    money were worth more than that money, where the shop accounts for no such difference.
    """

    paid: GivenBack = field(default_factory=GivenBack)
    returned: GivenBack = field(default_factory=GivenBack)
    lines: set[str] = field(default_factory=set)
    shortfall: Decimal = ZERO


def refund_parse(refund: Node, currency: str, received_at: datetime) -> RefundData | NotUsed:
    """Raises: BadPayload, which names the field."""
    order_id, refund_id = refund.identifier("order_id", 100), refund.identifier("id", 100)
    if not order_id or not refund_id:
        raise BadPayload(
            "The refund has no id or no order_id, so it cannot be told which order it is about. "
            "Take all fields into the webhook again."
        )
    sets = (node.node(f"{name}_set") for node, name in _priced(refund))
    codes = (money.node("shop_money").text("currency_code", 3) for money in sets)
    currency = next(filter(None, codes), currency)
    amount = _money(refund, currency, ("success",))
    if amount is None:
        return NotUsed(
            reason="The refund is in another currency, and the event does not say what that is in the shop's "
            "own. It is taken from the order, which tells it as well."
        )
    if not amount:
        return NotUsed(reason=NO_MONEY)
    return RefundData(
        shop_order_id=order_id,
        refund_id=refund_id,
        amount=amount,
        currency=currency,
        refunded_at=_moment(refund) or received_at,
        reason=refund.text("note", 500),
    )


def refunded_of(order: Node, currency: str) -> Refunded:
    """The sum of the refunds, the time and the reason of the latest."""
    latest: tuple[datetime, str] | None = None
    total: Decimal | None = ZERO
    for refund in order.nodes("refunds"):
        amount = _money(refund, currency, ("success",), order)
        if amount == 0:
            continue
        total = None if amount is None or total is None else total + amount
        moment = _moment(refund) or order.moment("updated_at")
        if moment and (latest is None or moment >= latest[0]):
            latest = moment, refund.text("note", 500)
    if total == 0:
        # The status may say refunded, and no transaction how much: it was done outside, or was not sent.
        is_said = order.text("financial_status") in ("refunded", "partially_refunded")
        return Refunded(at=order.moment("updated_at") if is_said else None)
    at, reason = latest or (None, "")
    return Refunded(at=at, total=None if total is None else rounded(total, currency), reason=reason)


def refunds_of(order: Node, currency: str) -> Refunds | None:
    """None: what was given back cannot be told."""
    prices = {item.text("id"): price_of(item) for item in order.nodes("line_items")}
    included = order.flag("taxes_included")
    found = Refunds()
    for refund in order.nodes("refunds"):
        money = _money(refund, currency, ("success", "pending"), order)
        if money is None:
            return None
        back = GivenBack(money=money)
        for line in refund.nodes("refund_line_items"):
            found.lines.add(line.text("line_item_id"))
            if not money and line.text("restock_type") != "return":
                continue
            line_id, quantity = line.text("line_item_id"), line.number("quantity") or ZERO
            subtotal, tax = shop_amount(line, "subtotal") or ZERO, shop_amount(line, "total_tax") or ZERO
            back.quantities[line_id] = back.quantities.get(line_id, ZERO) + quantity
            back.discount += prices.get(line_id, ZERO) * quantity - subtotal
            back.tax += tax
            back.worth += subtotal if included else subtotal + tax
        if money:
            _count_shipping(back, refund, included=included)
            found.paid += back
            # Where no adjustment says that more or less was given back than the items are worth.
            kinds = {line.text("kind") for line in refund.nodes("order_adjustments")}
            missing = back.worth - back.money
            if kinds <= {"shipping_refund"} and order.text("presentment_currency", 3) in ("", currency):
                found.shortfall += missing if missing > len(back.quantities) * _ROUNDING else ZERO
        else:
            found.returned += back
    return found


def _count_shipping(back: GivenBack, refund: Node, *, included: bool) -> None:
    """Since 2024-10 in lines of its own, before that as an adjustment with a minus."""
    shipping, tax = ZERO, ZERO
    for line in refund.nodes("refund_shipping_lines"):
        shipping += shop_amount(line, "subtotal_amount") or ZERO
        tax += shop_amount(line, "tax_amount") or ZERO
    for line in refund.nodes("order_adjustments"):
        if line.text("kind") == "shipping_refund":
            shipping -= shop_amount(line, "amount") or ZERO
            tax -= shop_amount(line, "tax_amount") or ZERO
    back.shipping, back.tax = back.shipping + shipping, back.tax + tax
    back.worth += shipping if included else shipping + tax


def _money(
    refund: Node, currency: str, statuses: tuple[str, ...], order: Node | None = None
) -> Decimal | None:
    """What its transactions in these states gave back, in the shop's currency; None if that is not told."""
    own, foreign = ZERO, ZERO
    for transaction in refund.nodes("transactions"):
        if transaction.text("kind") != "refund" or transaction.text("status") not in statuses:
            continue
        in_shop_money = transaction.node("amount_set").node("shop_money").number("amount")
        if in_shop_money is None and transaction.text("currency") not in ("", currency):
            foreign += abs(transaction.number("amount") or ZERO)
        else:
            own += abs(in_shop_money if in_shop_money is not None else transaction.number("amount") or ZERO)
    if foreign:
        # By the refund's own two currencies; those of the order only where it has none.
        shop, buyers = ZERO, ZERO
        for node, name in _priced(refund):
            shop += shop_amount(node, name) or ZERO
            buyers += buyers_amount(node, name) or ZERO
        found = converted(foreign, shop, buyers, currency)
        if found is None and order is not None:
            shop, buyers = (
                shop_amount(order, "total_price") or ZERO,
                buyers_amount(order, "total_price") or ZERO,
            )
            found = converted(foreign, shop, buyers, currency)
        return None if found is None else rounded(own + found, currency)
    return rounded(own, currency)


def _priced(refund: Node) -> Iterator[tuple[Node, str]]:
    for line in refund.nodes("refund_line_items"):
        yield line, "subtotal"
        yield line, "total_tax"
    for line in refund.nodes("refund_shipping_lines"):
        yield line, "subtotal_amount"
        yield line, "tax_amount"


def _moment(refund: Node) -> datetime | None:
    return refund.moment("processed_at") or refund.moment("created_at")
