"""What a Shopify order owes after an exchange, whatever `total_price` is taken to mean."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from carts.order_data import OrderData
from tests.carts import shopify_life as life
from tests.carts.shopify_money import charges, gap, parse, parsed, quantities
from tests.carts.shopify_payloads import CUP, TEA, line, money, refund, refund_line, transaction


def exchanged(*amounts: Any, **changes: Any) -> OrderData:
    return parsed(life.exchanged(*amounts, **changes))


@pytest.mark.parametrize("total", ["100.00", "250.00", "350.00"])
def test_a_dearer_item_is_owed_in_place_of_the_one_that_came_back(total):
    data = exchanged("100.00", "250.00", total, "250.00")
    assert (data.total, gap(data), data.doubt, charges(data)) == (Decimal("250.00"), 0, "", {})
    assert quantities(data) == {str(CUP): 1}


@pytest.mark.parametrize("total", ["100.00", "200.00"])
def test_an_item_of_the_same_price_changes_no_money(total):
    data = exchanged("100.00", "100.00", total, "100.00")
    assert (data.total, gap(data), quantities(data)) == (Decimal("100.00"), 0, {str(CUP): 1})


@pytest.mark.parametrize("total", ["100.00", "160.00"])
def test_a_cheaper_item_with_money_back_shows_every_reading(total):
    data = exchanged("100.00", "60.00", total, "60.00", transaction("40.00"))
    assert f"as placed: {total}" in data.doubt
    assert "as exchanged: 100.00, but items and charges make 160.00" in data.doubt
    assert "paid: 100.00, of which 40.00 went back" in data.doubt
    assert (data.refunded_total, data.lines is None) == (Decimal("40.00"), False)


def test_the_difference_of_an_exchange_that_is_not_paid_yet():
    data = exchanged(
        *("100.00", "250.00", "350.00", "250.00"),
        total_outstanding="150.00",
        financial_status="partially_paid",
    )
    assert (data.total, data.paid_amount, gap(data)) == (Decimal("250.00"), Decimal("100.00"), 0)


@pytest.mark.parametrize(
    "changes",
    [{"old": "100.00", "new": "8.00", "total_outstanding": "0.00"}, {"total_outstanding": "-100.00"}],
)
def test_what_came_back_is_still_owed_to_the_buyer_and_no_exchange(changes):
    """What is kept is worth less than that, or the shop says that it owes the buyer."""
    values = {"old": "100.00", "new": "100.00", **changes}
    new = values["new"]
    total = f"{Decimal(values['old']) + Decimal(new):.2f}"
    data = exchanged(values["old"], new, total, new, total_outstanding=values["total_outstanding"])
    assert (data.total, gap(data), quantities(data)) == (Decimal(total), 0, {str(TEA): 1, str(CUP): 1})


def test_where_no_balance_is_told_nobody_can_say():
    data = exchanged("100.00", "250.00", "350.00", "250.00", total_outstanding=None)
    assert "as placed: 350.00; as edited: 350.00; as exchanged: 250.00; paid: not told" in data.doubt


def test_an_exchange_with_tax_discount_and_a_second_item():
    """Two at 20.00 less 4.00 and 2.40 tax stay; a cup of 15.50 became a pot of 30.00, tax 3.00."""
    tea = {**line(TEA, "TEA", "Tea", 2, "20.00", "4.00"), "tax_lines": [money("price", "2.40")]}
    cup = {**line(CUP, "CUP", "Cup", 1, "15.50", "1.50"), "current_quantity": 0}
    pot = {**line(13, "POT", "Pot", 1, "30.00", "0.00"), "tax_lines": [money("price", "3.00")]}
    back = refund(
        91, minute=6, refund_line_items=[refund_line(CUP, 1, "14.00", "1.60", restock_type="return")]
    )
    data = parse(
        line_items=[tea, cup, pot],
        refunds=[back],
        total_outstanding="0.00",
        **money("current_total_price", "78.40"),
        **money("current_total_discounts", "4.00"),
        **money("current_total_tax", "5.40"),
    )
    assert (data.total, gap(data), data.doubt) == (Decimal("78.40"), 0, "")
    assert charges(data) == {"shipping": "7.00", "discount": "-4.00", "tax": "5.40"}
    assert quantities(data) == {str(TEA): 2, "13": 1}


def test_less_money_back_for_a_reason_that_the_shop_tells_is_no_exchange():
    """A fee for restocking: ten of the 18.00 stay with the shop."""
    back = refund(
        91,
        transaction("8.00"),
        minute=6,
        refund_line_items=[refund_line(TEA, 1, "18.00", "0.00", restock_type="return")],
        order_adjustments=[{"kind": "refund_discrepancy", **money("amount", "10.00")}],
    )
    for adjustments, is_doubtful in ((back["order_adjustments"], False), ([], True)):
        data = exchanged(
            *("18.00", "20.00", "38.00", "20.00"), refunds=[{**back, "order_adjustments": adjustments}]
        )
        assert (bool(data.doubt), data.total) == (is_doubtful, Decimal("38.00"))
