"""What the buyer of a Shopify order owes, and what makes it up: as placed, or as edited since.

Shopify tells both: `total_price` and its kin as the order was placed, `current_…` as it is after edits,
returns and refunds. An edit changes what is owed and a refund does not, so the current figures count once
what refunds took off is added again, and only if they then differ and add up to the last cent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from carts.order_data import Charge, ChargeKind, OrderLineData
from carts.platforms.reading import MAX_NUMBER, Node
from carts.platforms.shopify.lines import items_of, lines_make, quantity_of, tips_of
from carts.platforms.shopify.money import ZERO, charged_amount, rounded, shop_amount
from carts.platforms.shopify.refunds import GivenBack, given_back_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    lines: tuple[OrderLineData, ...] | None
    charges: tuple[Charge, ...]
    total: Decimal | None
    subtotal: Decimal | None  # of the lines at list price
    is_edited: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _View:
    """One reading of an order's money. `ways` are the pairs of shipping and discount that may be meant:
    whether a discount on shipping is in both, the payload does not say.
    """

    lines: tuple[OrderLineData, ...] | None
    subtotal: Decimal | None
    total: Decimal | None
    ways: tuple[tuple[Decimal, Decimal], ...]
    extras: tuple[Charge, ...]
    shipping_title: str
    rounding: Decimal

    def explained(self) -> tuple[Charge, ...] | None:
        """The first charges that add up to the total with the lines."""
        if self.subtotal is None or self.total is None:
            return None
        rest = self.total - self.subtotal
        return next((found for found in self._candidates() if _sum(found) == rest), None)

    def usual(self) -> tuple[Charge, ...]:
        return next(self._candidates())

    def _candidates(self) -> Iterator[tuple[Charge, ...]]:
        """All extras first: a tip may be among the lines, duties in the prices, a tax the marketplace's."""
        for count in range(len(self.extras), -1, -1):
            for extras in combinations(self.extras, count):
                for shipping, discount in self.ways:
                    for rounding in dict.fromkeys((ZERO, self.rounding)):
                        yield self._charges(shipping, discount, extras, rounding)

    def _charges(
        self, shipping: Decimal, discount: Decimal, extras: tuple[Charge, ...], rounding: Decimal
    ) -> tuple[Charge, ...]:
        kind = ChargeKind.SERVICE if rounding > 0 else ChargeKind.DISCOUNT
        charges = (
            Charge(key="shipping", kind=ChargeKind.SHIPPING, title=self.shipping_title, amount=shipping),
            Charge(key="discount", kind=ChargeKind.DISCOUNT, title="Discount", amount=-discount),
            *extras,
            Charge(key="rounding", kind=kind, title="Cash rounding", amount=rounding),
        )
        return tuple(charge for charge in charges if charge.amount)


def figures_parse(order: Node, currency: str) -> Figures:
    """Raises: BadPayload, which names the field."""
    placed = _placed(order, currency)
    explained = placed.explained()
    edited = _edited(order, currency, placed)
    if edited is not None and (explained is None or _shows_edit(order, placed, edited)):
        charges = edited.explained()
        if charges is not None:
            return _figures(edited, charges, is_edited=True)
    return _figures(placed, placed.usual() if explained is None else explained)


def shipping_title(order: Node) -> str:
    """The way it is shipped, as the buyer saw it; blank if nothing is."""
    kept = [line for line in order.nodes("shipping_lines") if not line.flag("is_removed")]
    titles = (line.text("title", 200) or line.text("code", 200) for line in kept)
    return ", ".join(dict.fromkeys(title for title in titles if title))[:200]


def _figures(view: _View, charges: tuple[Charge, ...], *, is_edited: bool = False) -> Figures:
    return Figures(
        lines=view.lines, charges=charges, total=view.total, subtotal=view.subtotal, is_edited=is_edited
    )


def _listed(lines: tuple[OrderLineData, ...], currency: str) -> Decimal:
    """Each line rounded, as it is charged: prices may have fractions of a cent."""
    return sum((rounded(line.quantity * line.unit_price, currency) for line in lines), ZERO)


# -- as placed ------------------------------------------------------------------------------------------


def _placed(order: Node, currency: str) -> _View:
    lines = None
    if order.has("line_items"):
        items = items_of(order)
        lines = lines_make(items, [quantity_of(item) for item in items])
    full, cut = _shipping(order)
    is_told = shop_amount(order, "total_shipping_price") is not None
    shipping = charged_amount(order, "total_shipping_price") if is_told else full
    discount = _discounts(order)
    return _View(
        lines=lines,
        subtotal=None if lines is None else _listed(lines, currency),
        total=shop_amount(order, "total_price"),
        ways=_ways((shipping, discount), (shipping, discount + cut), (shipping - cut, discount)),
        extras=_extras(order, "original_", _tax(order)),
        shipping_title=shipping_title(order) or "Shipping",
        rounding=shop_amount(order, "total_cash_rounding_payment_adjustment") or ZERO,
    )


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


def _discounts(order: Node) -> Decimal:
    told = shop_amount(order, "total_discounts")
    return _allocated(order) if told is None else abs(told)


def _allocated(order: Node) -> Decimal:
    """The discounts as they are spread over the lines."""
    parts = (part for item in items_of(order) for part in item.nodes("discount_allocations"))
    return sum((abs(shop_amount(part, "amount") or ZERO) for part in parts), ZERO)


def _tax(order: Node) -> Decimal:
    """Zero where the prices hold it already."""
    if order.flag("taxes_included"):
        return ZERO
    if shop_amount(order, "total_tax") is not None:
        return charged_amount(order, "total_tax")
    return sum((charged_amount(line, "price") for line in order.nodes("tax_lines")), ZERO)


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


# -- as edited ------------------------------------------------------------------------------------------


def _edited(order: Node, currency: str, placed: _View) -> _View | None:
    """None where nothing tells an edit from a refund, a return or a cancellation."""
    current = shop_amount(order, "current_total_price")
    if placed.lines is None or current is None or not order.has("refunds") or order.moment("cancelled_at"):
        return None
    back = given_back_of(order, currency)
    if back is None or (not back.money and order.text("financial_status").endswith("refunded")):
        return None
    total = current + back.money
    if total == placed.total or not ZERO <= total < MAX_NUMBER:
        return None
    items = items_of(order)
    lines = lines_make(items, [_current_quantity(item, back) for item in items])
    return _current_view(order, lines, _listed(lines, currency), total, back) if lines else None


def _current_quantity(item: Node, back: GivenBack) -> Decimal:
    if not item.has("current_quantity"):
        return quantity_of(item)
    return quantity_of(item, "current_quantity") + back.quantities.get(item.text("id"), ZERO)


def _current_view(
    order: Node, lines: tuple[OrderLineData, ...], subtotal: Decimal, total: Decimal, back: GivenBack
) -> _View:
    """The current shipping is net of its discounts, as that field is documented."""
    full, cut = _shipping(order)
    told = shop_amount(order, "current_shipping_price")
    shipping = (full - cut if told is None else told) + back.shipping
    discount = abs(shop_amount(order, "current_total_discounts") or ZERO) + back.discount
    included = order.flag("taxes_included")
    tax = ZERO if included else charged_amount(order, "current_total_tax") + back.tax
    return _View(
        lines=lines,
        subtotal=subtotal,
        total=total,
        ways=_ways((shipping, discount), (shipping, discount - cut), (shipping + cut, discount)),
        extras=_extras(order, "current_", tax),
        shipping_title=shipping_title(order) or "Shipping",
        rounding=shop_amount(order, "total_cash_rounding_payment_adjustment") or ZERO,
    )


def _shows_edit(order: Node, placed: _View, edited: _View) -> bool:
    """Whether something beside the totals was edited: lines, shipping or discounts."""
    if placed.lines != edited.lines:
        return True
    told = shop_amount(order, "total_line_items_price")
    listed = placed.subtotal or ZERO
    shipping, (full, _) = shop_amount(order, "total_shipping_price"), _shipping(order)
    allocated = _allocated(order)
    return (
        (told is not None and told not in (listed, listed + tips_of(order)))
        or (shipping is not None and full != shipping)
        or (allocated != ZERO and allocated != _discounts(order))
    )


def _sum(charges: tuple[Charge, ...]) -> Decimal:
    return sum((charge.amount for charge in charges), ZERO)
