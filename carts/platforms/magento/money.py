"""The money of a Magento order: the shop's base currency, in which the CRM gets it, and the buyer's.

grand_total = subtotal + shipping + tax + discount (negative), and then what shops and modules add: taxes that
the tax does not hold, fees, and credit that is spent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal

from carts.order_data import Charge, ChargeKind, OrderLineData
from carts.platforms.credits import credit, explaining
from carts.platforms.magento.values import amount
from crm.money import exponent, quantize
from intake.payload import Node
from intake.platform import BadPayload

_CREDITS = (("store_credit", "customer_balance_amount", "Store credit"),
            ("reward_points", "reward_currency_amount", "Reward points"))  # fmt: skip
_NOTHING = Decimal(0)
# Fields of modules for surcharges, fees, donations, gift wrap, insurance; and their twins that are no charge.
# Source: github.com/PHOENIX-MEDIA/Magento-CashOnDelivery, issue 10; openlabs/magento_integration, issue 175.
_FEE = re.compile(r"(^|_)(fees?|surcharge|donation|gw|gift_?wrap(ping)?|insurance|tip|protection)(_|$)")
_NO_FEE = re.compile(r"tax|incl|invoiced|refunded|cancell?ed|paid|_id$|percent|rate")

_WORDS = {"gw": "gift wrap", "cod": "cash on delivery"}


class Money:
    """Amounts of the order in `currency`. Without base amounts they are those of the order."""

    def __init__(self, head: Node, currency: str) -> None:
        base, paid = head.text("base_currency_code", 3), head.text("order_currency_code", 3)
        self._head = head
        self._has_base = amount(head, "base_grand_total") is not None or not paid or base == paid
        self._is_one_currency = not paid or not base or base == paid
        self.currency = (base if self._has_base else paid) or base or paid or currency
        differs = self._has_base and bool(paid) and paid != self.currency
        self.paid_currency = paid if differs else ""
        self.paid_total = amount(head, "grand_total") if differs else None

    def amount(self, name: str) -> Decimal | None:
        return self.of(self._head, name)

    def of(self, node: Node, name: str) -> Decimal | None:
        """An amount of the order or of an item, in `currency`."""
        if not self._has_base:
            return amount(node, name)
        found = amount(node, f"base_{name}")
        return amount(node, name) if found is None and self._is_one_currency else found

    @property
    def is_free(self) -> bool:
        return self.amount("grand_total") == 0

    @property
    def is_paid(self) -> bool:
        """Whether all that is not cancelled was paid; an order over nothing never is."""
        total, paid = self.amount("grand_total"), self.amount("total_paid")
        if not total or not paid:
            return False
        return paid + self._canceled(total) >= total

    @property
    def received(self) -> Decimal | None:
        """What was paid so far, refunds not taken off; None if neither that nor what is due is told."""
        paid, total, due = self.amount("total_paid"), self.amount("grand_total"), self.amount("total_due")
        if paid is None and total is not None and due is not None:
            return max(total - due, _NOTHING)
        return None if paid is None else abs(paid)

    def balance(
        self, lines: Sequence[OrderLineData] | None, *, is_paid: bool
    ) -> tuple[tuple[Charge, ...], Decimal, Decimal | None]:
        """The charges, what was paid by gift card, and what the buyer owes."""
        total = self.amount("grand_total")
        title = self._head.text("shipping_description", 200) or "Shipping"
        code = self._head.text("discount_description", 150) or self._head.text("coupon_code", 150)
        discount = self.amount("discount_amount") or _NOTHING
        found = (
            ("shipping", ChargeKind.SHIPPING, title, self.amount("shipping_amount")),
            ("discount", ChargeKind.DISCOUNT, f"Discount ({code})" if code else "Discount", -abs(discount)),
            ("tax", ChargeKind.TAX, "Tax", self.amount("tax_amount")),
        )
        charges = [_charge(key, kind, text, value) for key, kind, text, value in found if value]
        gift_cards = abs(self.amount("gift_cards_amount") or _NOTHING)
        if total is None:
            return tuple(charges), gift_cards, None
        listed = self.amount("subtotal")
        if listed is None:
            # Of what stands for itself: parts of a bundle are in its price.
            whole = (line.quantity * line.unit_price for line in lines or () if not line.kit_key)
            listed = sum((quantize(worth, self.currency) for worth in whole), _NOTHING)
        missing = total - listed - sum((charge.amount for charge in charges), _NOTHING)
        # Uncertain: payment modules are said to enter a surcharge as a discount above zero, as do shops that
        # drop its sign.
        is_surcharge = discount > 0 and quantize(missing - 2 * discount, self.currency) == 0
        if missing > 0 and is_surcharge:
            charges = [_surcharge(charge) if charge.key == "discount" else charge for charge in charges]
        elif missing > 0:
            charges += self._further_taxes(missing) or self._fees(missing)
        elif missing < 0:
            spent = self._spent(missing, gift_cards)
            charges += spent
            gift_cards = _NOTHING if any(charge.key == "gift_cards" for charge in spent) else gift_cards
        canceled = self._canceled(total) if is_paid else _NOTHING
        if canceled:
            # What was ordered stays on the order; the part that is cancelled is not owed.
            charges.append(_charge("canceled", ChargeKind.DISCOUNT, "Cancelled by the shop", -canceled))
        return tuple(charges), gift_cards, total - canceled

    def _further_taxes(self, missing: Decimal) -> list[Charge]:
        """The tax on a discount of prices that include it stands apart; so may the tax on the shipping.

        Source: github.com/OCA/connector-magento, issue 116.
        """
        hidden = (self.amount("hidden_tax_amount") or _NOTHING) + (
            self.amount("shipping_hidden_tax_amount") or self.amount("shipping_hidden_tax_amnt") or _NOTHING
        )
        shipping = self.amount("shipping_tax_amount") or _NOTHING
        wanted = quantize(missing, self.currency)
        candidates = (hidden, shipping, hidden + shipping)
        tax = next((value for value in candidates if quantize(value, self.currency) == wanted), _NOTHING)
        return [_charge("further_tax", ChargeKind.TAX, "Further tax", tax)] if tax > 0 else []

    def _fees(self, missing: Decimal) -> list[Charge]:
        """What modules charge beside: the fields that are called so and come to what is missing."""
        found = []
        for name in sorted({name.removeprefix("base_") for name in self._head.values}):
            if not _FEE.search(name) or _NO_FEE.search(name):
                continue
            words = name.removesuffix("_amount").removesuffix("_price").split("_")
            title = " ".join(_WORDS.get(word, word) for word in words).capitalize()
            with suppress(BadPayload):
                if (value := self.amount(name) or _NOTHING) > 0:
                    found.append(_charge(name, ChargeKind.SERVICE, title, value))
        return list(explaining(missing, found, self._smallest))

    def _spent(self, missing: Decimal, gift_cards: Decimal) -> list[Charge]:
        """Credit of the buyer that the total is net of; a total that is not, counts it as a payment."""
        found = [charge for key, name, title in _CREDITS for charge in credit(key, title, self.amount(name))]
        known = (*credit("gift_cards", "Gift card", gift_cards), *found)
        if taken := explaining(missing, known, self._smallest):
            return list(taken)
        return found if missing <= sum((charge.amount for charge in found), _NOTHING) else []

    @property
    def _smallest(self) -> Decimal:
        return Decimal(1).scaleb(-exponent(self.currency)) / 2

    def _canceled(self, total: Decimal) -> Decimal:
        """What was cancelled of an order that goes on."""
        canceled = self.amount("total_canceled") or _NOTHING
        return canceled if 0 < canceled < total else _NOTHING


def _surcharge(discount: Charge) -> Charge:
    title = discount.title.removeprefix("Discount").strip(" ()") or "Surcharge"
    return _charge("surcharge", ChargeKind.FINANCE_CHARGE, title, -discount.amount)


def _charge(key: str, kind: ChargeKind, title: str, value: Decimal) -> Charge:
    return Charge(key=key, kind=kind, title=title, amount=value)
