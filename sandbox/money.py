"""The smallest unit of a currency, and amounts rounded to it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from sandbox.options import Options

USUAL_EXPONENT = 2
WITHOUT_CENTS = """
    BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"""
WITH_THREE_PLACES = "BHD IQD JOD KWD LYD OMR TND"
EXPONENTS = dict.fromkeys(WITHOUT_CENTS.split(), 0) | dict.fromkeys(WITH_THREE_PLACES.split(), 3)
"""Decimal places by ISO 4217, where they are not two."""


def exponent(currency: str) -> int:
    return EXPONENTS.get(currency, USUAL_EXPONENT)


def rounded(options: Options, amount: Decimal | int) -> Decimal:
    """Round half up to the smallest unit of the account's currency."""
    return Decimal(amount).quantize(Decimal(1).scaleb(-exponent(options.currency)), ROUND_HALF_UP)
