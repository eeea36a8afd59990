"""What a Shopify order becomes, apart from the finer points of its money."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from carts.order_data import Coupon, MoneyState, OrderData, Stage
from carts.platforms.shopify.platform import Shopify
from intake.models import Source
from intake.party import Party
from intake.platform import BadPayload
from tests.carts.shopify_life import one_tin_back
from tests.carts.shopify_payloads import CUP, ORDER_ID, TEA, address, at, lines, order

PLATFORM = Shopify()
SOURCE = Source(platform="shopify", currency="USD")
RECEIVED_AT = datetime(2026, 3, 3, tzinfo=UTC)


def parse(**changes: Any) -> OrderData:
    return PLATFORM.parse(SOURCE, order(**changes), RECEIVED_AT)


def without(*names: str, **changes: Any) -> OrderData:
    payload = {name: value for name, value in order(**changes).items() if name not in names}
    return PLATFORM.parse(SOURCE, payload, RECEIVED_AT)


def test_a_paid_order():
    data = parse()
    assert (data.shop_order_id, data.number) == (str(ORDER_ID), "#1001")
    assert (data.stage, data.shop_stage, data.money) == (Stage.PAID, "paid", MoneyState.RECEIVED)
    assert data.placed_at == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert (data.email, data.currency, data.is_test) == ("ada@example.com", "USD", False)
    assert (data.payment_method, data.shipping_method) == ("shopify_payments", "Standard")
    assert data.coupons == (Coupon(code="SPRING", typed="SPRING"),)
    assert (data.cart_id, data.mailing_list) == ("checkout-1", True)
    assert data.custom_fields == {"advertising_source": "newsletter"}
    assert OrderData.from_json(data.to_json()) == data


def test_its_lines_are_named_by_sku_or_else_by_the_variant():
    assert [(line.key, line.item_id, line.quantity, line.unit_price) for line in parse().lines or ()] == [
        (str(TEA), "TEA", 2, Decimal("20.00")),
        (str(CUP), "4012", 1, Decimal("15.50")),
    ]


@pytest.mark.parametrize(
    ("fields", "item_id", "title"),
    [
        ({"sku": " S-1 "}, "S-1", "Cup"),
        ({"sku": None, "variant_id": None}, "3012", "Cup"),
        ({"variant_id": None, "product_id": None}, "Cup", "Cup"),
        ({"sku": "S", "name": "", "variant_title": "Blue"}, "S", "Cup - Blue"),
        ({"variant_id": None, "product_id": None, "title": None, "name": "A gift"}, "A gift", "A gift"),
    ],
)
def test_what_names_an_item(fields, item_id, title):
    item = {**lines()[1], **fields}
    (found,) = parse(line_items=[item]).lines or ()
    assert (found.item_id, found.title) == (item_id, title)


@pytest.mark.parametrize(
    ("fields", "is_fee"),
    [
        ({"gift_card": True}, True),
        ({"title": "Shipping Protection by Route"}, True),
        ({"sku": "ROUTEINS12", "title": "Route"}, True),
        ({"title": "Package protection"}, True),
        ({"title": "Screen protection film"}, False),
        ({}, False),
    ],
)
def test_what_is_sold_beside_the_goods(fields, is_fee):
    (found,) = parse(line_items=[{**lines()[1], **fields}]).lines or ()
    assert found.fee == is_fee


def test_gift_cards_and_store_credit_pay_a_part():
    names = ["gift_card", "shopify_store_credit", "shopify_payments"]
    assert parse(payment_gateway_names=names).payment_method == "shopify_payments"
    assert parse(payment_gateway_names=names[:2]).payment_method == "gift_card"


def test_lines_that_share_an_id_are_told_apart_by_their_place():
    twice = [lines()[0], {**lines()[1], "id": TEA}]
    assert [line.key for line in parse(line_items=twice).lines or ()] == ["1", "2"]


@pytest.mark.parametrize(
    ("changes", "stage", "money"),
    [
        ({"financial_status": "pending"}, Stage.UNPAID, MoneyState.RECEIVED),
        ({"financial_status": "authorized"}, Stage.UNPAID, MoneyState.RECEIVED),
        (
            {"financial_status": "partially_paid", "total_outstanding": None},
            Stage.UNPAID,
            MoneyState.RECEIVED,
        ),
        ({"financial_status": "expired"}, Stage.UNPAID, MoneyState.RECEIVED),
        ({"financial_status": None}, Stage.UNPAID, MoneyState.RECEIVED),
        ({"financial_status": "paid"}, Stage.PAID, MoneyState.RECEIVED),
        ({"financial_status": "partially_refunded"}, Stage.PAID, MoneyState.RECEIVED),
        ({"financial_status": "refunded"}, Stage.PAID, MoneyState.RECEIVED),
        ({"financial_status": "voided"}, Stage.REJECTED, MoneyState.RECEIVED),
        ({"cancelled_at": at(9), "financial_status": "paid"}, Stage.REJECTED, MoneyState.RECEIVED),
        ({"cancelled_at": at(9), "financial_status": "pending"}, Stage.REJECTED, MoneyState.RECEIVED),
        (
            {"financial_status": "pending", "fulfillment_status": "fulfilled"},
            Stage.PAID,
            MoneyState.ON_ACCOUNT,
        ),
        ({"financial_status": "pending", "fulfillment_status": "partial"}, Stage.UNPAID, MoneyState.RECEIVED),
        ({"financial_status": "paid", "fulfillment_status": "fulfilled"}, Stage.PAID, MoneyState.RECEIVED),
    ],
)
def test_stages(changes, stage, money):
    data = parse(**changes)
    assert (data.stage, data.money) == (stage, money)


def test_a_cancelled_order_says_so_and_why():
    data = parse(cancelled_at=at(9), cancel_reason="fraud", financial_status="refunded")
    assert (data.shop_stage, data.reject_reason) == ("cancelled", "fraud")


def test_of_two_versions_of_one_second_the_one_further_along_is_the_later():
    steps: list[dict[str, Any]] = [
        {"financial_status": "pending"},
        {"financial_status": "authorized"},
        {"financial_status": "paid"},
        {"financial_status": "paid", "fulfillment_status": "partial"},
        {"financial_status": "paid", "fulfillment_status": "fulfilled"},
        {"financial_status": "partially_refunded", "refunds": [one_tin_back()]},
        {"financial_status": "refunded"},
        {"financial_status": "refunded", "cancelled_at": at(0)},
    ]
    versions = [parse(**step).version_at for step in steps]
    assert versions == sorted(set(versions))
    assert versions[-1] - versions[0] < timedelta(seconds=1)
    assert parse(updated_at=at(0, 1), financial_status="pending").version_at > versions[-1]


def test_without_the_time_of_its_change_the_latest_time_it_tells_counts():
    assert without("updated_at", closed_at=at(9)).version_at >= datetime(2026, 3, 2, 15, 9, tzinfo=UTC)


def test_an_imported_order_was_placed_when_the_shop_shows_it():
    assert parse(processed_at="2024-01-02T03:04:05Z").placed_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert without("processed_at").placed_at == datetime(2026, 3, 2, 15, tzinfo=UTC)
    with pytest.raises(BadPayload, match="created_at"):
        without("processed_at", "created_at")


@pytest.mark.parametrize(
    ("fields", "email"),
    [
        ({"email": "", "contact_email": "bob@example.com"}, "bob@example.com"),
        ({"email": None, "contact_email": None}, "ada@example.com"),
        ({"email": "", "contact_email": "", "customer": None}, ""),
    ],
)
def test_where_the_email_is_found(fields, email):
    assert parse(**fields).email == email


def test_the_addresses():
    data = parse(phone="+1 (555) 0100", customer={"phone": "555-0199"})
    assert data.billing == Party(
        first_name="Ada",
        last_name="Lovelace",
        company="Engines Ltd",
        phones=("555-0100", "+1 (555) 0100", "555-0199"),
        street1="1 Main Street",
        city="Atlanta",
        region="GA",
        postal_code="30303",
        country="US",
    )
    assert (data.shipping.first_name, data.shipping.phones) == ("Byron", ("555-0100",))


def test_without_a_billing_address_the_customer_is_the_contact():
    customer = {
        "first_name": "Bob",
        "last_name": "Babbage",
        "default_address": {**address(""), "last_name": ""},
    }
    data = parse(billing_address=None, shipping_address=None, customer=customer)
    assert (data.billing.first_name, data.billing.city) == ("Bob", "Atlanta")
    assert data.shipping == Party()


def test_a_name_in_one_piece_is_taken_apart():
    party = {**address(""), "last_name": None, "name": "Ada King Lovelace"}
    data = parse(billing_address=party, customer=None)
    assert (data.billing.first_name, data.billing.last_name) == ("Ada King", "Lovelace")


@pytest.mark.parametrize(
    ("fields", "ticked"),
    [
        ({"buyer_accepts_marketing": False}, False),
        ({"buyer_accepts_marketing": None, "customer": None}, False),
        ({"customer": {"email_marketing_consent": {"state": "subscribed"}}}, True),
        ({"customer": {"email_marketing_consent": {"state": "unsubscribed"}}}, False),
        ({"customer": {"email_marketing_consent": None}}, False),
    ],
)
def test_the_mailing_list(fields, ticked):
    assert parse(**{"buyer_accepts_marketing": False, **fields}).mailing_list is ticked


def test_coupons_blank_and_automatic():
    data = parse(
        discount_codes=[{"code": ""}, {"code": "SPRING"}, {"code": "SPRING"}],
        discount_applications=[
            {"type": "discount_code", "code": "SPRING"},
            {"type": "automatic", "title": "Buy 2 get 1"},
            {"type": "manual", "title": "For you"},
        ],
    )
    assert data.coupons == (
        Coupon(code="SPRING", typed="SPRING"),
        Coupon(code="Buy 2 get 1", automatic=True),
    )


@pytest.mark.parametrize(
    ("landing", "referring", "source"),
    [
        ("/?utm_source=ads&utm_source=b", "https://x.example/", "ads"),
        ("https://shop.example/p?a=1&utm_source=%C3%A4", None, "ä"),
        ("/?source=abc", "http://www.otherexample.com/path", "www.otherexample.com"),
        (None, None, ""),
        ("http://[bad", "http://[bad", ""),
        ("/?" + "a=1&" * 300, "not an address", ""),
    ],
)
def test_the_advertising_source(landing, referring, source):
    fields = parse(landing_site=landing, referring_site=referring).custom_fields
    assert fields.get("advertising_source", "") == source


@pytest.mark.parametrize(
    ("names", "method"),
    [
        (["gift_card", "paypal"], "paypal"),
        (["gift_card"], "gift_card"),
        (["Cash on Delivery (COD)"], "Cash on Delivery (COD)"),
        ([], "authorize_net"),
    ],
)
def test_the_payment_method(names, method):
    assert parse(payment_gateway_names=names, gateway="authorize_net").payment_method == method


def test_the_cart_it_came_of():
    assert parse(checkout_token=None).cart_id == "cart-1"
    assert parse(checkout_token=None, cart_token=None).cart_id == ""


def test_a_test_order():
    assert parse(test=True).is_test


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"line_items": [{**lines()[0], "sku": "x" * 101}]}, r"line_items\[0\].sku"),
        ({"line_items": [{**lines()[0], "quantity": -1}]}, r"line_items\[0\].quantity"),
        ({"line_items": [{**lines()[0], "price": "-1", "price_set": None}]}, "price"),
        ({"line_items": [{"quantity": 1}]}, "SKU"),
        ({"line_items": "all"}, "line_items"),
        ({"total_price": "much", "total_price_set": None}, "total_price"),
        ({"updated_at": "yesterday"}, "updated_at"),
        ({"email": "x" * 321}, "email"),
        ({"total_tax": "-1", "total_tax_set": None}, "total_tax"),
    ],
)
def test_what_is_wrong_is_named(changes, field):
    with pytest.raises(BadPayload, match=field):
        parse(**changes)
