"""The money of a Shopify order, to the cent: as placed, edited, refunded, taxed, in two currencies."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from carts.models import Source
from carts.order_data import ChargeKind, OrderData
from carts.platforms.base import BadPayload
from carts.platforms.shopify.platform import Shopify
from tests.carts.shopify_payloads import (
    CUP,
    TEA,
    at,
    left,
    life,
    line,
    lines,
    money,
    needs_samples,
    one_tin_back,
    order,
    refund,
    refund_line,
    sample,
    shipping,
    transaction,
)

PLATFORM = Shopify()
SOURCE = Source(platform="shopify", currency="USD")
RECEIVED_AT = datetime(2026, 3, 3, tzinfo=UTC)


def parsed(payload: dict[str, Any]) -> OrderData:
    return PLATFORM.parse(SOURCE, payload, RECEIVED_AT)


def parse(**changes: Any) -> OrderData:
    return parsed(order(**changes))


def current(total: str, discounts: str, tax: str, ship: str = "7.00") -> dict[str, Any]:
    return {
        **money("current_total_price", total),
        **money("current_total_discounts", discounts),
        **money("current_total_tax", tax),
        **money("current_shipping_price", ship),
    }


def charges(data: OrderData) -> dict[str, str]:
    return {charge.key: f"{charge.amount:.2f}" for charge in data.charges}


def quantities(data: OrderData) -> dict[str, int]:
    return {line.key: int(line.quantity) for line in data.lines or ()}


def gap(data: OrderData) -> Decimal:
    """What lines and charges leave unexplained of the total."""
    assert data.lines is not None and data.total is not None
    items = sum((line.quantity * line.unit_price for line in data.lines), Decimal(0))
    assert data.subtotal == items
    return data.total - items - sum((charge.amount for charge in data.charges), Decimal(0))


PLACED = {"shipping": "7.00", "discount": "-5.50", "tax": "4.00"}


def test_an_order_as_placed():
    data = parse()
    assert (data.total, data.subtotal, gap(data)) == (Decimal("61.00"), Decimal("55.50"), 0)
    assert charges(data) == PLACED
    assert [charge.kind for charge in data.charges] == [
        ChargeKind.SHIPPING,
        ChargeKind.DISCOUNT,
        ChargeKind.TAX,
    ]
    assert data.charges[0].title == "Standard"


@pytest.mark.parametrize("number", range(9))
def test_through_its_whole_life_an_order_that_nobody_edits_owes_the_same(number):
    topic, body = life()[number]
    if topic.startswith("orders/"):
        data = parsed(body)
        assert (data.total, gap(data), charges(data)) == (Decimal("61.00"), 0, PLACED)
        assert quantities(data) == {str(TEA): 2, str(CUP): 1}


def test_what_was_refunded_so_far():
    half, whole = parsed(life()[6][1]), parsed(life()[8][1])
    assert (half.refunded_total, half.refund_reason) == (Decimal("19.20"), "Broken")
    assert half.refunded_at == datetime(2026, 3, 2, 15, 6, tzinfo=UTC)
    assert (whole.refunded_total, whole.refund_reason) == (Decimal("61.00"), "Changed their mind")
    assert parse().refunded_total is None


@pytest.mark.parametrize(
    "made",
    [
        transaction("19.20", status="pending"),
        transaction("19.20", status="failure"),
        transaction("19.20", kind="void"),
    ],
)
def test_what_gave_no_money_back_is_no_refund(made):
    assert parse(refunds=[refund(91, made, minute=6)]).refunded_at is None


def test_a_refund_without_its_amount_is_known_to_be_one():
    data = parse(financial_status="partially_refunded", updated_at=at(9), refunds=[])
    assert (data.refunded_total, data.refunded_at) == (None, datetime(2026, 3, 2, 15, 9, tzinfo=UTC))


# -- edits ----------------------------------------------------------------------------------------------


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


def test_figures_that_do_not_add_up_are_no_edit():
    data = parse(line_items=left(2, 0), refunds=[taken_out()], **current("45.41", "4.00", "2.40"))
    assert (data.total, gap(data)) == (Decimal("61.00"), 0)


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


# -- what else a total holds ----------------------------------------------------------------------------


def test_prices_that_hold_the_tax():
    data = parse(taxes_included=True, **money("total_price", "57.00"))
    assert (gap(data), "tax" in charges(data)) == (0, False)


def test_a_tax_that_the_marketplace_pays_is_not_owed():
    assert gap(parse(**money("total_price", "57.00"))) == 0


@pytest.mark.parametrize(
    ("line_changes", "changes"),
    [
        ({}, {"total_price": "54.00", "discounts": "12.50"}),  # the free shipping is in total_discounts
        ({}, {"total_price": "54.00", "discounts": "5.50"}),  # or it is not
        ({}, {"total_price": "54.00", "discounts": "5.50", "shipping": "0.00"}),  # or the shipping is net
    ],
)
def test_free_shipping_however_it_is_told(line_changes, changes):
    data = parse(
        shipping_lines=[shipping("7.00", "0.00")],
        **money("total_price", changes["total_price"]),
        **money("total_discounts", changes["discounts"]),
        **money("total_shipping_price", changes.get("shipping", "7.00")),
        **current("54.00", changes["discounts"], "4.00", ship="0.00"),
    )
    assert (data.total, gap(data)) == (Decimal("54.00"), 0)


def test_a_tip_beside_the_lines_and_among_them():
    total = money("total_price", "66.00")
    beside = parse(total_tip_received="5.00", **total)
    marked = {**line(14, "", "Tip", 1, "5.00", "0.00"), "tip": {"payment_gateway": "x"}}
    plain = line(14, "", "Tip", 1, "5.00", "0.00")
    for data in (beside, parse(line_items=[*lines(), marked], total_tip_received="5.00", **total)):
        assert (gap(data), charges(data)["tip"], len(data.lines or ())) == (0, "5.00", 2)
    among = parse(line_items=[*lines(), plain], total_tip_received="5.00", **total)
    assert (gap(among), "tip" in charges(among), len(among.lines or ())) == (0, False, 3)


def test_duties_and_fees():
    data = parse(
        **money("total_price", "72.25"),
        **money("original_total_duties", "10.00"),
        **money("original_total_additional_fees", "1.25"),
    )
    assert gap(data) == 0
    assert {"duties": "10.00", "fees": "1.25"}.items() <= charges(data).items()
    assert gap(parse(**money("original_total_duties", "10.00"))) == 0  # they are in the prices already


@pytest.mark.parametrize(("rounding", "total"), [("0.02", "61.02"), ("-0.03", "60.97"), ("0.02", "61.00")])
def test_cash_is_rounded_in_the_total_or_beside_it(rounding, total):
    data = parse(**money("total_price", total), **money("total_cash_rounding_payment_adjustment", rounding))
    assert (data.total, gap(data)) == (Decimal(total), 0)


def test_a_gift_card_is_a_line_when_bought_and_money_when_spent():
    card = {**line(15, "", "Gift card", 1, "50.00", "0.00"), "gift_card": True}
    bought = parse(
        line_items=[*lines(), card],
        **money("total_price", "111.00"),
        **money("total_line_items_price", "105.50"),
        **current("111.00", "5.50", "4.00"),
    )
    spent = parse(payment_gateway_names=["gift_card", "shopify_payments"])
    assert (gap(bought), len(bought.lines or ())) == (0, 3)
    assert (gap(spent), spent.gift_certificate, spent.total) == (0, 0, Decimal("61.00"))


def test_an_order_that_costs_nothing():
    free = parse(
        **money("total_discounts", "66.50"),
        **money("total_price", "0.00"),
        **current("0.00", "66.50", "4.00"),
    )
    assert (free.total, gap(free)) == (0, 0)


def test_the_shops_money_counts_and_the_buyers_is_noted():
    data = parse(
        presentment_currency="EUR",
        **money("total_price", "61.00", "55.12"),
        **money("total_tax", "4.00", "3.61"),
        **money("current_total_price", "61.00", "55.12"),
    )
    assert (data.currency, data.total, gap(data)) == ("USD", Decimal("61.00"), 0)
    assert (data.paid_currency, data.paid_total) == ("EUR", Decimal("55.12"))


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


@pytest.mark.parametrize(
    ("made", "refund_lines", "total"),
    [
        (transaction("17.35", currency="EUR"), True, "19.20"),  # by the refund's own two currencies
        (transaction("17.35", currency="EUR"), False, "19.20"),  # by the order's
        (
            transaction("17.35", currency="EUR", amount_set=money("x", "19.19", "17.35")["x_set"]),
            True,
            "19.19",
        ),
        (transaction("19.20", currency=None), True, "19.20"),
    ],
)
def test_a_refund_in_the_buyers_money(made, refund_lines, total):
    priced = {**refund_line(TEA, 1, "18.00", "1.20"), **money("subtotal", "18.00", "16.27")}
    priced |= money("total_tax", "1.20", "1.08")
    back = refund(91, made, minute=6, refund_line_items=[priced] if refund_lines else [])
    data = parse(presentment_currency="EUR", refunds=[back], **money("total_price", "61.00", "55.12"))
    assert data.refunded_total == Decimal(total)


def test_a_refund_whose_rate_nobody_knows_is_known_to_be_one():
    back = refund(91, transaction("17.35", currency="CHF"), minute=6)
    data = parse(refunds=[back], total_price_set=None)
    assert data.refunded_at is not None
    assert data.refunded_total is None


def test_fractions_of_a_cent_are_rounded_line_by_line():
    thirds = [line(21, "A", "A", 3, "3.335", "0.00"), line(22, "B", "B", 7, "0.125", "0.00")]
    data = parse(
        line_items=thirds,
        **money("total_line_items_price", "10.89"),
        **money("total_price", "16.39"),
        **current("16.39", "5.50", "4.00"),
    )
    assert (data.subtotal, data.total) == (Decimal("10.89"), Decimal("16.39"))
    assert data.subtotal + sum(charge.amount for charge in data.charges) == data.total


def test_without_sets_the_plain_amounts_are_the_shops():
    payload = {name: value for name, value in order().items() if not name.endswith("_set")}
    payload["line_items"] = [
        {name: value for name, value in item.items() if not name.endswith("_set")} for item in lines()
    ]
    data = parsed(payload)
    assert (data.total, gap(data), charges(data)) == (Decimal("61.00"), 0, PLACED)


def test_without_the_sums_the_parts_are_added_up():
    payload = order(tax_lines=[{"price": "3.00"}, {"price": "1.00"}])
    for name in ("total_tax", "total_discounts", "total_shipping_price"):
        del payload[name], payload[f"{name}_set"]
    assert (gap(parsed(payload)), charges(parsed(payload))) == (0, PLACED)


def test_without_lines_or_total_nothing_is_guessed():
    payload = order()
    del payload["line_items"], payload["total_price"], payload["total_price_set"]
    data = parsed(payload)
    assert (data.lines, data.total, data.subtotal) == (None, None, None)
    assert charges(data) == PLACED


def test_amounts_beyond_all_measure_are_refused():
    huge = [transaction("999999999999", id=number) for number in range(20)]
    with pytest.raises(BadPayload, match="too large"):
        parse(refunds=[refund(91, *huge, minute=6)])


@needs_samples
def test_the_documented_orders_to_the_cent():
    paid = parsed(sample("orders-paid-2026-04.json"))
    assert (paid.total, gap(paid)) == (Decimal("404.95"), 0)
    assert charges(paid) == {"shipping": "10.00", "discount": "-20.00"}
    old = parsed(sample("rest-order.json")["order"])
    # It contradicts itself: three items at 199.00 under a subtotal of 398.00.
    assert (old.total, old.subtotal, gap(old)) == (Decimal("409.94"), Decimal("597.00"), Decimal("-199.00"))
