"""Gift cards, store credit and the like: which of them a shop's total is net of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

from carts.order_data import Charge, ChargeKind

_MOST = 8  # more than any order has, and each doubles the work


def credit(key: str, title: str, amount: Decimal | None) -> tuple[Charge, ...]:
    """The credit as a charge that lowers the total, whatever sign was sent; none over nought."""
    if not amount:
        return ()
    return (Charge(key=key, kind=ChargeKind.DISCOUNT, title=title[:200], amount=-abs(amount)),)


def explaining(
    gap: Decimal, charges: Sequence[Charge], tolerance: Decimal = Decimal(0)
) -> tuple[Charge, ...]:
    """The most of these charges that come to `gap`: all, several, one. None where no choice of them does."""
    known = charges[:_MOST]
    for size in range(len(known), 0, -1):
        for some in combinations(known, size):
            if abs(sum((charge.amount for charge in some), Decimal(0)) - gap) <= tolerance:
                return some
    return ()
