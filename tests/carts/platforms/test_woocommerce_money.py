"""The money of a WooCommerce order, to the cent: lines, discounts, gift cards, refunds, bundles."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from carts.order_data import ChargeKind, OrderData, Stage
from carts.platforms.woocommerce.platform import WooCommerce
from cascade.planning.rules import Names, Rules
from cascade.shop.orders.lines import order_lines
from crm.money import quantize
from crm.records import LineType
from intake.models import Source
from mappings.models import Connection, OrderSettings
from tests.carts.shops.woocommerce import SAVED_AT, line, order

PLATFORM = WooCommerce()
SOURCE = Source(platform="woocommerce", currency="USD")
Kind = ChargeKind


def parsed(**changes: Any) -> OrderData:
    return PLATFORM.parse(SOURCE, order(**changes), SAVED_AT)


def charges(data: OrderData) -> list[tuple[str, Kind, Decimal]]:
    return [(charge.title, charge.kind, charge.amount) for charge in data.charges]


def come_to(data: OrderData) -> Decimal:
    """Lines at list price and charges, every row counted."""
    rows = sum((row.quantity * row.unit_price for row in data.lines or ()), Decimal(0))
    return rows + sum((charge.amount for charge in data.charges), Decimal(0))


def meta(key: str, value: Any) -> dict[str, Any]:
    return {"id": 1, "key": key, "value": value}


def refund(total: str, reason: str = "") -> dict[str, Any]:
    return {"id": 547, "reason": reason, "total": total}


def planned(data: OrderData) -> Any:
    return order_lines(data, Rules(unresolved_lines=OrderSettings.UnresolvedLines.NAMED_LINE), Names())


@pytest.mark.parametrize(
    ("quantity", "subtotal", "price"),
    [
        (3, "10.00", "3.333333"),
        (3, "32.40", "10.8"),
        (2.5, "10.00", "4"),
        ("1.5", "9.99", "6.66"),
        (0.333, "1.00", "3.003003"),
        (1, "0.00", "0"),
    ],
)
def test_a_whole_line_becomes_a_unit_price_that_comes_back_to_it(quantity, subtotal, price):
    lines = [line(quantity=quantity, subtotal=subtotal, total=subtotal, price=10.799999999999999)]
    data = parsed(line_items=lines, shipping_lines=[], total_tax="0", total=subtotal)
    (row,) = data.lines or ()
    assert row.unit_price == Decimal(price)
    assert (row.quantity * row.unit_price).quantize(Decimal("0.01")) == Decimal(subtotal) == data.total


def test_a_large_quantity_keeps_its_cents():
    (row,) = parsed(line_items=[line(quantity=30_000, subtotal="10000.00", total="10000.00")]).lines or ()
    assert (row.quantity * row.unit_price).quantize(Decimal("0.01")) == 10_000


def test_the_discount_is_that_of_the_lines_whatever_the_order_says():
    data = parsed(
        line_items=[line(1, total="14.90"), line(2, subtotal="10.00", total="7.51")],
        coupon_lines=[{"code": "spring"}, {"code": "r&amp;d"}],
        discount_total="99.00",
        total="31.65",
    )
    assert ("Discount (spring, r&d)", Kind.DISCOUNT, Decimal("-7.49")) in charges(data)
    assert data.subtotal == Decimal("29.90")
    assert come_to(data) == data.total
    assert [coupon.code for coupon in data.coupons] == ["spring", "r&d"]


def test_a_total_raised_by_hand_is_the_price_and_no_negative_discount():
    data = parsed(line_items=[line(total="25.00")], total="34.24")
    assert [charge.kind for charge in data.charges] == [Kind.SHIPPING, Kind.TAX]
    assert come_to(data) == data.total


def test_fees_above_zero_are_services_and_below_discounts():
    fees = [
        {"id": 1, "name": "Gift wrap", "total": "3.00"},
        {"id": 2, "name": "Trade-in", "total": "-5.00"},
        {"id": 3, "name": "Nothing", "total": "0.00"},
        {"id": 4, "name": "Unset", "total": ""},
    ]
    data = parsed(fee_lines=fees, total="27.14")
    assert charges(data)[1:3] == [
        ("Gift wrap", Kind.SERVICE, Decimal(3)),
        ("Trade-in", Kind.DISCOUNT, Decimal(-5)),
    ]
    assert come_to(data) == data.total


def test_a_line_below_zero_is_a_discount_of_its_own():
    data = parsed(
        line_items=[line(1), line(2, name="Deposit", subtotal="-5.00", total="-5.00")], total="24.14"
    )
    assert [row.key for row in data.lines or ()] == ["1"]
    assert ("Deposit", Kind.DISCOUNT, Decimal("-5.00")) in charges(data)
    assert come_to(data) == data.total


def test_prices_that_include_tax_change_nothing_and_the_orders_rounding_is_named():
    lines = [line(number, quantity=1, subtotal="8.26", total="8.26") for number in (1, 2, 3)]
    data = parsed(
        prices_include_tax=True, line_items=lines, shipping_lines=[], total_tax="5.21", total="30.00"
    )
    assert charges(data) == [("Tax", Kind.TAX, Decimal("5.21")), ("Rounding", Kind.SERVICE, Decimal("0.01"))]
    assert come_to(data) == data.total


def test_an_order_of_nothing():
    free = [line(subtotal="0.00", total="0.00")]
    data = parsed(line_items=free, shipping_lines=[], total_tax="0.00", total="0.00")
    assert (come_to(data), data.total, data.charges) == (0, 0, ())


def test_yen_have_no_decimals_and_the_currency_is_the_orders_own():
    lines = [line(quantity=3, subtotal="1000", total="900", price=333.333333)]
    data = parsed(currency="jpy", line_items=lines, shipping_lines=[], total_tax="90", total="990")
    assert (data.currency, data.subtotal, data.total) == ("JPY", 1000, 990)
    assert charges(data) == [("Tax", Kind.TAX, 90), ("Discount", Kind.DISCOUNT, -100)]
    assert parsed(currency=None).currency == "USD"


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        (
            {"gift_cards": [{"id": 2, "code": "SU9F", "amount": 20}, {"id": 4, "code": "NZR8", "amount": 4}]},
            [("Gift card", -20), ("Gift card", -4)],
        ),
        ({"pw_gift_cards_redeemed": [{"number": "1", "amount": "24.00"}]}, [("Gift card", -24)]),
        ({"meta_data": [meta("_ywgc_applied_gift_cards_totals", "24")]}, [("Gift card", -24)]),
        ({"meta_data": [meta("_funds_used", 24)]}, [("Account funds", -24)]),
        (
            {
                "gift_cards": [{"id": 2, "code": "SU9F", "amount": 20}],
                "meta_data": [meta("_funds_used", "3"), meta("_ywpar_coupon_amount", "1")],
            },
            [("Gift card", -20), ("Account funds", -3), ("Reward points", -1)],
        ),
        (
            {
                "gift_cards": [{"id": 2, "code": "SU9F", "amount": 20}],
                "coupon_lines": [{"id": 3, "code": "store-credit", "discount": "4.00"}],
            },
            [("Gift card", -20), ("Coupon credit", -4)],
        ),
    ],
)
def test_credit_that_the_total_is_net_of(changes, lines):
    data = parsed(total="5.14", **changes)
    assert data.gift_certificate == 0
    assert come_to(data) == data.total
    assert [(item.title, item.amount) for item in planned(data).lines][-len(lines) :] == lines


def test_a_gift_card_that_the_total_is_not_net_of_is_a_means_of_payment():
    data = parsed(gift_cards=[{"id": 2, "code": "SU9F", "amount": 20}])
    assert (data.gift_certificate, come_to(data)) == (20, data.total)


# -- another currency than the shop's --------------------------------------------------------------------


def in_euro(**changes: Any) -> OrderData:
    """An order over 100.00 EUR in a shop, and for a CRM, in USD."""
    connection = Connection(pk=1, crm_currency=changes.pop("crm_currency", "USD"))
    shop = Source(platform="woocommerce", currency="USD", connection=connection)
    lines = [line(quantity=3, subtotal="90.00", total="80.00")]
    shipping = [{"id": 5, "method_title": "Flat rate", "total": "10.00"}]
    values = {"currency": "EUR", "line_items": lines, "shipping_lines": shipping, "total_tax": "10.00"}
    return PLATFORM.parse(shop, order(**{**values, "total": "100.00", **changes}), SAVED_AT)


AELIA = [
    meta("_base_currency", "USD"),
    meta("_order_total_base_currency", "109.50"),
    meta("_base_currency_exchange_rate", "1.095"),
]
WCPAY = [
    meta("_wcpay_multi_currency_order_default_currency", "USD"),
    meta("_wcpay_multi_currency_order_exchange_rate", "0.9132"),
]
SETTLED = meta("_wcpay_multi_currency_stripe_exchange_rate", "1.095")
WOOCS = [meta("_woocs_order_base_currency", "USD"), meta("_woocs_order_rate", "0.8")]


@pytest.mark.parametrize(
    ("told", "total"),
    [(AELIA, "109.50"), ([*WCPAY, SETTLED], "109.50"), (WCPAY, "109.51"), (WOOCS, "125.00")],
)
def test_figures_in_the_shops_currency_are_used_where_they_are_told(told, total):
    refund = [{"id": 9, "total": "-10.00"}]
    data = in_euro(meta_data=told, refunds=refund)
    assert (data.currency, data.total, data.doubt) == ("USD", Decimal(total), "")
    assert (data.paid_currency, data.paid_total) == ("EUR", 100)
    assert abs(come_to(data) - Decimal(total)) <= Decimal("0.03")
    assert data.refunded_total == quantize(10 * Decimal(total) / 100, "USD")
    assert planned(data).problem == ""


def test_amounts_that_aelia_tells_of_a_line_come_before_the_rate():
    told = [meta("_line_subtotal_base_currency", "98.54"), meta("_line_total_base_currency", "87.59")]
    lines = [line(quantity=3, subtotal="90.00", total="80.00", meta_data=told)]
    data = in_euro(meta_data=AELIA, line_items=lines)
    assert (data.subtotal, data.doubt) == (Decimal("98.54"), "")


def test_figures_that_do_not_add_up_are_doubted():
    data = in_euro(meta_data=[AELIA[0], meta("_order_total_base_currency", "120.00"), AELIA[2]])
    assert "its total is told as 120.00, but its lines and charges come to 109.5" in data.doubt


@pytest.mark.parametrize(
    "changes",
    [
        {"meta_data": []},
        {"meta_data": [meta("_base_currency", "GBP"), *AELIA[1:]]},
        {"meta_data": [meta("_base_currency_exchange_rate", "-1")]},
        {"meta_data": [WCPAY[0], meta("_wcpay_multi_currency_order_exchange_rate", "0")]},
        {"meta_data": AELIA, "crm_currency": "EUR"},  # the CRM wants what the buyer paid
    ],
)
def test_without_them_the_order_keeps_its_currency(changes):
    data = in_euro(**changes)
    assert (data.currency, data.total, data.paid_currency) == ("EUR", 100, "")


def test_store_credit_of_a_coupon_that_touches_no_line():
    data = parsed(coupon_lines=[{"code": "credit", "discount": "9.14"}], total="20.00")
    assert ("Coupon credit", Kind.DISCOUNT, Decimal("-9.14")) in charges(data)
    assert come_to(data) == data.total


def test_a_missing_sum_that_nothing_explains_parks_the_order():
    data = parsed(coupon_lines=[{"code": "credit", "discount": "3.00"}], total="20.00")
    assert come_to(data) == Decimal("29.14")
    assert "more than the shop's total" in planned(data).problem


@pytest.mark.parametrize(
    ("refunds", "status", "total", "reason"),
    [
        ([refund("-16.20", "Sold out"), refund("-8.10")], "completed", "24.30", "Sold out"),
        ([refund("-8.10")], "completed", "8.10", ""),
        ([refund("0.00", "Restocked")], "completed", None, "Restocked"),
        ([], "refunded", "29.14", ""),
        (None, "refunded", "29.14", ""),
        ([], "completed", None, ""),
    ],
)
def test_refunds_so_far(refunds, status, total, reason):
    data = parsed(refunds=refunds, status=status)
    assert (data.stage, data.refund_reason) == (Stage.PAID, reason)
    assert data.refunded_total == (None if total is None else Decimal(total))
    assert data.total == Decimal("29.14")


# -- bundles ----------------------------------------------------------------------------------------------


def bundle(container: str, *parts: str) -> list[dict[str, Any]]:
    def priced(id: int, price: str, **changes: Any) -> dict[str, Any]:
        return line(id, quantity=1, subtotal=price, total=price, **changes)

    rows = [priced(1, container, bundled_items=[2, 3])]
    return rows + [priced(2 + number, price, bundled_by="1") for number, price in enumerate(parts)]


@pytest.mark.parametrize(
    ("prices", "total", "sent"),
    [
        (("30.00", "0.00", "0.00"), "30.00", ["BONE-1"]),
        (("0.00", "10.00", "20.00"), "30.00", ["BONE-2", "BONE-3"]),
        (("5.00", "10.00", "20.00"), "35.00", ["BONE-1", "BONE-2", "BONE-3"]),
        (("30.00", "10.00", "20.00"), "30.00", ["BONE-1"]),  # an extension that writes the price twice
    ],
)
def test_a_bundle_is_sent_by_the_rows_that_were_charged(prices, total, sent):
    data = parsed(line_items=bundle(*prices), shipping_lines=[], total_tax="0", total=total)
    rows = data.lines or ()
    assert [(row.kit, row.kit_key) for row in rows] == [(True, ""), (False, "1"), (False, "1")]
    plan = planned(data)
    assert plan.problem == ""
    products = [item for item in plan.lines if item.amount]
    assert sum(item.amount for item in products) == Decimal(total)
    assert [rows[int(item.key) - 1].item_id for item in products] == sent


def test_a_discounted_bundle_with_priced_parts_and_an_item_beside_it():
    lines = bundle("0.00", "10.00", "20.00")
    lines[1]["total"] = "8.00"
    data = parsed(line_items=[*lines, line(9)], total="57.14")
    plan = planned(data)
    assert (plan.problem, plan.total) == ("", Decimal("57.14"))
    assert ("Discount", LineType.DISCOUNT) in [(item.title, item.type) for item in plan.lines]
    assert come_to(data) == data.total


def test_parts_are_told_by_meta_data_where_there_are_no_fields():
    lines = [
        line(1, meta_data=[meta("_bundle_cart_key", "abc"), meta("_bundled_items", ["def"])]),
        line(2, subtotal="0", total="0", meta_data=[meta("_bundled_by", "abc"), meta("_pao_ids", [{}])]),
        line(3, meta_data=[meta("_bundled_by", "gone")], bundled_by=[], composite_parent={}),
    ]
    rows = parsed(line_items=lines).lines or ()
    assert [(row.kit, row.kit_key) for row in rows] == [(True, ""), (False, "1"), (False, "")]
