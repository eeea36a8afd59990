"""Asking a WooCommerce shop, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carts.order_data import Stage
from carts.platforms.shop_platform import NativeOrder
from carts.platforms.woocommerce.platform import WooCommerce
from intake.json_text import json_read
from intake.models import Source
from intake.platform import NativeEvent
from intake.shop_api import ShopAnswerUnusable, ShopRefused, ShopUnavailable
from tests.carts.shops.woocommerce import KEY, SAVED_AT, SECRET, WooShop, order, running_shop

PLATFORM = WooCommerce()
SINCE, UNTIL = SAVED_AT - timedelta(hours=1), SAVED_AT + timedelta(hours=1)
HTML = {"Content-Type": "text/html"}


@pytest.fixture
def shop(settings: Any) -> Iterator[WooShop]:
    settings.SHOP_PRIVATE_ADDRESSES = True
    with running_shop() as running:
        yield running


def source_of(shop: WooShop, **changes: Any) -> Source:
    values = {"shop_url": shop.url + shop.folder, "api_user": KEY, "api_secret": SECRET}
    return Source(platform="woocommerce", currency="USD", **{**values, **changes})


def ids_of(shop: WooShop, since: datetime = SINCE, until: datetime = UNTIL) -> list[int]:
    with PLATFORM.reach(source_of(shop)) as api:
        return [int(polled.key) for page in api.pages("orders", since, until) for polled in page]


def failure(shop: WooShop, **changes: Any) -> Exception:
    with (
        pytest.raises((ShopRefused, ShopAnswerUnusable, ShopUnavailable)) as caught,
        PLATFORM.reach(source_of(shop, **changes)) as api,
    ):
        api.check()
    assert SECRET not in str(caught.value) + caught.value.detail
    return caught.value


def test_what_is_given_reads_like_a_delivery(shop):
    shop.put(order(501), order(502, status="pending", date_paid=None, date_paid_gmt=None))
    with PLATFORM.reach(source_of(shop)) as api:
        assert api.check() == "WooCommerce answered and lets us read its orders. It has 2."
        (page,) = api.pages("orders", SINCE, UNTIL)
    told = [
        PLATFORM.read(source_of(shop), NativeEvent(name=item.name, body=item.body), UNTIL) for item in page
    ]
    assert [(native.shop_order_id, native.stage) for native in told if isinstance(native, NativeOrder)] == [
        ("501", Stage.PAID),
        ("502", Stage.UNPAID),
    ]
    assert json_read(page[0].body)["total"] == "29.14"


def test_a_window_includes_both_ends_and_is_in_utc(shop):
    for number, seconds in enumerate((-1, 0, 1, 3599, 3600, 3601)):
        shop.put(order(600 + number, SAVED_AT + timedelta(seconds=seconds)))
    assert ids_of(shop, SAVED_AT, SAVED_AT + timedelta(hours=1)) == [601, 602, 603, 604]
    assert shop.asked[0]["modified_after"] == "2026-03-02T15:04:04"
    assert shop.asked[0]["dates_are_gmt"] == "true"


@pytest.mark.parametrize("count", [0, 1, 40, 49, 50, 51, 90, 91, 130, 175])
@pytest.mark.parametrize("tells_total", [True, False])
def test_every_order_comes_once_however_many_have_one_second(shop, count, tells_total):
    shop.tells_total = tells_total
    shop.put(*(order(1000 + number) for number in range(count)))
    assert ids_of(shop) == [1000 + number for number in range(count)]
    assert len(shop.asked) <= count // 40 + 1


@pytest.mark.parametrize("moved", [3, 25, 65])
@pytest.mark.parametrize("at", [1, 2])
def test_what_is_saved_while_paging_hides_nothing(shop, moved, at):
    shop.put(*(order(1000 + number) for number in range(160)))

    def save_some(number: int) -> None:
        if number == at:
            shop.put(*(order(1000 + early, UNTIL + timedelta(hours=3)) for early in range(moved)))

    shop.before_each = save_some
    found = ids_of(shop)
    assert found == sorted(set(found))
    assert set(found) >= {1000 + number for number in range(moved, 160)}
    assert len(shop.asked) < 10


def test_an_order_that_the_key_may_not_read_hides_no_other(shop):
    shop.put(*(order(1000 + number) for number in range(125)))
    shop.hidden = {1003, 1045, 1100}
    assert ids_of(shop) == [1000 + number for number in range(125) if 1000 + number not in shop.hidden]


@pytest.mark.parametrize(
    "lists",
    [
        [[order(2), order(1)]],
        [[order(1), order(1)]],
        [[order(1)], [], [order(1)]],
        [[{"id": True}]],
        [[{"id": "7"}]],
        [{"id": 7}],
        [["7"]],
    ],
)
def test_a_list_that_is_none_ends_in_words(shop, lists):
    headers = {"Content-Type": "application/json", "X-WP-Total": "5000"}
    shop.canned = [(200, headers, json.dumps(page).encode()) for page in lists]
    with pytest.raises(ShopAnswerUnusable):
        ids_of(shop)
    assert len(shop.asked) <= len(lists)


def test_a_shop_that_knows_no_window_is_told_to_update(shop):
    shop.knows_windows = False
    shop.put(*(order(1000 + number, SAVED_AT - timedelta(days=300)) for number in range(125)))
    with pytest.raises(ShopRefused, match=r"Update WooCommerce to 5\.8"):
        ids_of(shop)
    assert len(shop.asked) == 1


def test_orders_by_their_ids_the_trash_included(shop):
    shop.put(order(1), order(2, status="trash"), order(3))
    with PLATFORM.reach(source_of(shop)) as api:
        found = {
            polled.key: json_read(polled.body)["status"] for polled in api.read(["1", "2", "4", "TEST-5"])
        }
        assert found == {"1": "processing", "2": "trash"}
        assert [asked["include"] for asked in shop.asked] == ["1,2,4", "2,4"]
        assert api.read(["TEST-5"]) == []
    assert len(shop.asked) == 2


def test_plain_permalinks_and_a_folder(shop):
    shop.pretty, shop.folder = False, "/shop"
    shop.put(*(order(1000 + number) for number in range(70)))
    assert len(ids_of(shop)) == 70
    assert shop.paths == ["/shop/wp-json/wc/v3/orders", "/shop/", "/shop/"]


def test_a_shop_that_answers_its_front_page_is_asked_the_other_way(shop):
    shop.put(order(1))
    shop.canned = [(200, HTML, b"<html>Welcome</html>")]
    assert ids_of(shop) == [1]
    shop.canned = [(301, {"Location": "/"}, b"")]
    assert ids_of(shop) == [1]


@pytest.mark.parametrize("pasted", ["/", "/wp-json", "/wp-json/wc/v3/orders", "/wp-admin/admin.php"])
def test_an_address_pasted_with_what_follows(shop, pasted):
    with PLATFORM.reach(source_of(shop, shop_url=shop.url + pasted)) as api:
        assert "lets us read" in api.check()


@pytest.mark.parametrize(
    ("status", "headers", "body", "kind", "sentence"),
    [
        (403, HTML, b"<h1>Blocked by Wordfence</h1>", ShopRefused, "firewall or a security plugin"),
        (401, HTML, b"Authorization Required", ShopRefused, "firewall or a security plugin"),
        (403, {}, b'{"code":"rest_forbidden"}', ShopRefused, "firewall or a security plugin"),
        (403, {}, b'{"code":"woocommerce_rest_cannot_view"}', ShopRefused, "does not let this key read"),
        (404, {}, b'{"code":"rest_no_route"}', ShopRefused, "no WooCommerce at this address"),
        (400, {}, b'{"code":"rest_invalid_param"}', ShopAnswerUnusable, "did not understand"),
        (503, {"Retry-After": "120"}, b"Maintenance", ShopUnavailable, "out of order"),
        (500, {}, b'{"code":"internal_server_error"}', ShopUnavailable, "out of order"),
        (429, {"Retry-After": "7"}, b"", ShopUnavailable, "asks us to wait"),
        (200, {}, b'{"code":"strange"}', ShopAnswerUnusable, "list of orders"),
    ],
)
def test_refusals_and_failures_say_what_to_do(shop, status, headers, body, kind, sentence):
    shop.canned = [(status, headers, body)]
    error = failure(shop)
    assert isinstance(error, kind)
    assert sentence in str(error)
    assert len(shop.asked) == 1
    if "Retry-After" in headers:
        assert isinstance(error, ShopUnavailable)
        assert error.retry_after_seconds == float(headers["Retry-After"])


@pytest.mark.parametrize(
    ("canned", "kind", "sentence"),
    [
        ((200, HTML, b"<br /><b>Warning</b>[]"), ShopAnswerUnusable, "maintenance page"),
        ((404, HTML, b"<h1>Not Found</h1>"), ShopRefused, "no WooCommerce at this address"),
        ((301, {"Location": "https://www.example.com/"}, b""), ShopRefused, "sends us on"),
    ],
)
def test_an_answer_that_neither_route_gives(shop, canned, kind, sentence):
    shop.canned = [canned, canned]
    error = failure(shop)
    assert isinstance(error, kind)
    assert sentence in str(error)


def test_a_wrong_secret_is_told_from_a_lost_header(shop):
    assert "Make a new one" in str(failure(shop, api_secret="cs_other"))
    assert shop.asked
    assert "cs_other" not in str(failure(shop, api_secret="cs_other"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"api_user": ""}, "consumer key"),
        ({"api_secret": ""}, "consumer secret"),
        ({"shop_url": ""}, "https://"),
        ({"shop_url": "https://user:pw@example.com"}, "plain"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_asked(shop, changes, sentence):
    source = source_of(shop, **changes)
    with pytest.raises(ShopRefused, match=sentence):
        PLATFORM.reach(source)


def test_it_may_be_asked_once_all_three_are_given(shop):
    assert PLATFORM.may_ask(source_of(shop))
    assert not PLATFORM.may_ask(source_of(shop, api_secret=""))


def test_a_moment_with_an_offset_is_asked_for_in_utc(shop):
    shop.put(order(1))
    zone = datetime.fromisoformat("2026-03-02T10:04:05-05:00")
    assert zone.astimezone(UTC) == SAVED_AT
    assert ids_of(shop, zone, zone) == [1]


def test_orders_too_large_for_one_page_come_on_smaller_ones(shop):
    """Twelve orders of half a megabyte: what extensions leave in `meta_data` may be that long."""
    bloat = [{"key": "_gateway_log", "value": "x" * 500_000}]
    shop.put(*(order(501 + number, meta_data=bloat) for number in range(12)))
    assert ids_of(shop) == [501 + number for number in range(12)]
