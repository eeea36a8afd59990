"""A Magento shop asked over HTTP: a real SOAP server, in each dialect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from carts.order_data import MoneyState, Stage
from intake.models import Source
from intake.shop_api import ShopAnswerUnusable
from tests.carts.shops.magento.asked import OUR_MONTH, PLATFORM, charged, listed, magento_shop, reached, read
from tests.carts.shops.magento.payloads import order, shipment
from tests.carts.shops.magento.samples import RECORDED, needs_php, needs_samples
from tests.carts.shops.magento.server import DIALECTS, MagentoShopServer

pytestmark = [needs_samples, needs_php]


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[MagentoShopServer]:
    with magento_shop(tmp_path, settings) as running:
        yield running


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_recorded_orders_to_the_cent(server, dialect):
    server.speaks(dialect)
    server.knows_the_recorded()
    with reached(server) as shop:
        found = listed(shop, "orders")
    assert [polled.key for polled in found] == list(RECORDED)
    orders = [read(polled) for polled in found]
    assert [data.total for _, data in orders] == [Decimal(2010), Decimal(1005), Decimal(1005)]
    for native, data in orders:
        assert charged(data) == data.total
        assert (data.stage, data.money, data.payment_method) == (
            Stage.PAID,
            MoneyState.ON_ACCOUNT,
            "checkmo",
        )
        (parcel,) = PLATFORM.shipments(Source(), native.payload, data.version_at)
        assert (parcel.shipment_id, parcel.tracking) == (data.shop_order_id, ())
        assert native.payload["customer"]["created_at"] == "2018-02-12T20:56:03-05:00"
    assert [call["operation"] for call in server.calls()][-1] == "endSession"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_orders_of_the_older_api_to_the_cent(server, dialect):
    server.speaks(dialect)
    server.knows_the_older()
    with reached(server) as shop:
        found = {polled.key: read(polled)[1] for polled in shop.read(["100000001", "100000004"])}
    assert {key: data.total for key, data in found.items()} == {
        "100000001": Decimal("819.99"),
        "100000004": Decimal("14024.95"),
    }
    assert all(charged(data) == data.total for data in found.values())
    lines = found["100000004"].lines or ()
    assert [(line.key, line.kit, line.kit_key) for line in lines] == [
        ("7", False, ""),
        ("8", True, ""),
        ("9", False, "8"),
        ("10", False, "8"),
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_window_includes_both_its_ends(server, dialect):
    server.speaks(dialect)
    for number in range(5):
        server.knows(order(increment_id=f"10000000{number}", updated_at=f"2026-03-02 15:10:0{number}"))
    moment = datetime(2026, 3, 2, 15, 10, 1, tzinfo=UTC)
    with reached(server) as shop:
        found = listed(shop, "orders", (moment, moment + timedelta(seconds=1, milliseconds=300)))
    assert [polled.key for polled in found] == ["100000001", "100000002", "100000003"]


def test_a_page_is_given_before_the_next_is_asked_for(server):
    for number in range(45):
        server.knows(order(increment_id=f"1000000{number:02}", updated_at=f"2026-03-02 15:10:{number:02}"))
    with reached(server) as shop:
        pages = iter(shop.pages("orders", *OUR_MONTH))
        assert len(next(pages)) == 20
        assert len(server.calls("salesOrderInfo")) == 20
        assert [len(page) for page in pages] == [20, 5]


def test_a_list_too_large_is_asked_for_in_halves(server):
    for hour in range(8):
        server.knows(order(increment_id=f"10000000{hour}", updated_at=f"2026-03-02 {hour:02}:00:00"))
    server.plan(most_rows=4)
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    with reached(server) as shop:
        found = listed(shop, "orders", (begin, begin + timedelta(hours=8)))
    assert [polled.key for polled in found] == [f"10000000{hour}" for hour in range(8)]
    assert len(server.calls("salesOrderList")) < 8
    server.plan(most_rows=0)
    with reached(server) as shop, pytest.raises(ShopAnswerUnusable, match="larger than"):
        listed(shop, "orders", (begin, begin + timedelta(seconds=2)))


def test_what_only_the_list_tells_is_kept(server):
    server.knows(order(), {**order(coupon_code="SPRING"), "items": None})
    with reached(server) as shop:
        (polled,) = listed(shop, "orders", OUR_MONTH)
    native, data = read(polled)
    assert "coupon_code" not in native.payload["order"]
    assert [coupon.code for coupon in data.coupons] == ["SPRING"]


def test_the_same_order_read_again_is_the_same_body(server):
    server.knows_the_recorded()
    bodies = []
    for _ in range(2):
        with reached(server) as shop:
            bodies.append([polled.body for polled in listed(shop, "orders")])
    assert bodies[0] == bodies[1]


def test_a_tracking_number_added_later_brings_its_order_again(server):
    shipped = [{**line, "qty_shipped": "1.0000"} for line in order()["items"]]
    server.knows(order(items=shipped, updated_at="2026-03-03 10:00:00"), None, shipment(1))
    with reached(server) as shop:
        assert listed(shop, "shipments", OUR_MONTH) == []  # comes as a changed order
        later = shipment(1, "101", "JD01", updated_at="2026-03-03 12:00:00")
        server.knows(order(items=shipped, updated_at="2026-03-03 10:00:00"), None, later)
        (polled,) = listed(shop, "shipments", OUR_MONTH)
    native, data = read(polled)
    (parcel,) = PLATFORM.shipments(Source(), native.payload, data.version_at)
    assert [tracking.number for tracking in parcel.tracking] == ["JD01"]


def test_an_order_not_shipped_yet_costs_one_call(server):
    server.knows(order())
    with reached(server) as shop:
        listed(shop, "orders", OUR_MONTH)
    told = [call["operation"] for call in server.calls()]
    assert told == ["wsdl", "login", "salesOrderList", "salesOrderInfo", "endSession"]


def test_orders_it_does_not_have_are_left_out(server):
    server.knows(order())
    with reached(server) as shop:
        found = shop.read(["100000101", "100000999", "1,2"])
        assert [polled.key for polled in found] == ["100000101"]
        assert shop.read([]) == []
