from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import PermanentError
from crm.money import exact_amount, exponent, is_exact, quantize
from crm.records import Money


@pytest.mark.parametrize(
    ("currency", "digits"), [("USD", 2), ("jpy", 0), ("KWD", 3), ("CLF", 4), ("", 2), ("XYZ", 2), ("KRW", 0)]
)
def test_a_currency_has_its_decimals(currency: str, digits: int) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "USD", "1.01"),
        ("-1.005", "USD", "-1.01"),
        ("2.5", "JPY", "3"),
        ("1.00049", "KWD", "1.000"),
        ("1E+2", "USD", "100.00"),
    ],
)
def test_amounts_are_rounded_half_away_from_zero(amount: str, currency: str, rounded: str) -> None:
    assert str(quantize(Decimal(amount), currency)) == rounded


@pytest.mark.parametrize(
    ("amount", "currency"), [("0.001", "USD"), ("1.5", "JPY"), ("1.0001", "BHD"), ("NaN", "EUR")]
)
def test_an_amount_too_fine_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(PermanentError, match="more decimals"):
        exact_amount(Money(amount=Decimal(amount), currency=currency))


def test_trailing_noughts_are_no_decimals() -> None:
    assert str(exact_amount(Money(amount=Decimal("100.000"), currency="JPY"))) == "100"
    assert is_exact(Decimal("22.9600"), "USD")


@given(st.decimals(-(10**9), 10**9, places=5), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_a_rounded_amount_is_exact_and_close(amount: Decimal, currency: str) -> None:
    rounded = quantize(amount, currency)
    assert is_exact(rounded, currency)
    assert abs(rounded - amount) <= Decimal(5).scaleb(-exponent(currency) - 1)
