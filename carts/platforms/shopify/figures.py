"""What the buyer of a Shopify order owes, and what makes it up: as placed, as edited since, or exchanged.

Shopify tells two views: `total_price` and its kin, and `current_…` after edits, returns and refunds. An edit
changes what is owed and a refund does not, so the current figures count once what refunds took off is added
again, and only if they then differ. Whether `total_price` holds what an edit or an exchange added, Shopify
does not say for this API, and connectors report each of the possible answers: none is relied on.

Items that came back without money are either still to be paid back, or settled by an exchange: the new items
stand among the others, and the buyer paid the difference. Then the balance is nought (`total_outstanding`),
and what was kept is worth no less than what came back.
Source: github.com/microsoft/BCApps, pull requests 8554 and 10467.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from carts.order_data import Charge, OrderLineData
from carts.platforms.shopify.lines import items_of, price_of, quantity_of
from carts.platforms.shopify.money import ZERO, rounded, shop_amount
from carts.platforms.shopify.refunds import GivenBack, Refunds, refunds_of
from carts.platforms.shopify.views import View, current_view, placed_view, shows_edit
from intake.payload import MAX_NUMBER, Node


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """`doubt` says why none of the readings can be taken for what the buyer owes."""

    lines: tuple[OrderLineData, ...] | None
    charges: tuple[Charge, ...]
    total: Decimal | None
    subtotal: Decimal | None  # of the lines at list price
    is_edited: bool = False
    doubt: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Current:
    """The current figures, with what refunds moved."""

    total: Decimal
    refunds: Refunds
    outstanding: Decimal | None

    @property
    def paid(self) -> Decimal | None:
        """What came in, before refunds. Nothing outstanding may hide that too much came in."""
        if self.outstanding is None:
            return None
        return self.total - self.outstanding + self.refunds.paid.money


def figures_parse(order: Node, currency: str) -> Figures:
    """Raises: BadPayload, which names the field."""
    placed = placed_view(order, currency)
    current = _current_of(order, currency, placed)
    if current is None:
        return _figures(placed, placed.explained() or placed.usual())
    refunds = current.refunds
    edited = _view(order, currency, current, refunds.paid + refunds.returned, refunds.returned.worth)
    # What came back may have been settled by items that took its place.
    unpaid = refunds.returned.worth + refunds.shortfall
    is_owed_back = current.outstanding is not None and current.outstanding < 0
    is_exchange = unpaid and not is_owed_back and _kept_worth(order, refunds) >= unpaid
    exchanged = _view(order, currency, current, refunds.paid, ZERO) if is_exchange else None
    if exchanged is not None:
        charges = exchanged.explained()
        if charges is None or current.outstanding is None:
            return _doubtful(placed, edited, exchanged, current, currency)
        return _figures(exchanged, charges, is_edited=True)
    explained = placed.explained()
    if edited is None or edited.total == placed.total:
        return _figures(placed, placed.usual() if explained is None else explained)
    charges = edited.explained()
    if explained is not None and not shows_edit(order, placed, edited):
        return _figures(placed, explained)
    if charges is None:
        return _doubtful(placed, edited, None, current, currency)
    return _figures(edited, charges, is_edited=True)


def _current_of(order: Node, currency: str, placed: View) -> _Current | None:
    """None where nothing tells an edit from a refund, a return or a cancellation."""
    total = shop_amount(order, "current_total_price")
    if placed.lines is None or total is None or not order.has("refunds") or order.moment("cancelled_at"):
        return None
    refunds = refunds_of(order, currency)
    if refunds is None or (not refunds.paid.money and order.text("financial_status").endswith("refunded")):
        return None
    return _Current(total=total, refunds=refunds, outstanding=shop_amount(order, "total_outstanding"))


def _view(order: Node, currency: str, current: _Current, back: GivenBack, owed_back: Decimal) -> View | None:
    """What the current figures and what was given back make together; None if they cannot be meant."""
    total = current.total + current.refunds.paid.money + owed_back
    if not ZERO <= total < MAX_NUMBER:
        return None
    view = current_view(order, currency, total, back)
    return view if view.lines else None


def _kept_worth(order: Node, refunds: Refunds) -> Decimal:
    """Of the lines of which nothing came back: an exchange adds lines of its own."""
    worth = ZERO
    for item in items_of(order):
        if item.text("id") not in refunds.lines:
            name = "current_quantity" if item.has("current_quantity") else "quantity"
            cuts = (abs(shop_amount(cut, "amount") or ZERO) for cut in item.nodes("discount_allocations"))
            taxes = (shop_amount(tax, "price") or ZERO for tax in item.nodes("tax_lines"))
            included = order.flag("taxes_included")
            if quantity := quantity_of(item, name):
                worth += price_of(item) * quantity - sum(cuts, ZERO)
                worth += ZERO if included else sum(taxes, ZERO)
    return worth


def _figures(view: View, charges: tuple[Charge, ...], *, is_edited: bool = False) -> Figures:
    return Figures(
        lines=view.lines, charges=charges, total=view.total, subtotal=view.subtotal, is_edited=is_edited
    )


def _doubtful(
    placed: View, edited: View | None, exchanged: View | None, current: _Current, currency: str
) -> Figures:
    views = {"as placed": placed, "as edited": edited, "as exchanged": exchanged}
    readings = [f"{name}: {view.told()}" for name, view in views.items() if view is not None]
    paid = "not told" if current.paid is None else f"{rounded(current.paid, currency):f}"
    back = current.refunds.paid.money
    given_back = f", of which {rounded(back, currency):f} went back" if back else ""
    return Figures(
        lines=placed.lines,
        charges=placed.explained() or placed.usual(),
        total=placed.total,
        subtotal=placed.subtotal,
        doubt="What the buyer owes for this order cannot be told from the shop's figures, in "
        f"{currency} ({'; '.join(readings)}; paid: {paid}{given_back}). Enter the order in the CRM by hand, "
        "or correct it in the shop, then send it again.",
    )
