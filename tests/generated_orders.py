"""Orders of every shape that shops send, with money that adds up, nearly adds up, or does not.

`orders()` is a hypothesis strategy; `random_order` makes one from a random generator alone. A shape says what
is in an order; a seed fills it, so that orders of hundreds of lines stay cheap to make.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from carts.order_data import Charge, ChargeKind, Coupon, MoneyState, OrderData, OrderLineData
from cascade.planning.rules import Names
from crm.money import exponent, quantize
from mappings.directory.names import Resolution
from tests.factories import PLACED_AT, order_data

MOST_LINES = 500
# What the CRM sells, at its own prices: the first through a mapping, the next by their names.
MAPPED = tuple(f"MAPPED-{number}" for number in range(24))
NAMED = tuple(f"NAMED-{number}" for number in range(8))
UNKNOWN = tuple(f"UNKNOWN-{number}" for number in range(6))
CATALOGUE = {item: Decimal(1 + place * place) for place, item in enumerate((*MAPPED, *NAMED))}
PRODUCT_IDS = {item: place for place, item in enumerate(CATALOGUE, start=101)}
NAMES = Names(
    products={
        **{item: Resolution(item, PRODUCT_IDS[item], 1) for item in NAMED},
        **{item: Resolution(item, None, 0) for item in UNKNOWN},
    },
    prices={PRODUCT_IDS[item]: price for item, price in CATALOGUE.items()},
)
SIZES = (*range(1, 9), *range(1, 9), *range(1, 5), 13, 40, MOST_LINES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """What an order is like. `total`: how the shop came from its figures to its total."""

    size: int
    currency: str
    prices: str
    quantities: str
    items: str
    kits: str
    discount: str
    certificate: str
    total: str
    coupons: bool
    charges: bool
    paid: bool
    refunded: bool


OPTIONS: dict[str, tuple[Any, ...]] = {
    "size": SIZES,
    "currency": ("USD", "USD", "USD", "EUR", "JPY", "KWD"),
    "prices": ("catalogue", "own", "fine"),
    "quantities": ("whole", "whole", "fractional"),
    "items": ("known", "known", "known", "some unknown", "some unknown", "unknown"),
    "kits": ("none", "none", "on the kit", "on its parts", "on both"),
    "discount": ("none", "none", "order", "items", "shipping", "everything"),
    "certificate": ("none", "none", "net", "not net"),
    "total": (
        *("exact", "exact", "exact", "rounded", "rounded", "unlisted charge", "unlisted charge"),
        *("unexplained", "negative"),
    ),
    "coupons": (False, False, True),
    "charges": (True, True, False),
    "paid": (True, True, True, False),
    "refunded": (False, False, False, True),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ShopOrder:
    """`adds_up`: the shop's figures explain its total, up to rounding of a smallest unit per line."""

    data: OrderData
    adds_up: bool
    shape: Shape


def orders(*, largest: int = MOST_LINES, **fixed: Any) -> st.SearchStrategy[ShopOrder]:
    """Orders of at most `largest` lines before kits are unpacked; `fixed` holds parts of the shape still."""
    return st.builds(order_of, shapes(largest, fixed), st.integers(0, 2**32 - 1))


def shapes(largest: int, fixed: dict[str, Any]) -> st.SearchStrategy[Shape]:
    return st.builds(
        Shape, **{name: st.sampled_from(values) for name, values in _options(largest, fixed).items()}
    )


def random_order(seed: int, *, largest: int = MOST_LINES, **fixed: Any) -> ShopOrder:
    """The order that this number stands for."""
    random = Random(seed)
    options = _options(largest, fixed)
    return order_of(Shape(**{name: random.choice(values) for name, values in options.items()}), seed)


def _options(largest: int, fixed: dict[str, Any]) -> dict[str, tuple[Any, ...]]:
    sizes = tuple(size for size in SIZES if size <= largest)
    return {**OPTIONS, "size": sizes, **{name: (value,) for name, value in fixed.items()}}


def order_of(shape: Shape, seed: int) -> ShopOrder:
    maker = _Maker(shape, Random(seed))
    lines = maker.lines()
    subtotal = maker.subtotal()
    charges = maker.charges(subtotal)
    certificate, total, adds_up = maker.total(subtotal + sum((row.amount for row in charges), Decimal(0)))
    data = order_data(
        shop_order_id=f"G{seed}",
        number=f"G{seed}",
        email=f"buyer{seed}@example.com",
        currency=shape.currency,
        lines=lines,
        subtotal=maker.shown_subtotal(),
        charges=charges,
        gift_certificate=certificate,
        total=total,
        money=MoneyState.RECEIVED if shape.paid else MoneyState.ON_ACCOUNT,
        coupons=(Coupon(code=f"CODE{seed}"),) if shape.coupons else (),
        refunded_at=PLACED_AT + timedelta(days=3) if shape.refunded else None,
        refunded_total=total if shape.refunded else None,
    )
    return ShopOrder(data=data, adds_up=adds_up, shape=shape)


@dataclass(slots=True)
class _Maker:
    """Fills a shape. `charged` are the amounts of the rows that were charged, before any rounding."""

    shape: Shape
    random: Random
    rows: list[OrderLineData] = field(default_factory=list)
    charged: list[Decimal] = field(default_factory=list)

    @property
    def smallest(self) -> Decimal:
        return Decimal(1).scaleb(-exponent(self.shape.currency))

    def rounded(self, amount: Decimal) -> Decimal:
        return quantize(amount, self.shape.currency)

    def amount(self, most: Decimal) -> Decimal:
        """Anything from one smallest unit to `most`."""
        return self.smallest * self.random.randint(1, max(1, int(most / self.smallest)))

    # -- lines ------------------------------------------------------------------------------------------

    def lines(self) -> tuple[OrderLineData, ...]:
        kits = 0 if self.shape.kits == "none" else self.random.randint(1, 2)
        for _ in range(kits):
            self.kit()
        for _ in range(self.shape.size):
            self.row(self.price)
        return tuple(self.rows)

    def row(self, price: Any, *, is_charged: bool = True, **changes: Any) -> str:
        item = self.item()
        line = OrderLineData(
            key=str(len(self.rows) + 1),
            item_id=item,
            title=f"Item {item}",
            quantity=self.quantity(),
            unit_price=price(item),
            **changes,
        )
        self.rows.append(line)
        if is_charged:
            self.charged.append(line.quantity * line.unit_price)
        return line.key

    def kit(self) -> None:
        """Priced as a whole, by its parts, or both; what is not charged may still carry a price, unless the
        shop's rounding could hide it.
        """
        on_kit, on_parts = self.shape.kits != "on its parts", self.shape.kits != "on the kit"
        has_price = self.shape.prices != "fine" and self.random.random() < 0.5
        shown = self.price if has_price else lambda _item: Decimal(0)
        key = self.row(self.price if on_kit else shown, is_charged=on_kit, kit=True)
        for _ in range(self.random.randint(1, 3)):
            self.row(self.price if on_parts else shown, is_charged=on_parts, kit_key=key)

    def item(self) -> str:
        unknown = {"known": 0.0, "some unknown": 0.3, "unknown": 1.0}[self.shape.items]
        if self.random.random() < unknown:
            return self.random.choice(UNKNOWN)
        return self.random.choice((*MAPPED, *MAPPED, *NAMED))

    def quantity(self) -> Decimal:
        if self.shape.quantities == "fractional" and self.random.random() < 0.5:
            return Decimal(self.random.randint(1, 9999)).scaleb(-self.random.randint(1, 3))
        return Decimal(self.random.choice((1, 1, 1, 2, 3, 7, 12)))

    def price(self, item: str) -> Decimal:
        known = CATALOGUE.get(item, Decimal(9))
        if self.shape.prices == "catalogue" or self.random.random() < 0.2:
            return known
        own = self.random.choice((Decimal(0), self.amount(Decimal(100)), self.amount(Decimal(2000))))
        if self.shape.prices == "fine":
            own += self.smallest * Decimal(self.random.randint(0, 999)).scaleb(-3)
        return own

    def subtotal(self) -> Decimal:
        """What the rows cost, each rounded by itself."""
        return sum((self.rounded(amount) for amount in self.charged), Decimal(0))

    def shown_subtotal(self) -> Decimal:
        """What the shop says they cost: the sum may have been rounded instead of the rows."""
        return self.rounded(sum(self.charged, Decimal(0))) if self.shape.prices == "fine" else self.subtotal()

    # -- everything else --------------------------------------------------------------------------------

    def charges(self, subtotal: Decimal) -> tuple[Charge, ...]:
        found: list[Charge] = []
        if self.shape.charges:
            found.append(_charge("shipping", ChargeKind.SHIPPING, self.amount(Decimal(40))))
            found.append(_charge("tax", ChargeKind.TAX, self.rounded(subtotal * Decimal("0.0825"))))
        if self.shape.charges and self.random.random() < 0.3:
            found.append(_charge("gift-wrap", ChargeKind.SERVICE, self.amount(Decimal(10))))
            found.append(_charge("fee", ChargeKind.FINANCE_CHARGE, self.amount(Decimal(5))))
        sum_so_far = subtotal + sum((row.amount for row in found), Decimal(0))
        discounts = enumerate(self.discounts(subtotal, sum_so_far, found), start=1)
        return (
            *found,
            *(
                _charge("discount" if number == 1 else f"credit{number}", ChargeKind.DISCOUNT, -amount)
                for number, amount in discounts
            ),
        )

    def discounts(self, subtotal: Decimal, everything: Decimal, charges: list[Charge]) -> list[Decimal]:
        match self.shape.discount:
            case "order":
                return [self.rounded(subtotal * self.random.randint(1, 50) / 100)]
            case "items":
                of_rows = self.random.sample(self.charged, min(3, len(self.charged)))
                return [self.rounded(amount * self.random.randint(1, 60) / 100) for amount in of_rows]
            case "shipping":
                return [row.amount for row in charges if row.kind == ChargeKind.SHIPPING]
            case "everything":
                return [everything]
            case _:
                return []

    def total(self, owed: Decimal) -> tuple[Decimal, Decimal, bool]:
        """The gift certificate, the shop's total, and whether its figures explain it."""
        certificate = Decimal(0)
        if self.shape.certificate != "none" and owed > 0:
            certificate = self.amount(owed)
        total = owed - certificate if self.shape.certificate == "net" else owed
        match self.shape.total:
            case "rounded":
                off = self.random.randint(-len(self.rows), len(self.rows))
                return certificate, max(Decimal(0), total + off * self.smallest), True
            case "unlisted charge":
                return certificate, total + self.amount(Decimal(30)), True
            case "unexplained":
                missing = self.smallest * (len(self.rows) + 1) + self.amount(Decimal(3))
                return certificate, total - missing, False
            case "negative":
                return certificate, -self.amount(Decimal(50)), False
            case _:
                return certificate, total, True


def _charge(key: str, kind: ChargeKind, amount: Decimal) -> Charge:
    return Charge(key=key, kind=kind, title=key.capitalize(), amount=amount)
