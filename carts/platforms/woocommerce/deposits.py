"""Orders of which only a deposit was paid, as extensions tell it: WooCommerce itself knows paid or not.

The deposit extensions of webtomizer (`_wc_deposits_…`) and Acowebs (`_awcdp_deposits_…`) keep the whole total
on the order, give it the status partially-paid, and tell the deposit and the rest in its meta data.
WooCommerce's own extension does not: there the order's total is the deposit, and the rest is invoiced by an
order of its own.
Source: github.com/mollie/WooCommerce, issues 138 and 290; woocommerce/woocommerce-paypal-payments, issue
3959.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from carts.platforms.woocommerce.payload import meta_amount, meta_of, meta_text, moment
from intake.payload import Node

PART_PAID = "partially-paid"
_FAMILIES = ("_wc_deposits_", "_awcdp_deposits_")


def deposit_paid(order: Node, status: str, total: Decimal | None, *, is_past_payment: bool) -> Decimal | None:
    """What came in of an order with a deposit; None where nothing says that a part is still owed."""
    meta = meta_of(order)
    family = next((each for each in _FAMILIES if _says(meta, f"{each}order_has_deposit", "yes")), None)
    if family is None or _says(meta, f"{family}second_payment_paid", "yes"):
        return None
    if is_past_payment and not _says(meta, f"{family}second_payment_paid", "no"):
        return None
    told = _says(meta, f"{family}deposit_paid", "yes")
    came_in = told or status == PART_PAID or moment(order, "date_paid") is not None
    if not came_in or _says(meta, f"{family}deposit_paid", "no"):
        return Decimal(0)
    deposit, rest = meta_amount(meta, f"{family}deposit_amount"), meta_amount(meta, f"{family}second_payment")
    if deposit <= 0 < rest and total is not None:
        deposit = total - rest
    return max(deposit, Decimal(0))


def _says(meta: Mapping[str, Node], key: str, word: str) -> bool:
    return meta_text(meta, key, 10).casefold() == word
