"""Readings of a Shopify order's money: each its lines, its total, and the charges that may lie between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from carts.order_data import Charge, ChargeKind, OrderLineData
from carts.platforms.shopify.lines import items_of, lines_make, quantity_of, tips_of
from carts.platforms.shopify.money import ZERO, charged_amount, rounded, shop_amount
from carts.platforms.shopify.refunds import GivenBack
from crm.money import exponent
from intake.payload import Node

ROUNDING = "Rounding"


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """One reading of an order's money. `ways` are the pairs of shipping and discount that may be meant:
    whether a discount on shipping is in both, the payload does not say. `slack` is what rounding may hide
    in the lines.
    """

    currency: str
    lines: tuple[OrderLineData, ...] | None
    subtotal: Decimal | None
    total: Decimal | None
    ways: tuple[tuple[Decimal, Decimal], ...]
    extras: tuple[Charge, ...]
    shipping_title: str
    cash_rounding: Decimal
    slack: Decimal

    def explained(self) -> tuple[Charge, ...] | None:
        """The charges that add up to the total with the lines: to the cent, or else to what rounding hides,
        which is then a charge of its own.
        """
        if self.subtotal is None or self.total is None:
            return None
        rest = self.total - self.subtotal
        nearest: tuple[Decimal, tuple[Charge, ...]] | None = None
        for charges in self._candidates():
            gap = rounded(rest - _sum(charges), self.currency)
            if not gap:
                return charges
            allowed = self.slack + _cent(self.currency) * len(charges)
            if abs(gap) <= allowed and (nearest is None or abs(gap) < abs(nearest[0])):
                nearest = gap, charges
        return None if nearest is None else (*nearest[1], _signed("rounded", ROUNDING, nearest[0]))

    def usual(self) -> tuple[Charge, ...]:
        return next(self._candidates(), ())

    def told(self) -> str:
        """Its total, and what its parts make where that is something else."""
        if self.total is None or self.subtotal is None:
            return "not told"
        total, made = (
            f"{rounded(amount, self.currency):f}"
            for amount in (self.total, self.subtotal + _sum(self.explained() or self.usual()))
        )
        return total if total == made else f"{total}, but items and charges make {made}"

    def _candidates(self) -> Iterator[tuple[Charge, ...]]:
        """All extras first: a tip may be among the lines, duties in the prices, a tax the marketplace's."""
        for count in range(len(self.extras), -1, -1):
            for extras in combinations(self.extras, count):
                for shipping, discount in self.ways:
                    for rounding in dict.fromkeys((ZERO, self.cash_rounding)):
                        charges = (
                            Charge(
                                key="shipping",
                                kind=ChargeKind.SHIPPING,
                                title=self.shipping_title,
                                amount=shipping,
                            ),
                            _signed("discount", "Discount", -discount),
                            *extras,
                            _signed("rounding", "Cash rounding", rounding),
                        )
                        yield tuple(charge for charge in charges if charge.amount)


def placed_view(order: Node, currency: str) -> View:
    """As the order was placed. Raises: BadPayload, which names the field."""
    lines = None
    if order.has("line_items"):
        items = items_of(order)
        lines = lines_make(items, [quantity_of(item) for item in items])
    full, cut = _shipping(order)
    is_given = shop_amount(order, "total_shipping_price") is not None
    shipping = charged_amount(order, "total_shipping_price") if is_given else full
    discount = discounts_of(order)
    tax = ZERO  # where the prices hold it already
    if not order.flag("taxes_included"):
        tells_tax = shop_amount(order, "total_tax") is not None
        rates = (charged_amount(line, "price") for line in order.nodes("tax_lines"))
        tax = charged_amount(order, "total_tax") if tells_tax else sum(rates, ZERO)
    return View(
        currency=currency,
        lines=lines,
        subtotal=None if lines is None else _listed(lines, currency),
        total=shop_amount(order, "total_price"),
        ways=_ways((shipping, discount), (shipping, discount + cut), (shipping - cut, discount)),
        extras=_extras(order, "original_", tax),
        shipping_title=shipping_title(order) or "Shipping",
        cash_rounding=shop_amount(order, "total_cash_rounding_payment_adjustment") or ZERO,
        slack=_slack(order, lines or (), currency),
    )


def current_view(order: Node, currency: str, total: Decimal, back: GivenBack) -> View:
    """As it is now, with what is given back added again. The current shipping is net of its discounts, as
    that field is documented.
    """
    items = items_of(order)
    quantities = [
        quantity_of(item, "current_quantity") + back.quantities.get(item.text("id"), ZERO)
        if item.has("current_quantity")
        else quantity_of(item)
        for item in items
    ]
    lines = lines_make(items, quantities)
    full, cut = _shipping(order)
    told = shop_amount(order, "current_shipping_price")
    shipping = (full - cut if told is None else told) + back.shipping
    discount = abs(shop_amount(order, "current_total_discounts") or ZERO) + back.discount
    included = order.flag("taxes_included")
    tax = ZERO if included else charged_amount(order, "current_total_tax") + back.tax
    return View(
        currency=currency,
        lines=lines,
        subtotal=_listed(lines, currency),
        total=total,
        ways=_ways((shipping, discount), (shipping, discount - cut), (shipping + cut, discount)),
        extras=_extras(order, "current_", tax),
        shipping_title=shipping_title(order) or "Shipping",
        cash_rounding=shop_amount(order, "total_cash_rounding_payment_adjustment") or ZERO,
        slack=_slack(order, lines, currency),
    )


def shows_edit(order: Node, placed: View, edited: View) -> bool:
    """Whether something beside the totals was edited: lines, shipping or discounts."""
    if placed.lines != edited.lines:
        return True
    told = shop_amount(order, "total_line_items_price")
    listed = placed.subtotal or ZERO
    shipping, (full, _) = shop_amount(order, "total_shipping_price"), _shipping(order)
    allocated = _allocated(order)
    return (
        (told is not None and abs(told - listed) > placed.slack and told != listed + tips_of(order))
        or (shipping is not None and full != shipping)
        or (allocated != ZERO and allocated != discounts_of(order))
    )


def shipping_title(order: Node) -> str:
    """The way it is shipped, as the buyer saw it; blank if nothing is."""
    kept = [line for line in order.nodes("shipping_lines") if not line.flag("is_removed")]
    titles = (line.text("title", 200) or line.text("code", 200) for line in kept)
    return ", ".join(dict.fromkeys(title for title in titles if title))[:200]


def discounts_of(order: Node) -> Decimal:
    told = shop_amount(order, "total_discounts")
    return _allocated(order) if told is None else abs(told)


def _listed(lines: tuple[OrderLineData, ...], currency: str) -> Decimal:
    """Each line rounded, as it is charged: prices may have fractions of a cent."""
    return sum((rounded(line.quantity * line.unit_price, currency) for line in lines), ZERO)


def _slack(order: Node, lines: tuple[OrderLineData, ...], currency: str) -> Decimal:
    """A cent a line. Of an order in the buyer's currency each price is converted and rounded by itself, and
    so is each sum: then half a cent a piece, if that is more.
    """
    cent = _cent(currency)
    if order.text("presentment_currency", 3) in ("", currency):
        return cent * len(lines)
    return sum((max(cent, cent * line.quantity / 2) for line in lines), ZERO)


def _shipping(order: Node) -> tuple[Decimal, Decimal]:
    """The price of the shipping lines that are kept, and how much of it is discounted."""
    full, cut = ZERO, ZERO
    for line in order.nodes("shipping_lines"):
        if not line.flag("is_removed"):
            price = charged_amount(line, "price")
            reduced = shop_amount(line, "discounted_price")
            full += price
            cut += max(price - reduced, ZERO) if reduced is not None else ZERO
    return full, cut


def _allocated(order: Node) -> Decimal:
    """The discounts as they are spread over the lines."""
    parts = (part for item in items_of(order) for part in item.nodes("discount_allocations"))
    return sum((abs(shop_amount(part, "amount") or ZERO) for part in parts), ZERO)


def _extras(order: Node, when: str, tax: Decimal) -> tuple[Charge, ...]:
    """What is neither item nor shipping; the tax first, so that it is the last to be left out."""
    service = ChargeKind.SERVICE
    tip, duties = tips_of(order), charged_amount(order, f"{when}total_duties")
    fees = charged_amount(order, f"{when}total_additional_fees")
    charges = (
        Charge(key="tax", kind=ChargeKind.TAX, title="Tax", amount=tax),
        Charge(key="tip", kind=service, title="Tip", amount=tip),
        Charge(key="duties", kind=service, title="Duties", amount=duties),
        Charge(key="fees", kind=service, title="Additional fees", amount=fees),
    )
    return tuple(charge for charge in charges if charge.amount)


def _ways(*pairs: tuple[Decimal, Decimal]) -> tuple[tuple[Decimal, Decimal], ...]:
    """Each once, and only those that can be meant."""
    return tuple(pair for pair in dict.fromkeys(pairs) if min(pair) >= 0)


def _signed(key: str, title: str, amount: Decimal) -> Charge:
    kind = ChargeKind.SERVICE if amount > 0 else ChargeKind.DISCOUNT
    return Charge(key=key, kind=kind, title=title, amount=amount)


def _sum(charges: tuple[Charge, ...]) -> Decimal:
    return sum((charge.amount for charge in charges), ZERO)


def _cent(currency: str) -> Decimal:
    return Decimal(1).scaleb(-exponent(currency))
