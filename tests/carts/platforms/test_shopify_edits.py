"""What a Shopify order owes once it was edited, and that a refund is no edit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.carts.shopify_life import left, one_tin_back
from tests.carts.shopify_money import charges, current, gap, parse, quantities
from tests.carts.shopify_payloads import (
    CUP,
    TEA,
    at,
    line,
    lines,
    money,
    refund,
    refund_line,
    shipping,
    transaction,
)


def taken_out() -> dict[str, Any]:
    """What Shopify leaves of an item that an edit took out: a refund without money."""
    return refund(91, minute=3, refund_line_items=[refund_line(CUP, 1, "14.00", "1.60")])


def test_an_item_taken_out_is_not_owed():
    data = parse(line_items=left(2, 0), refunds=[taken_out()], **current("45.40", "4.00", "2.40"))
    assert (data.total, gap(data)) == (Decimal("45.40"), 0)
    assert quantities(data) == {str(TEA): 2}
    assert charges(data) == {"shipping": "7.00", "discount": "-4.00", "tax": "2.40"}
    assert data.refunded_at is None


@pytest.mark.parametrize("is_in_the_old_total", [True, False])
def test_an_item_put_in_is_owed_whatever_total_price_says(is_in_the_old_total):
    more = line(13, "POT", "Pot", 1, "30.00", "0.00")
    old = {**money("total_price", "91.00"), **money("total_line_items_price", "85.50")}
    data = parse(
        line_items=[*lines(), more],
        **(old if is_in_the_old_total else {}),
        **current("91.00", "5.50", "4.00"),
    )
    assert (data.total, gap(data)) == (Decimal("91.00"), 0)
    assert quantities(data) == {str(TEA): 2, str(CUP): 1, "13": 1}


def test_an_edit_and_a_refund_of_something_else():
    """The cup was taken out before a tin went back for money."""
    data = parse(
        financial_status="partially_refunded",
        line_items=left(1, 0),
        refunds=[taken_out(), one_tin_back()],
        **current("26.20", "2.00", "1.20"),
    )
    assert (data.total, gap(data), data.refunded_total) == (Decimal("45.40"), 0, Decimal("19.20"))
    assert quantities(data) == {str(TEA): 2}


def test_an_item_taken_out_and_its_money_sent_back_is_an_order_and_a_refund():
    """Both tell the same: 61.00 were owed and paid, 15.60 went back."""
    paid_back = refund(92, transaction("15.60"), minute=5)
    data = parse(line_items=left(2, 0), refunds=[taken_out(), paid_back], **current("45.40", "4.00", "2.40"))
    assert (data.total, gap(data), data.refunded_total) == (Decimal("61.00"), 0, Decimal("15.60"))
    assert quantities(data) == {str(TEA): 2, str(CUP): 1}


def test_money_given_back_out_of_goodwill_edits_nothing():
    """Whether the current total knows of it or not."""
    given = refund(91, transaction("10.00"), minute=6, order_adjustments=[{"kind": "refund_discrepancy"}])
    for total in ("51.00", "61.00"):
        data = parse(financial_status="partially_refunded", refunds=[given], **current(total, "5.50", "4.00"))
        assert (data.total, gap(data), data.refunded_total) == (Decimal("61.00"), 0, Decimal("10.00"))


def test_shipping_given_back_edits_nothing():
    old = {"kind": "shipping_refund", **money("amount", "-7.00"), **money("tax_amount", "0.00")}
    given = refund(91, transaction("7.00"), minute=6, order_adjustments=[old])
    data = parse(
        financial_status="partially_refunded",
        refunds=[given],
        **current("54.00", "5.50", "4.00", ship="0.00"),
    )
    assert (data.total, gap(data)) == (Decimal("61.00"), 0)


def test_a_refund_on_its_way_edits_nothing():
    back = {**one_tin_back(), "transactions": [transaction("19.20", status="pending")]}
    data = parse(line_items=left(1, 1), refunds=[back], **current("41.80", "3.50", "2.80"))
    assert (data.total, gap(data), data.refunded_total) == (Decimal("61.00"), 0, None)
    assert quantities(data) == {str(TEA): 2, str(CUP): 1}


def test_goods_that_came_back_before_the_money_went_edit_nothing():
    back = refund(
        91, minute=6, refund_line_items=[refund_line(TEA, 1, "18.00", "1.20", restock_type="return")]
    )
    data = parse(line_items=left(1, 1), refunds=[back], **current("41.80", "3.50", "2.80"))
    assert (data.total, quantities(data)) == (Decimal("61.00"), {str(TEA): 2, str(CUP): 1})


def test_an_edit_that_is_a_cent_off_is_that_edit_and_a_line_that_says_so():
    data = parse(line_items=left(2, 0), refunds=[taken_out()], **current("45.41", "4.00", "2.40"))
    assert (data.total, gap(data), data.doubt) == (Decimal("45.41"), 0, "")
    assert quantities(data) == {str(TEA): 2}
    assert [(charge.title, charge.amount) for charge in data.charges][-1] == ("Rounding", Decimal("0.01"))


def test_an_edit_whose_figures_do_not_add_up_is_not_sent_as_placed():
    data = parse(line_items=left(2, 0), refunds=[taken_out()], **current("48.41", "4.00", "2.40"))
    assert (
        "as placed: 61.00; as edited: 48.41, but items and charges make 45.40; paid: not told" in data.doubt
    )


def test_a_total_alone_is_no_edit():
    """The documented example has other current figures, and nothing that was edited."""
    data = parse(**current("55.50", "0.00", "0.00", ship="0.00"))
    assert (data.total, gap(data)) == (Decimal("61.00"), 0)


@pytest.mark.parametrize("changes", [{"cancelled_at": at(9)}, {"refunds": None}])
def test_what_is_cancelled_or_half_told_is_no_edit(changes):
    data = parse(**{"line_items": left(0, 0), **current("0.00", "0.00", "0.00", "0.00"), **changes})
    assert (data.total, gap(data)) == (Decimal("61.00"), 0)


def test_an_edited_shipping_price():
    removed = shipping("7.00", is_removed=True)
    data = parse(
        shipping_lines=[removed, shipping("12.00", id=32, title="Express")],
        **current("66.00", "5.50", "4.00", ship="12.00"),
    )
    assert (data.total, gap(data), data.shipping_method) == (Decimal("66.00"), 0, "Express")
    assert charges(data)["shipping"] == "12.00"


def test_a_discount_given_later():
    items = lines()
    items[0]["discount_allocations"].append({**money("amount", "3.00")})
    data = parse(line_items=items, **current("58.00", "8.50", "4.00"))
    assert (data.total, gap(data), charges(data)["discount"]) == (Decimal("58.00"), 0, "-8.50")


def test_an_edited_total_in_the_buyers_money():
    edited = {**current("45.40", "4.00", "2.40"), **money("current_total_price", "45.40", "41.00")}
    added = parse(presentment_currency="EUR", line_items=left(2, 0), refunds=[taken_out()], **edited)
    assert (added.total, added.paid_total) == (Decimal("45.40"), None)
    without_refunds = parse(
        presentment_currency="EUR",
        line_items=[*lines(), line(13, "POT", "Pot", 1, "30.00", "0.00")],
        **{**current("91.00", "5.50", "4.00"), **money("current_total_price", "91.00", "82.00")},
    )
    assert (without_refunds.paid_currency, without_refunds.paid_total) == ("EUR", Decimal("82.00"))
