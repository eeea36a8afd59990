"""An order the CRM prices itself (placeOrder): catalogue products, and lines of ours for all the rest.

placeOrder knows no price, fraction, tax or shipping. So a shop price that is not the catalogue's is found
before the first write, and everything but the products is added to the invoice afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from carts.order_data import OrderData
from cascade.planning.rules import Names, Rules
from cascade.shop.orders.lines import TITLE_LENGTH, OrderLines, PlannedLine
from crm.money import quantize
from crm.records import LineType

MOST_PIECES = 500
COUPONS_KEY = "discount"  # of the charge that coupons made: store credit beside it stays a line


@dataclass(frozen=True, kw_only=True, slots=True)
class Cart:
    """`product_ids` repeats an id per piece; `lines` are what is added to the invoice."""

    product_ids: tuple[int, ...]
    promo_codes: tuple[str, ...]
    specials: bool
    lines: tuple[PlannedLine, ...]

    def args(self) -> dict[str, Any]:
        return {
            "product_ids": list(self.product_ids),
            "promo_codes": list(self.promo_codes),
            "specials": self.specials,
        }


def cart_lines(money: OrderLines, order: OrderData, rules: Rules, names: Names) -> Cart | None:
    """Tell the catalogue's part of the lines from the rest; sets `money.problem` where that cannot be."""
    products = [line for line in money.lines if line.product_id]
    if not products:
        _refuse(
            money,
            "placeOrder needs at least one item with a CRM product. Map the items, or choose addBlankOrder "
            "under Order → Invoice/Order, then resend.",
        )
        return None
    differences = list(_differences(money, products, rules, names))
    pieces = sum(line.quantity for line in products)
    if not money.problem and pieces > MOST_PIECES:
        _refuse(
            money,
            f"placeOrder repeats a product for each piece, and this order has {pieces}, more than "
            f"{MOST_PIECES}. Choose addBlankOrder under Order → Invoice/Order, then resend.",
        )
    if money.problem:
        return None
    # A code the CRM knows makes its own discount there: ours beside it would count twice.
    codes = tuple(coupon.code for coupon in order.coupons)
    by_coupon = {COUPONS_KEY} if codes else set()
    rest = [line for line in money.lines if not line.product_id and line.key not in by_coupon]
    return Cart(
        product_ids=tuple(line.product_id for line in products for _ in range(line.quantity)),
        promo_codes=codes,
        specials=rules.specials,
        lines=(*rest, *differences),
    )


def _differences(
    money: OrderLines, products: list[PlannedLine], rules: Rules, names: Names
) -> Iterator[PlannedLine]:
    for line in products:
        price = names.prices.get(line.product_id)
        if price is None:
            _refuse(
                money,
                f"The CRM does not tell the price of its product {line.product_id}, which “{line.title}” is "
                "mapped to. Check the product in the CRM, then resend.",
            )
            return
        catalogue = quantize(price * line.quantity, money.currency)
        difference = line.amount - catalogue
        if not difference:
            continue
        if not rules.price_differences:
            _refuse(
                money,
                f"“{line.title}” costs {line.amount} {money.currency} in the shop and {catalogue} by the "
                "CRM's catalogue, which placeOrder goes by. Make the prices equal, switch on “Add a "
                "price-difference line”, or choose addBlankOrder, then resend.",
            )
            return
        yield PlannedLine(
            key=f"{line.key}:difference",
            type=LineType.SERVICE if difference > 0 else LineType.DISCOUNT,
            title=f"Price difference: {line.title}"[:TITLE_LENGTH],
            quantity=1,
            unit_price=difference,
        )


def _refuse(money: OrderLines, problem: str) -> None:
    money.problem, money.setting = problem, "orders"
