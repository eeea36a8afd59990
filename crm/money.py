"""How many decimals a currency has, and rounding to them.

The rest of the project thinks in Decimal major units; nothing here knows a protocol.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from crm.errors import PermanentError
from crm.records import Money

DEFAULT_EXPONENT = 2
# ISO 4217, list one: only the codes whose minor unit is not two digits.
_NO_DECIMALS = (
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
    "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF",
)  # fmt: skip
_THREE_DECIMALS = ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND")
_FOUR_DECIMALS = ("CLF", "UYW")
EXPONENTS: dict[str, int] = {
    **dict.fromkeys(_NO_DECIMALS, 0),
    **dict.fromkeys(_THREE_DECIMALS, 3),
    **dict.fromkeys(_FOUR_DECIMALS, 4),
}


def exponent(currency: str) -> int:
    """Return the number of decimals of a currency; two for a code we do not know."""
    return EXPONENTS.get(currency.strip().upper(), DEFAULT_EXPONENT)


def quantize(amount: Decimal, currency: str) -> Decimal:
    """Round to the currency's decimals, half away from zero as shops do."""
    return amount.quantize(Decimal(1).scaleb(-exponent(currency)), rounding=ROUND_HALF_UP)


def is_exact(amount: Decimal, currency: str) -> bool:
    """Tell whether the amount can be written with the currency's decimals."""
    return amount.is_finite() and quantize(amount, currency) == amount


def exact_amount(money: Money) -> Decimal:
    """Return the amount with exactly the currency's decimals.

    An invoice with fractions of cents stays UNPAID in the CRM even when its balance is nought
    (blog.novaksolutions.com, "understanding Infusionsoft invoices and fractions of cents").

    Raises: PermanentError if the amount has more decimals than the currency.
    """
    if not is_exact(money.amount, money.currency):
        raise PermanentError(
            f"The amount {money.amount} has more decimals than {money.currency} knows. "
            "Check the order's amounts and its currency in the shop, then send it again.",
            label="amount-too-fine",
        )
    return quantize(money.amount, money.currency)
