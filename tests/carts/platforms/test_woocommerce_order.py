"""What a WooCommerce order becomes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from carts.order_data import ChargeKind, MoneyState, OrderData, Stage
from carts.platforms.woocommerce.platform import WooCommerce
from intake.models import Source
from intake.platform import BadPayload
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


def test_a_paid_order():
    data = parsed()
    assert (data.shop_order_id, data.number, data.stage, data.shop_stage) == (
        "501",
        "501",
        Stage.PAID,
        "processing",
    )
    assert data.placed_at == data.version_at == datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
    assert data.paid_at == datetime(2026, 3, 2, 15, 4, 9, tzinfo=UTC)
    assert (data.total, data.subtotal, data.currency) == (Decimal("29.14"), Decimal("19.90"), "USD")
    (row,) = data.lines or ()
    assert (row.key, row.item_id, row.quantity, row.unit_price) == ("11", "BONE-11", 2, Decimal("9.95"))
    assert charges(data) == [
        ("Flat rate", Kind.SHIPPING, Decimal("7.25")),
        ("Tax", Kind.TAX, Decimal("1.99")),
    ]
    assert (data.email, data.billing.first_name, data.billing.region, data.billing.phones) == (
        "ada@example.com",
        "Ada",
        "GA",
        ("555-0100",),
    )
    assert (data.payment_method, data.money, data.mailing_list) == ("stripe", MoneyState.RECEIVED, False)
    assert come_to(data) == data.total
    assert OrderData.from_json(data.to_json()) == data


@pytest.mark.parametrize(
    ("status", "paid", "stage"),
    [
        ("processing", True, Stage.PAID),
        ("processing", False, Stage.PAID),
        ("completed", False, Stage.PAID),
        ("refunded", True, Stage.PAID),
        ("pending", False, Stage.UNPAID),
        ("on-hold", False, Stage.UNPAID),
        ("on-hold", True, Stage.PAID),
        ("checkout-draft", False, Stage.UNPAID),
        ("shipped-by-us", True, Stage.PAID),
        ("shipped-by-us", False, Stage.UNPAID),
        ("wc-completed", False, Stage.PAID),
        ("cancelled", True, Stage.REJECTED),
        ("failed", False, Stage.REJECTED),
        ("trash", True, Stage.REJECTED),
    ],
)
def test_stages(status, paid, stage):
    assert (
        parsed(status=status, **({} if paid else {"date_paid": None, "date_paid_gmt": None})).stage == stage
    )


@pytest.mark.parametrize(
    ("status", "dates", "money"),
    [
        ("processing", {"date_paid": None, "date_paid_gmt": None}, MoneyState.ON_ACCOUNT),
        ("processing", {}, MoneyState.RECEIVED),  # a thinned payload says nothing of the payment
        ("completed", {"date_paid": None, "date_paid_gmt": None}, MoneyState.RECEIVED),
    ],
)
def test_cash_on_delivery_is_on_account_until_it_is_completed(status, dates, money):
    payload = order(status=status, payment_method="cod")
    del payload["date_paid"], payload["date_paid_gmt"]
    assert PLATFORM.parse(SOURCE, {**payload, **dates}, SAVED_AT).money == money


def test_times_are_the_utc_twins_and_only_else_the_sites_own():
    both = parsed(date_created="2026-03-02T10:04:05", date_created_gmt="2026-03-02T15:04:05")
    assert both.placed_at.hour == 15
    assert parsed(date_created_gmt=None).placed_at == datetime(2026, 3, 2, 10, 4, 5, tzinfo=UTC)
    assert parsed(date_created_gmt="0000-00-00T00:00:00").placed_at.hour == 10
    assert parsed(date_created_gmt="2026-03-02T10:04:05-05:00").placed_at == both.placed_at
    payload = order(date_modified=None, date_modified_gmt=None, date_completed_gmt="2026-03-04T00:00:00")
    assert PLATFORM.parse(SOURCE, payload, SAVED_AT).version_at == datetime(2026, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "item_id"),
    [
        ({}, "BONE-11"),
        ({"sku": "", "variation_id": 88}, "88"),
        ({"sku": None}, "81"),
        ({"sku": "", "product_id": 0}, "Dog bone"),
        ({"sku": "", "product_id": 0, "name": ""}, "11"),
    ],
)
def test_an_item_is_named_by_its_sku_or_the_next_best(changes, item_id):
    (row,) = parsed(line_items=[line(**changes)]).lines or ()
    assert row.item_id == item_id


@pytest.mark.parametrize(
    ("entries", "source"),
    [
        ([meta("_wc_order_attribution_utm_source", "newsletter")], "newsletter"),
        ([meta("_wc_order_attribution_referrer", "https://www.example.com/a?b")], "www.example.com"),
        (
            [
                meta("_wc_order_attribution_referrer", "https://www.example.com/"),
                meta("_wc_order_attribution_utm_source", "google"),
            ],
            "google",
        ),
        ([meta("_wc_order_attribution_referrer", "https://[broken")], ""),
        ([meta("_wc_order_attribution_utm_source", {"a": 1})], ""),
        ([], ""),
    ],
)
def test_the_advertising_source(entries, source):
    assert parsed(meta_data=entries).custom_fields == ({"advertising_source": source} if source else {})


def test_a_renewal_names_its_subscription_and_a_test_mode_is_marked():
    data = parsed(meta_data=[meta("_subscription_renewal", 77), meta("_wcpay_mode", "test")])
    assert (data.original_order_id, data.is_test) == ("77", True)
    assert not parsed().is_test


def parcels(*entries: Any) -> Any:
    payload = order(meta_data=[meta("_wc_shipment_tracking_items", list(entries))])
    return PLATFORM.shipments(SOURCE, payload, SAVED_AT)


def test_trackings_are_one_shipment_in_the_order_they_were_sent():
    (shipment,) = parcels(
        {
            "tracking_provider": "usps",
            "tracking_number": "2",
            "date_shipped": "2026-03-05",
            "tracking_id": "b",
        },
        {
            "tracking_provider": "fedex",
            "tracking_number": "1",
            "date_shipped": "1772582400",
            "tracking_id": "a",
        },
        {
            "custom_tracking_provider": "Bike",
            "custom_tracking_link": "https://b.example",
            "tracking_number": "3",
        },
    )
    assert shipment.shipment_id == ""
    assert [(item.number, item.url) for item in shipment.tracking] == [
        ("1", ""),
        ("2", ""),
        ("3", "https://b.example"),
    ]
    assert shipment.shipped_at == datetime(2026, 3, 4, tzinfo=UTC)
    assert (shipment.carrier, shipment.method) == ("fedex, usps, Bike", "Flat rate")


@pytest.mark.parametrize(
    "entries", [[], [{}], [{"tracking_number": "", "date_shipped": "soon"}], ["strange"]]
)
def test_no_number_and_no_date_is_no_shipment(entries):
    assert list(parcels(*entries)) == []


def test_trackings_that_another_extension_keeps_in_its_own_way_park_nothing():
    payload = order(meta_data=[meta("_wc_shipment_tracking_items", "a text")])
    assert list(PLATFORM.shipments(SOURCE, payload, SAVED_AT)) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"date_created": None, "date_created_gmt": None}, "date_created_gmt"),
        ({"date_created_gmt": "yesterday"}, "date_created_gmt should be a time"),
        ({"date_paid_gmt": "0001-01-01T00:00:00"}, "date_paid_gmt should be a time"),
        ({"line_items": [line(quantity=-1)]}, r"line_items\[0\]\.quantity is negative"),
        ({"line_items": [line(sku="S" * 101)]}, r"line_items\[0\]\.sku is longer"),
        ({"line_items": [line(subtotal="lots")]}, r"line_items\[0\]\.subtotal should be a number"),
        ({"total": "1e40"}, "total should be a number"),
        ({"billing": "Ada"}, "billing should be an object"),
    ],
)
def test_what_cannot_be_used_is_named(changes, sentence):
    with pytest.raises(BadPayload, match=sentence):
        parsed(**changes)


def test_a_later_save_is_a_later_version():
    later = SAVED_AT + timedelta(days=2)
    assert parsed(saved_at=later).version_at == later
