"""What a Magento shop lets us see: sessions, keys, roles, addresses, and how it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from carts.platforms.magento.client import MagentoClient, SoapFault
from intake.models import Source
from intake.platform import BadPayload, NativeEvent
from intake.polling.http import shop_session
from intake.shop_api import ShopAnswerUnusable, ShopError, ShopRefused, ShopUnavailable
from tests.carts.shops.magento.asked import OUR_MONTH, PLATFORM, listed, magento_shop, reached, read
from tests.carts.shops.magento.payloads import order
from tests.carts.shops.magento.samples import needs_php, needs_samples
from tests.carts.shops.magento.server import DIALECTS, KEY, USER, MagentoShopServer
from tests.factories import PLACED_AT as RECEIVED_AT

pytestmark = [needs_samples, needs_php]


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[MagentoShopServer]:
    with magento_shop(tmp_path, settings) as running:
        yield running


def test_an_ended_session_is_begun_anew(server):
    server.knows_the_recorded()
    server.plan(session_calls=3)
    with reached(server) as shop:
        assert len(listed(shop, "orders")) == 3
    assert len(server.calls("login")) == 4
    server.plan(session_calls=0)
    with reached(server) as shop, pytest.raises(ShopUnavailable, match="again and again"):
        listed(shop, "orders")
    assert len(server.calls("login")) == 6


def test_a_wrong_key_is_refused_and_shown_nowhere(server):
    with (
        reached(server, api_secret="not-the-key") as shop,
        pytest.raises(ShopRefused, match="API key") as caught,
    ):
        shop.check()
    assert "not-the-key" not in f"{caught.value.message}{caught.value.detail}"


def test_a_complaint_that_repeats_the_session_does_not_show_it(server):
    server.plan(faults={"salesOrderList": "1"})
    with reached(server) as shop, pytest.raises(ShopUnavailable, match="error of its own") as caught:
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
def test_what_a_fault_means(server, code, kind):
    server.plan(faults={"salesOrderList": code})
    with reached(server) as shop, pytest.raises(kind):
        listed(shop, "orders")


def test_an_order_at_which_the_shop_fails_keeps_no_other_from_being_read(server):
    server.knows_the_recorded()
    server.plan(hurt=["100000002"])
    with reached(server) as shop:
        found = listed(shop)
    assert [(polled.key, polled.name) for polled in found] == [
        ("100000001", "order_read"),
        ("100000002", "order_unreadable"),
        ("100000003", "order_read"),
    ]
    event = NativeEvent(name=found[1].name, body=found[1].body)
    with pytest.raises(BadPayload, match="asked for order 100000002"):
        PLATFORM.read(Source(), event, RECEIVED_AT)


@pytest.mark.parametrize(
    "trouble",
    [
        {"faults": {"salesOrderInfo": "1", "salesOrderList": "1"}},
        {"spoils": ["salesOrderInfo"], "status": 503},
    ],
)
def test_a_shop_in_trouble_is_not_blamed_on_its_orders(server, trouble):
    for number in range(21):
        server.knows(order(increment_id=f"1000000{number:02}", updated_at=f"2026-03-02 15:10:{number:02}"))
    with reached(server) as shop:
        pages = iter(shop.pages("orders", *OUR_MONTH))
        assert len(next(pages)) == 20
        server.plan(**trouble)
        with pytest.raises(ShopUnavailable):
            next(pages)


def test_a_shipment_or_account_at_which_the_shop_fails_does_not_cost_the_order(server):
    server.knows_the_recorded()
    server.plan(faults={"salesOrderShipmentInfo": "Server", "customerCustomerInfo": "1"})
    with reached(server) as shop:
        native, data = read(listed(shop)[0])
    assert native.payload["customer"] == {}
    (parcel,) = PLATFORM.shipments(Source(), {**native.payload}, data.version_at)
    assert (parcel.shipment_id, parcel.shipped_at is not None) == ("100000001", True)


def test_a_role_without_orders_is_told_so(server):
    server.plan(denied=["salesOrderShipmentList"])
    with reached(server) as shop, pytest.raises(ShopRefused, match="role may read orders and shipments"):
        shop.check()


def test_a_role_without_customers_still_brings_orders(server):
    server.knows_the_recorded()
    server.plan(denied=["customerCustomerInfo"])
    with reached(server) as shop:
        assert "customers can not" in shop.check()
        found = listed(shop, "orders")
    assert len(found) == 3
    assert len(server.calls("customerCustomerInfo")) == 1
    assert json.loads(found[0].body)["customer"] == {}


def test_nothing_secret_is_kept(server):
    server.knows_the_recorded()
    with reached(server) as shop:
        bodies = b"".join(polled.body for polled in listed(shop, "orders"))
    assert b"password_hash" not in bodies
    assert b"protect_code" not in bodies


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_check_says_who_answered(server, dialect):
    server.speaks(dialect)
    with reached(server) as shop:
        name = "OpenMage" if dialect == "OpenMage" else "Magento"
        assert shop.check().startswith(f"The shop answered: {name} SOAP v2")
    if dialect == "WS-I":
        assert "(WS-I)" in reached(server).check()


def test_the_description_is_read_once(server):
    for _ in range(3):
        with reached(server) as shop:
            shop.check()
    assert len(server.calls("wsdl")) == 1


def test_a_shop_that_changed_its_dialect_is_understood_at_the_second_try(server):
    with reached(server) as shop:
        shop.check()
    server.speaks("WS-I")
    with reached(server) as shop, pytest.raises(ShopError):
        shop.check()
    with reached(server) as shop:
        assert "(WS-I)" in shop.check()


@pytest.mark.parametrize("more", ["/", "/index.php", "/index.php/"])
def test_the_address_may_be_written_in_these_ways(server, more):
    with reached(server, shop_url=server.url + more) as shop:
        assert shop.check()


def test_an_address_without_a_shop(server):
    with (
        reached(server, shop_url=f"{server.url}/elsewhere") as shop,
        pytest.raises(ShopRefused, match="no SOAP API"),
    ):
        shop.check()


@pytest.mark.parametrize("missing", ["shop_url", "api_user", "api_secret"])
def test_without_a_credential_it_is_not_asked(server, missing):
    with pytest.raises(ShopRefused):
        reached(server, **{missing: ""})


def test_a_private_address_is_not_asked(server, settings):
    settings.SHOP_PRIVATE_ADDRESSES = False
    with pytest.raises(ShopRefused, match="https"):
        reached(server)
    with (
        reached(server, shop_url=server.url.replace("http:", "https:")) as shop,
        pytest.raises(ShopUnavailable),
    ):
        shop.check()
    assert server.calls() == []


def test_a_fault_of_one_thing_names_its_code(server):
    client = MagentoClient(shop_session(), server.url, USER, KEY)
    with pytest.raises(SoapFault) as caught:
        client.read("salesOrderInfo", orderIncrementId="1")
    assert caught.value.code == "100"
