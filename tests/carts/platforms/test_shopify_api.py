"""Asking a Shopify shop: its pages, its limits, its refusals, and what becomes of its answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from carts.platforms.shop_platform import NativeOrder
from carts.platforms.shopify.admin_api import API_VERSION
from carts.platforms.shopify.platform import Shopify
from carts.record_data import CheckoutData
from intake.json_text import json_read
from intake.models import Source
from intake.platform import NativeEvent
from intake.shop_api import Polled, ShopAnswerUnusable, ShopError, ShopRefused, ShopUnavailable
from tests.carts.shopify_payloads import ORDER_ID, at, checkout, needs_samples, order, sample
from tests.carts.shops.shopify import TOKEN, Shop

PLATFORM = Shopify()
SINCE = datetime(2026, 3, 2, 15, tzinfo=UTC)
UNTIL = SINCE + timedelta(minutes=59)


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.SHOP_PRIVATE_ADDRESSES = True


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop.start() as shop:
        yield shop


def source_of(shop: Shop, **changes: Any) -> Source:
    values = {"platform": "shopify", "currency": "USD", "shop_url": shop.url, "api_secret": TOKEN}
    return Source(**{**values, **changes})


def pages(shop: Shop, feed: str = "orders", **changes: Any) -> list[list[Polled]]:
    with PLATFORM.reach(source_of(shop, **changes)) as reached:
        return [list(page) for page in reached.pages(feed, SINCE, UNTIL)]


def orders(count: int) -> list[dict[str, Any]]:
    return [order(id=ORDER_ID + number, updated_at=at(number)) for number in range(count)]


def test_the_check_names_the_shop_and_a_currency_that_differs(shop):
    shop.orders = orders(2)
    with PLATFORM.reach(source_of(shop)) as reached:
        assert reached.check() == "Shopify answered for the shop Tea & Co; 2 orders can be read."
    with PLATFORM.reach(source_of(shop, currency="EUR")) as reached:
        assert "Its currency is USD: set that" in reached.check()
    assert shop.asked[0][0] == f"/admin/api/{API_VERSION}/shop.json"


def test_a_window_page_by_page(shop):
    shop.orders, shop.most_per_page = [*orders(5), order(id=1, updated_at="2026-03-02T12:00:00Z")], 2
    found = pages(shop)
    assert [[polled.key for polled in page] for page in found] == [
        [str(ORDER_ID), str(ORDER_ID + 1)],
        [str(ORDER_ID + 2), str(ORDER_ID + 3)],
        [str(ORDER_ID + 4)],
    ]
    first = shop.asked[0][1]
    assert first == {
        "limit": "250",
        "status": "any",
        "order": "updated_at asc",
        "updated_at_min": "2026-03-02T15:00:00+00:00",
        "updated_at_max": "2026-03-02T15:59:00+00:00",
    }
    assert all(set(query) == {"limit", "page_info"} for _, query in shop.asked[1:])


def test_a_page_is_asked_for_when_it_is_wanted(shop):
    shop.orders, shop.most_per_page = orders(3), 1
    with PLATFORM.reach(source_of(shop)) as reached:
        found = iter(reached.pages("orders", SINCE, UNTIL))
        next(found)
        assert len(shop.asked) == 1


def test_both_ends_belong_to_the_window_and_cancelled_orders_too(shop):
    shop.orders = [order(id=1), order(id=2, updated_at=at(59), cancelled_at=at(59))]
    (page,) = pages(shop)
    assert [polled.key for polled in page] == ["1", "2"]
    with PLATFORM.reach(source_of(shop)) as reached:
        until = UNTIL - timedelta(microseconds=1)
        (page,) = reached.pages("orders", SINCE, until)
    assert len(page) == 2  # the shop's times are whole seconds, so a part of one is all of it


def test_what_it_gives_is_read_like_a_delivery(shop):
    shop.orders = orders(1)
    ((polled,),) = pages(shop)
    told = PLATFORM.read(source_of(shop), NativeEvent(name=polled.name, body=polled.body), SINCE)
    assert isinstance(told, NativeOrder)
    assert told.shop_order_id == str(ORDER_ID)
    assert json_read(polled.body) == orders(1)[0]
    assert PLATFORM.parse(source_of(shop), told.payload, SINCE).total == Decimal("61.00")


def test_abandoned_checkouts(shop):
    shop.checkouts = [checkout(), checkout(id=5002, token="checkout-2", updated_at=at(2))]
    ((first, second),) = pages(shop, "checkouts")
    told = PLATFORM.read(source_of(shop), NativeEvent(name=second.name, body=second.body), SINCE)
    assert isinstance(told, CheckoutData)
    assert (first.key, told.cart_id, told.completed) == ("5001", "checkout-2", False)
    assert "status" not in shop.asked[0][1]


@needs_samples
def test_the_documented_lists_through_the_poller(shop):
    documented = sample("rest-checkouts.json")["checkouts"][0]
    shop.checkouts = [documented]
    shop.orders = [sample("rest-order.json")["order"]]
    shown = {}
    with PLATFORM.reach(source_of(shop)) as reached:
        for feed in ("orders", "checkouts"):
            ((polled,),) = reached.pages(feed, datetime(2007, 1, 1, tzinfo=UTC), UNTIL)
            event = NativeEvent(name=polled.name, body=polled.body)
            shown[feed] = PLATFORM.read(source_of(shop), event, SINCE)
    assert shown["checkouts"].cart.total == Decimal("409.94")
    assert shown["orders"].shop_order_id == "450789469"


def test_orders_by_their_ids(shop):
    shop.orders = [*orders(3), order(id=7, cancelled_at=at(9))]
    with PLATFORM.reach(source_of(shop)) as reached:
        found = reached.read([str(ORDER_ID + 1), "7", "404", "no-number", ""])
        assert sorted(polled.key for polled in found) == ["7", str(ORDER_ID + 1)]
        assert shop.asked[0][1]["ids"] == f"{ORDER_ID + 1},7,404"
        assert reached.read(["no-number"]) == []
    assert len(shop.asked) == 1  # without an id Shopify would give them all


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        ((401, {}, b"{}"), ShopRefused, "refused the credentials"),
        ((403, {}, b"{}"), ShopRefused, "may read orders"),
        ((404, {}, b"{}"), ShopRefused, "ends in myshopify.com"),
        ((301, {"Location": "https://other.example/"}, b""), ShopRefused, "another address"),
        ((500, {}, b"oops"), ShopUnavailable, "out of order"),
        ((503, {"Retry-After": "30"}, b""), ShopUnavailable, "out of order"),
        ((400, {}, b"{}"), ShopAnswerUnusable, "did not understand"),
        ((200, {}, b"<html>"), ShopAnswerUnusable, "not with what its API promises"),
        ((200, {}, b"[]"), ShopAnswerUnusable, "something other"),
        ((200, {}, b'{"orders": {}}'), ShopAnswerUnusable, "something other"),
        ((200, {}, b'{"orders": [1]}'), ShopAnswerUnusable, "something other"),
    ],
)
def test_what_goes_wrong_is_told_in_words(shop, answer, error, sentence):
    shop.answers = [answer]
    with pytest.raises(error, match=sentence) as caught:
        pages(shop)
    assert TOKEN not in caught.value.message + caught.value.detail
    assert len(shop.asked) == 1  # nothing is sent twice


def test_a_full_bucket_is_waited_for_as_long_as_the_shop_says(shop):
    shop.answers = [(429, {"Retry-After": "2.0"}, b"{}")]
    with pytest.raises(ShopUnavailable, match="asks us to wait") as caught:
        pages(shop)
    assert caught.value.retry_after_seconds == 2.0


@pytest.mark.parametrize(
    ("bucket", "waits"), [("40/40", True), ("30/40", True), ("2/40", False), ("?", False)]
)
def test_near_the_brim_of_the_bucket_it_asks_more_slowly(shop, bucket, waits):
    shop.orders, shop.most_per_page, shop.bucket = orders(2), 1, bucket
    begun = time.monotonic()
    assert len(pages(shop)) == 2
    assert (time.monotonic() - begun >= 0.5) is waits


def test_a_link_to_another_host_is_not_followed(shop):
    with Shop.start(orders=orders(3)) as other:
        shop.orders, shop.most_per_page, shop.next_host = orders(3), 1, other.url
        with pytest.raises(ShopAnswerUnusable, match="another host"):
            pages(shop)
        assert other.asked == []


def test_pages_without_an_end_are_given_up(shop):
    shop.orders, shop.most_per_page, shop.circles = orders(9), 2, True
    with pytest.raises(ShopAnswerUnusable, match="no end"):
        pages(shop)
    assert len(shop.asked) < 5


def test_without_the_right_to_read_orders_the_check_says_so(shop):
    shop.scopes = set()
    with PLATFORM.reach(source_of(shop)) as reached, pytest.raises(ShopRefused, match="may read orders"):
        reached.check()


@pytest.mark.parametrize(
    "changes",
    [{"api_secret": ""}, {"api_secret": "shpat_\n"}, {"api_secret": "ключ"}, {"api_secret": "a\nb: c"}],
)
def test_a_token_that_cannot_be_meant_goes_nowhere(shop, changes):
    if changes["api_secret"].strip() == "shpat_":
        PLATFORM.reach(source_of(shop, **changes)).close()  # a line end that was pasted with it
        return
    with pytest.raises(ShopRefused, match="access token"):
        PLATFORM.reach(source_of(shop, **changes))


@pytest.mark.parametrize(
    "url", ["", "shop.myshopify.com", "ftp://shop.myshopify.com", "https://u:p@shop.example"]
)
def test_an_address_that_cannot_be_a_shops(shop, url):
    with pytest.raises(ShopRefused, match="address of the shop"):
        PLATFORM.reach(source_of(shop, shop_url=url))


def test_a_private_address_is_not_asked(shop, settings):
    settings.SHOP_PRIVATE_ADDRESSES = False
    with pytest.raises(ShopError):
        pages(shop)
    address = shop.url.replace("http://", "https://")
    with pytest.raises(ShopUnavailable, match="did not answer"):
        pages(shop, shop_url=address)
    assert shop.asked == []


def test_what_stands_behind_the_host_does_not_matter(shop):
    assert pages(shop, shop_url=f"{shop.url}/admin/orders/") == [[]]


def test_both_credentials_are_needed(shop):
    assert PLATFORM.may_ask(source_of(shop))
    assert not PLATFORM.may_ask(source_of(shop, api_secret=""))
    assert not PLATFORM.may_ask(source_of(shop, shop_url=""))


def test_orders_too_large_for_one_page_come_on_smaller_ones(shop):
    note = "x" * 900_000
    shop.orders = [order(id=number, note=note, updated_at="2026-03-02T15:30:00Z") for number in range(1, 8)]
    with PLATFORM.reach(source_of(shop)) as api:
        found = [polled.key for page in api.pages("orders", SINCE, UNTIL) for polled in page]
        told = [polled.key for polled in api.read_in_parts(found)]
    assert found == told == [str(number) for number in range(1, 8)]
