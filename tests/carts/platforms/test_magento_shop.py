"""A Magento shop asked over HTTP: a real SOAP server, in each dialect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from carts.models import Source
from carts.order_data import MoneyState, OrderData, Stage
from carts.platforms.asking import Polled, Shop, ShopAnswerUnusable, ShopError, ShopRefused, ShopUnavailable
from carts.platforms.base import NativeEvent, NativeOrder
from carts.platforms.magento.client import MagentoClient, SoapFault
from carts.platforms.magento.platform import Magento
from carts.platforms.magento.wsdl import wsdl_forget
from carts.shop_http import shop_session
from tests.carts.shops.magento.payloads import order, shipment
from tests.carts.shops.magento.samples import RECORDED, needs_php, needs_samples
from tests.carts.shops.magento.server import KEY, USER, MagentoShopServer, magento_server
from tests.factories import PLACED_AT as RECEIVED_AT

pytestmark = [needs_samples, needs_php]
PLATFORM = Magento()
DIALECTS = ["Magento", "OpenMage", "WS-I"]
BEGIN, END = datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 12, 31, tzinfo=UTC)
OURS = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC)


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[MagentoShopServer]:
    settings.SHOP_PRIVATE_ADDRESSES = True
    with magento_server(tmp_path) as running:
        wsdl_forget(f"{running.url}/index.php/api/v2_soap/?wsdl=1")  # a port may be used again
        yield running


@pytest.fixture
def reach(server: MagentoShopServer) -> Callable[..., Shop]:
    def reached(**changes: Any) -> Shop:
        values = {"shop_url": server.url, "api_user": USER, "api_secret": KEY, **changes}
        return PLATFORM.reach(Source(platform="magento", currency="USD", **values))

    return reached


def read(polled: Polled) -> tuple[NativeOrder, OrderData]:
    source = Source(platform="magento", currency="USD")
    native = PLATFORM.read(source, NativeEvent(name=polled.name, body=polled.body), RECEIVED_AT)
    assert isinstance(native, NativeOrder)
    return native, PLATFORM.parse(source, native.payload, RECEIVED_AT)


def listed(shop: Shop, feed: str, since: datetime = BEGIN, until: datetime = END) -> list[Polled]:
    return [polled for page in shop.pages(feed, since, until) for polled in page]


def charged(data: OrderData) -> Decimal:
    lines = sum(line.quantity * line.unit_price for line in data.lines or () if not line.kit_key)
    return lines + sum(charge.amount for charge in data.charges)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_recorded_orders_to_the_cent(server, reach, dialect):
    server.speaks(dialect)
    server.knows_the_recorded()
    with reach() as shop:
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
def test_orders_of_the_older_api_to_the_cent(server, reach, dialect):
    server.speaks(dialect)
    server.knows_the_older()
    with reach() as shop:
        found = {polled.key: read(polled)[1] for polled in shop.orders(["100000001", "100000004"])}
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
def test_a_window_includes_both_its_ends(server, reach, dialect):
    server.speaks(dialect)
    for number in range(5):
        server.knows(order(increment_id=f"10000000{number}", updated_at=f"2026-03-02 15:10:0{number}"))
    moment = datetime(2026, 3, 2, 15, 10, 1, tzinfo=UTC)
    with reach() as shop:
        found = listed(shop, "orders", moment, moment + timedelta(seconds=1, milliseconds=300))
    assert [polled.key for polled in found] == ["100000001", "100000002", "100000003"]


def test_a_page_is_given_before_the_next_is_asked_for(server, reach):
    for number in range(45):
        server.knows(order(increment_id=f"1000000{number:02}", updated_at=f"2026-03-02 15:10:{number:02}"))
    with reach() as shop:
        pages = iter(shop.pages("orders", *OURS))
        assert len(next(pages)) == 20
        assert len(server.calls("salesOrderInfo")) == 20
        assert [len(page) for page in pages] == [20, 5]


def test_a_list_too_large_is_asked_for_in_halves(server, reach):
    for hour in range(8):
        server.knows(order(increment_id=f"10000000{hour}", updated_at=f"2026-03-02 {hour:02}:00:00"))
    server.plan(most_rows=4)
    begin = datetime(2026, 3, 2, tzinfo=UTC)
    with reach() as shop:
        found = listed(shop, "orders", begin, begin + timedelta(hours=8))
    assert [polled.key for polled in found] == [f"10000000{hour}" for hour in range(8)]
    assert len(server.calls("salesOrderList")) < 8
    server.plan(most_rows=0)
    with reach() as shop, pytest.raises(ShopAnswerUnusable, match="larger than"):
        listed(shop, "orders", begin, begin + timedelta(seconds=2))


def test_what_only_the_list_tells_is_kept(server, reach):
    server.knows(order(), {**order(coupon_code="SPRING"), "items": None})
    with reach() as shop:
        (polled,) = listed(shop, "orders", *OURS)
    native, data = read(polled)
    assert "coupon_code" not in native.payload["order"]
    assert [coupon.code for coupon in data.coupons] == ["SPRING"]


def test_the_same_order_read_again_is_the_same_body(server, reach):
    server.knows_the_recorded()
    bodies = []
    for _ in range(2):
        with reach() as shop:
            bodies.append([polled.body for polled in listed(shop, "orders")])
    assert bodies[0] == bodies[1]


def test_a_tracking_number_added_later_brings_its_order_again(server, reach):
    shipped = [{**line, "qty_shipped": "1.0000"} for line in order()["items"]]
    server.knows(order(items=shipped, updated_at="2026-03-03 10:00:00"), None, shipment(1))
    with reach() as shop:
        assert listed(shop, "shipments", *OURS) == []  # comes as a changed order
        later = shipment(1, "101", "JD01", updated_at="2026-03-03 12:00:00")
        server.knows(order(items=shipped, updated_at="2026-03-03 10:00:00"), None, later)
        (polled,) = listed(shop, "shipments", *OURS)
    native, data = read(polled)
    (parcel,) = PLATFORM.shipments(Source(), native.payload, data.version_at)
    assert [tracking.number for tracking in parcel.tracking] == ["JD01"]


def test_an_order_not_shipped_yet_costs_one_call(server, reach):
    server.knows(order())
    with reach() as shop:
        listed(shop, "orders", *OURS)
    told = [call["operation"] for call in server.calls()]
    assert told == ["wsdl", "login", "salesOrderList", "salesOrderInfo", "endSession"]


def test_orders_it_does_not_have_are_left_out(server, reach):
    server.knows(order())
    with reach() as shop:
        found = shop.orders(["100000101", "100000999", "1,2"])
        assert [polled.key for polled in found] == ["100000101"]
        assert shop.orders([]) == []


def test_an_ended_session_is_begun_anew(server, reach):
    server.knows_the_recorded()
    server.plan(session_calls=3)
    with reach() as shop:
        assert len(listed(shop, "orders")) == 3
    assert len(server.calls("login")) == 4
    server.plan(session_calls=0)
    with reach() as shop, pytest.raises(ShopUnavailable, match="again and again"):
        listed(shop, "orders")
    assert len(server.calls("login")) == 6


def test_a_wrong_key_is_refused_and_shown_nowhere(server, reach):
    with reach(api_secret="not-the-key") as shop, pytest.raises(ShopRefused, match="API key") as caught:
        shop.check()
    assert "not-the-key" not in f"{caught.value.message}{caught.value.detail}"


def test_a_complaint_that_repeats_the_session_does_not_show_it(server, reach):
    server.plan(faults={"salesOrderList": "1"})
    with reach() as shop, pytest.raises(ShopUnavailable, match="error of its own") as caught:
        shop.check()
    assert "It hurts, …." in caught.value.detail


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("1", ShopUnavailable),
        ("2", ShopRefused),
        ("3", ShopRefused),
        ("4", ShopRefused),
        ("101", ShopAnswerUnusable),
        ("Server", ShopUnavailable),
    ],
)
def test_what_a_fault_means(server, reach, code, kind):
    server.plan(faults={"salesOrderList": code})
    with reach() as shop, pytest.raises(kind):
        listed(shop, "orders")


def test_a_role_without_orders_is_told_so(server, reach):
    server.plan(denied=["salesOrderShipmentList"])
    with reach() as shop, pytest.raises(ShopRefused, match="role may read orders and shipments"):
        shop.check()


def test_a_role_without_customers_still_brings_orders(server, reach):
    server.knows_the_recorded()
    server.plan(denied=["customerCustomerInfo"])
    with reach() as shop:
        assert "customers can not" in shop.check()
        found = listed(shop, "orders")
    assert len(found) == 3
    assert len(server.calls("customerCustomerInfo")) == 1
    assert json.loads(found[0].body)["customer"] == {}


def test_nothing_secret_is_kept(server, reach):
    server.knows_the_recorded()
    with reach() as shop:
        bodies = b"".join(polled.body for polled in listed(shop, "orders"))
    assert b"password_hash" not in bodies
    assert b"protect_code" not in bodies


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_check_says_who_answered(server, reach, dialect):
    server.speaks(dialect)
    with reach() as shop:
        name = "OpenMage" if dialect == "OpenMage" else "Magento"
        assert shop.check().startswith(f"The shop answered: {name} SOAP v2")
    if dialect == "WS-I":
        assert "(WS-I)" in reach().check()


def test_the_description_is_read_once(server, reach):
    for _ in range(3):
        with reach() as shop:
            shop.check()
    assert len(server.calls("wsdl")) == 1


def test_a_shop_that_changed_its_dialect_is_understood_at_the_second_try(server, reach):
    with reach() as shop:
        shop.check()
    server.speaks("WS-I")
    with reach() as shop, pytest.raises(ShopError):
        shop.check()
    with reach() as shop:
        assert "(WS-I)" in shop.check()


@pytest.mark.parametrize("more", ["/", "/index.php", "/index.php/"])
def test_the_address_may_be_written_in_these_ways(server, reach, more):
    with reach(shop_url=server.url + more) as shop:
        assert shop.check()


def test_an_address_without_a_shop(server, reach):
    with reach(shop_url=f"{server.url}/elsewhere") as shop, pytest.raises(ShopRefused, match="no SOAP API"):
        shop.check()


@pytest.mark.parametrize("missing", ["shop_url", "api_user", "api_secret"])
def test_without_a_credential_it_is_not_asked(reach, missing):
    with pytest.raises(ShopRefused):
        reach(**{missing: ""})


def test_a_private_address_is_not_asked(server, reach, settings):
    settings.SHOP_PRIVATE_ADDRESSES = False
    with pytest.raises(ShopRefused, match="https"):
        reach()
    with reach(shop_url=server.url.replace("http:", "https:")) as shop, pytest.raises(ShopUnavailable):
        shop.check()
    assert server.calls() == []


def test_a_fault_of_one_thing_names_its_code(server):
    client = MagentoClient(shop_session(), server.url, USER, KEY)
    with pytest.raises(SoapFault) as caught:
        client.read("salesOrderInfo", orderIncrementId="1")
    assert caught.value.code == "100"
