"""What is read from UltraCart's API, over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carts.platforms.shop_platform import NativeOrder, ReadEvent
from carts.platforms.ultracart.platform import UltraCart
from carts.platforms.ultracart.rest_api import listed
from carts.platforms.ultracart.shop import EXPAND, FEEDS, UltraCartShop
from carts.record_data import AffiliateData, ItemFolderData
from intake.json_text import json_read
from intake.models import Source
from intake.party import Party
from intake.platform import BadPayload, NativeEvent
from intake.shop_api import FeedKind, Polled, ShopAnswerUnusable, ShopError, ShopRefused, ShopUnavailable
from tests.carts.payloads import fixture, paid_order
from tests.carts.shops.ultracart import KEY, UltraCartAccount, error, running
from tests.factories import PLACED_AT

PLATFORM = UltraCart()
SOURCE = Source(platform="ultracart", currency="USD", api_secret=KEY)
DAY = timedelta(days=1)


@pytest.fixture
def account(settings) -> Iterator[UltraCartAccount]:
    with running(UltraCartAccount()) as account:
        settings.SHOP_PRIVATE_ADDRESSES = True
        settings.ULTRACART_URL = account.url
        yield account


@pytest.fixture
def shop(account) -> Iterator[UltraCartShop]:
    with PLATFORM.reach(SOURCE) as shop:
        yield shop


def numbered(count: int) -> list[dict[str, Any]]:
    return [paid_order(order_id=f"SHOP-{number:04}") for number in range(count)]


def read_all(shop: UltraCartShop, feed: str, since: Any = PLACED_AT - DAY, until: Any = PLACED_AT + DAY):
    return [polled for page in shop.pages(feed, since, until) for polled in page]


def told(polled: Polled) -> ReadEvent:
    return PLATFORM.read(SOURCE, NativeEvent(name=polled.name, body=polled.body), PLACED_AT)


# -- orders ---------------------------------------------------------------------------------------------


def test_an_order_is_read_whole_and_as_it_is_now(account, shop):
    account.put(fixture("order_both.json"))
    (polled,) = shop.read(["SHOP-0000000777"])
    assert (polled.key, polled.name) == ("SHOP-0000000777", "order_read")
    native = told(polled)
    assert isinstance(native, NativeOrder)
    assert (native.read_back, native.ask_again, native.shop_order_id) == (True, False, polled.key)
    whole = PLATFORM.parse(SOURCE, fixture("order_both.json"), PLACED_AT)
    assert PLATFORM.parse(SOURCE, native.payload, PLACED_AT) == whole


@pytest.mark.parametrize(
    ("feed", "begins", "moment"),
    [
        ("placed", "creation_date", "2026-03-02T10:04:05-05:00"),
        ("paid", "payment_date", "2026-03-02T10:04:30-05:00"),
        ("shipped", "shipment_date", "2026-03-04T14:30:00-05:00"),
        ("refunded", "refund_date", "2026-03-12T09:30:00-04:00"),
    ],
)
def test_a_window_holds_what_happened_in_it_both_ends_included(account, shop, feed, begins, moment):
    account.put(fixture("order_both.json"), paid_order(creation_dts="2020-01-01T00:00:00Z", payment={}))
    at = datetime.fromisoformat(moment)
    assert [polled.key for polled in read_all(shop, feed, at, at)] == ["SHOP-0000000777"]
    assert read_all(shop, feed, at + timedelta(seconds=1), at + DAY) == []
    _, path, params, query = account.asked[0]
    assert (path, params["_limit"], params["_expand"]) == ("/rest/v2/order/orders/query", "200", EXPAND)
    assert query.keys() == {f"{begins}_begin", f"{begins}_end", "query_target"}


def test_every_feed_of_orders_is_a_window_that_overlaps():
    windows = [feed for feed in FEEDS if feed.kind == FeedKind.WINDOW]
    assert [feed.name for feed in windows] == ["placed", "paid", "shipped", "refunded"]
    assert all(feed.overlap >= timedelta(minutes=30) for feed in windows)
    assert [feed.kind for feed in FEEDS[4:]] == [FeedKind.OPEN, FeedKind.LIST, FeedKind.LIST]


@pytest.mark.parametrize("tells_more", [True, False])
@pytest.mark.parametrize("count", [0, 1, 200, 201, 450])
def test_every_page_is_read_once(account, shop, count, tells_more):
    account.tells_more = tells_more
    account.put(*numbered(count))
    assert [polled.key for polled in read_all(shop, "placed")] == sorted(account.orders)


def test_pages_smaller_than_wanted_are_no_end(account, shop):
    account.most = 7
    account.put(*numbered(20))
    assert len(read_all(shop, "placed")) == 20


def test_the_next_page_is_asked_for_when_it_is_wanted(account, shop):
    account.put(*numbered(450))
    pages = shop.pages("placed", PLACED_AT - DAY, PLACED_AT + DAY)
    assert account.asked == []
    next(iter(pages))
    assert len(account.asked) == 1


def test_a_list_without_an_end_is_given_up():
    more = {"success": True, "orders": [paid_order()], "metadata": {"result_set": {"more": True}}}
    with pytest.raises(ShopAnswerUnusable, match="no end"):
        list(listed(lambda page: more, "orders"))


def test_what_the_batch_lacks_is_asked_for_by_itself(account, shop):
    account.put(*numbered(3))
    found = shop.read(["SHOP-0001", "GONE/1", "SHOP-0000", "SHOP-0001"])
    assert sorted(polled.key for polled in found) == ["SHOP-0000", "SHOP-0001"]
    assert [path for _, path, *_ in account.asked] == [
        "/rest/v2/order/orders/batch",
        "/rest/v2/order/orders/GONE%2F1",
    ]
    assert shop.read([]) == []


@pytest.mark.parametrize(
    "answer",
    [error("Order not found.", 404), (404, {}, b"<html>"), error("The order does not exist.", 400)],
)
def test_a_batch_that_is_refused_for_an_unknown_order_is_no_failure(account, shop, answer):
    account.put(*numbered(1))
    account.canned = [answer]
    assert [polled.key for polled in shop.read(["SHOP-0000"])] == ["SHOP-0000"]


def test_another_order_than_asked_for_is_not_taken(account, shop):
    account.canned = [
        (200, {}, json.dumps({"success": True, "orders": [paid_order(order_id="OTHER")]}).encode()),
        (200, {}, json.dumps({"success": True, "order": paid_order(order_id="OTHER")}).encode()),
    ]
    assert shop.read(["MINE"]) == []


def test_numbers_are_kept_to_the_last_digit(account, shop):
    body = b'{"success": true, "orders": [{"order_id": "A", "total": 0.12345678901234567890}]}'
    account.canned = [(200, {}, body)]
    (polled,) = shop.read(["A"])
    assert str(json_read(polled.body)["total"]) == "0.12345678901234567890"


# -- lists ----------------------------------------------------------------------------------------------

AFFILIATE = {
    "affiliate_oid": 123456789012345678,
    "merchant_id": "SHOP",
    "email": "carl@example.com",
    "first_name": "Carl",
    "last_name": "Example",
    "company_name": "Links Ltd",
    "address_1": "3 Third Street",
    "city": "Macon",
    "state": "GA",
    "postal_code": "31201",
    "country_code": "US",
    "phone": "555-0101",
    "status": "Active",
    "short_code": "carl",
}


def test_affiliates_active_or_not(account, shop):
    account.affiliates = [AFFILIATE, {"affiliate_oid": 2, "status": "Inactive", "email": "dora@example.com"}]
    first, second = map(told, read_all(shop, "affiliates", None, None))
    assert first == AffiliateData(
        shop_affiliate_id="123456789012345678",
        version_at=PLACED_AT,
        code="carl",
        email="carl@example.com",
        party=Party(
            first_name="Carl",
            last_name="Example",
            company="Links Ltd",
            phones=("555-0101",),
            street1="3 Third Street",
            city="Macon",
            region="GA",
            postal_code="31201",
            country="US",
        ),
    )
    assert isinstance(second, AffiliateData)
    assert (second.shop_affiliate_id, second.active) == ("2", False)


def test_an_orders_affiliate_has_the_id_of_the_list(account, shop):
    account.affiliates = [AFFILIATE]
    (affiliate,) = map(told, read_all(shop, "affiliates", None, None))
    order = PLATFORM.parse(
        SOURCE, paid_order(affiliates=[{"affiliate_oid": AFFILIATE["affiliate_oid"]}]), PLACED_AT
    )
    assert isinstance(affiliate, AffiliateData)
    assert order.affiliates == (affiliate.shop_affiliate_id,)


def test_the_folders_of_items(account, shop):
    account.items = [
        {"merchant_item_id": "BONE", "parent_category_id": 4711, "parent_category_path": "/dogs/", "x": 1},
        {"merchant_item_id": "ROOT", "parent_category_id": 0, "parent_category_path": "/"},
        {"merchant_item_id": "OLD", "parent_category_path": "/dogs/"},
        {"merchant_item_id": "BARE"},
        {"merchant_item_oid": 5},
    ]
    polled = read_all(shop, "folders", None, None)
    assert [told(one) for one in polled] == [
        ItemFolderData(item_id="BONE", folder_id="4711"),
        ItemFolderData(item_id="ROOT", folder_id="0"),
        ItemFolderData(item_id="OLD", folder_id="/dogs/"),
        ItemFolderData(item_id="BARE", folder_id=""),
    ]
    assert json_read(polled[0].body).keys() == {
        "merchant_item_id",
        "parent_category_id",
        "parent_category_path",
    }


def test_long_lists_are_read_to_their_end(account, shop):
    account.items = [{"merchant_item_id": str(number)} for number in range(450)]
    assert len(read_all(shop, "folders", None, None)) == 450


@pytest.mark.parametrize(("feed", "right"), [("affiliates", "affiliate"), ("folders", "item")])
def test_a_list_that_the_key_may_not_read_holds_up_nothing(account, shop, feed, right):
    account.rights.remove(right)
    assert read_all(shop, feed, None, None) == []
    assert f"may not read {feed}" in shop.check()


@pytest.mark.parametrize("name", ["order_read", "affiliate_read", "item_read"])
@pytest.mark.parametrize("body", [b"[]", b"{}", b"no json", b'{"order_id": 5, "creation_dts": 1}'])
def test_what_cannot_be_read_is_refused_in_words(name, body):
    with pytest.raises(BadPayload):
        PLATFORM.read(SOURCE, NativeEvent(name=name, body=body), PLACED_AT)


# -- what may go wrong ----------------------------------------------------------------------------------


def test_the_check_names_the_account(account, shop):
    assert shop.check() == "UltraCart answered: orders can be read."
    account.put(paid_order(creation_dts=datetime.now(UTC).isoformat()))
    assert shop.check() == "UltraCart answered for the account SHOP: orders can be read."


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (error("rate of 10000 per 86400 second(s) exceeded.", 400), ShopUnavailable, "wait"),
        (error("rate of 10000 per 86400 second(s) exceeded.", 200), ShopUnavailable, "wait"),
        (error("Too many", 429), ShopUnavailable, "wait"),
        ((503, {}, b"down"), ShopUnavailable, "out of order"),
        (error("Invalid simple key specified.", 401), ShopRefused, "refused the API key"),
        (error("Application disabled.", 410), ShopRefused, "refused the API key"),
        ((410, {}, b""), ShopRefused, "refused the API key"),
        (error("You do not have the permission order_read."), ShopRefused, "refused the API key"),
        ((302, {"Location": "https://example.com/"}, b""), ShopRefused, "another address"),
        (error("The date is wrong."), ShopAnswerUnusable, "The date is wrong."),
        (error("", 200), ShopAnswerUnusable, "no reason"),
        ((200, {}, b'{"success": false}'), ShopAnswerUnusable, "no reason"),
        ((200, {}, b"<html>"), ShopAnswerUnusable, "maintenance"),
        ((200, {}, b"[]"), ShopAnswerUnusable, "no object"),
        ((200, {}, b"{}"), ShopAnswerUnusable, "other than"),
        ((200, {}, b'{"orders": {"order_id": 1}}'), ShopAnswerUnusable, "other than"),
        ((200, {}, b'{"orders": [5]}'), ShopAnswerUnusable, "other than"),
        ((200, {}, b'{"orders": [{"current_stage": "Hold"}]}'), ShopAnswerUnusable, "no order_id"),
        ((404, {}, b""), ShopAnswerUnusable, "nothing of that name"),
    ],
)
def test_an_answer_that_is_no_answer(account, shop, answer, kind, words):
    account.canned = [answer]
    with pytest.raises(kind, match=words):
        read_all(shop, "paid")


def test_it_waits_as_long_as_it_is_told(account, shop):
    account.canned = [error("Too many", 429, **{"Retry-After": "77"})]
    with pytest.raises(ShopUnavailable) as caught:
        read_all(shop, "paid")
    assert caught.value.retry_after_seconds == 77


def test_nobody_there(account, shop, settings):
    settings.ULTRACART_URL = "http://127.0.0.1:9"
    with PLATFORM.reach(SOURCE) as nobody, pytest.raises(ShopUnavailable):
        nobody.check()


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_key_that_the_shop_repeats_is_told_nobody(account, shop, status):
    account.canned = [error(f"The key {KEY} is wrong.", status)]
    with pytest.raises(ShopError) as caught:
        read_all(shop, "paid")
    assert KEY not in f"{caught.value} {caught.value.message} {caught.value.detail}"


@pytest.mark.parametrize("key", ["", " ", "two words", "ümlaut", "line\nbreak", "x" * 301])
def test_a_key_that_cannot_be_meant(key):
    with pytest.raises(ShopRefused, match="simple key"):
        PLATFORM.reach(Source(platform="ultracart", api_secret=key))


def test_only_an_account_with_a_key_is_asked():
    assert PLATFORM.may_ask(SOURCE)
    assert not PLATFORM.may_ask(Source(platform="ultracart"))


def test_orders_too_large_for_one_page_come_on_smaller_ones(account, shop):
    for order in numbered(9):
        account.put({**order, "internal": {"merchant_notes": "x" * 800_000}})
    assert sorted({polled.key for polled in read_all(shop, "placed")}) == [f"SHOP-{n:04}" for n in range(9)]
    assert len(shop.read_in_parts([f"SHOP-{number:04}" for number in range(9)])) == 9
