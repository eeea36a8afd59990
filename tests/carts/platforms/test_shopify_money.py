"""The money of a Shopify order, to the cent: refunded, taxed, tipped, rounded, in two currencies."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from carts.order_data import ChargeKind
from intake.platform import BadPayload
from tests.carts.shopify_life import life
from tests.carts.shopify_money import charges, current, gap, parse, parsed, quantities
from tests.carts.shopify_payloads import (
    CUP,
    TEA,
    at,
    line,
    lines,
    money,
    needs_samples,
    order,
    refund,
    refund_line,
    sample,
    shipping,
    transaction,
)

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


@pytest.mark.parametrize("named_by", ["tip_payment_gateway", "tip_payment_method"])
def test_a_tip_that_only_says_how_it_was_paid(named_by):
    """Sent by shops without the documented `tip`; what a merchant calls a tip is an item like any other."""
    marked = {**line(14, "", "Trinkgeld", 1, "5.00", "0.00"), named_by: "Visa"}
    data = parse(line_items=[*lines(), marked], total_tip_received="5.00", **money("total_price", "66.00"))
    assert (gap(data), charges(data)["tip"], len(data.lines or ())) == (0, "5.00", 2)
    alone = parse(
        line_items=[marked],
        shipping_lines=[],
        total_tip_received="5.00",
        **money("total_price", "5.00"),
        **money("total_discounts", "0.00"),
        **money("total_tax", "0.00"),
        **money("total_shipping_price", "0.00"),
        **current("5.00", "0.00", "0.00", ship="0.00"),
    )
    assert (alone.lines, charges(alone), alone.total) == ((), {"tip": "5.00"}, Decimal("5.00"))


@pytest.mark.parametrize(
    ("price", "total", "rounding"), [("8.03", "96.34", "-0.02"), ("8.02", "96.29", "0.05")]
)
def test_prices_of_another_currency_are_rounded_a_piece(price, total, rounding):
    """12 x 7.42 EUR are 89.04 EUR: each amount is converted by itself."""
    beads = {**line(21, "BEAD", "Bead", 12, price, "0.00"), **money("price", price, "7.42")}
    values = {"line_items": [beads], "shipping_lines": [], "presentment_currency": "EUR"}
    nothing = ("total_discounts", "total_tax", "total_shipping_price")
    for name in nothing:
        values |= money(name, "0.00")
    values |= {**money("total_price", total, "89.04"), **money("total_line_items_price", total, "89.04")}
    data = parse(**values, **current(total, "0.00", "0.00", ship="0.00"))
    assert (data.total, charges(data), gap(data)) == (Decimal(total), {"rounded": rounding}, 0)
    assert data.charges[0].title == "Rounding"


@pytest.mark.parametrize("total", ["57.01", "56.99"])
def test_a_tax_that_is_not_owed_and_a_cent(total):
    data = parse(**money("total_price", total), **current(total, "5.50", "4.00"))
    assert ("tax" in charges(data), gap(data)) == (False, 0)
    assert data.charges[-1].title == "Rounding"


def test_what_is_more_than_rounding_is_left_to_the_plan():
    assert gap(parse(**money("total_price", "61.50"), **current("61.50", "5.50", "4.00"))) == Decimal("0.50")


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
