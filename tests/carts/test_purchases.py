"""Carts that were bought after all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from carts.ingest.orders import order_ingest
from carts.ingest.purchases import cart_bought_check, carts_bought_by
from carts.ingest.records import cart_ingest
from carts.models import AbandonedCart, Order
from carts.order_data import Stage
from intake.models import Source
from intake.records import IngestOutcome
from tests.carts.records import cart_data
from tests.factories import PLACED_AT, SourceFactory, order_data

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
LEFT_AT = PLACED_AT - HOUR  # the cart comes at PLACED_AT and the abandon interval is one hour
OTHER_ITEM = (order_data().lines or ())[1:2]

# What the order is, and whether it shows that the cart (of BONE, by Ada) was bought.
CASES = [
    pytest.param({"placed_at": LEFT_AT}, True, id="placed when the cart was left"),
    pytest.param({"placed_at": PLACED_AT + 9 * HOUR}, True, id="placed later"),
    pytest.param({"placed_at": PLACED_AT + HOUR, "stage": Stage.UNPAID}, True, id="not paid yet"),
    pytest.param({"placed_at": PLACED_AT + HOUR, "lines": OTHER_ITEM}, True, id="another item, later"),
    pytest.param({"placed_at": PLACED_AT + HOUR, "email": "ADA@EXAMPLE.COM"}, True, id="address in capitals"),
    pytest.param({"placed_at": LEFT_AT - 23 * HOUR}, True, id="the item, the day before"),
    pytest.param({"placed_at": LEFT_AT - 25 * HOUR}, False, id="the item, long before"),
    pytest.param({"placed_at": LEFT_AT - HOUR, "lines": OTHER_ITEM}, False, id="another item, before"),
    pytest.param({"placed_at": PLACED_AT + HOUR, "stage": Stage.REJECTED}, False, id="rejected"),
    pytest.param({"placed_at": PLACED_AT + HOUR, "email": "bob@example.com"}, False, id="another buyer"),
    pytest.param({"placed_at": PLACED_AT + HOUR, "email": ""}, False, id="no address"),
    pytest.param({"placed_at": LEFT_AT - 99 * HOUR, "email": "", "cart_id": "C1"}, True, id="same token"),
    pytest.param({"placed_at": LEFT_AT - 99 * HOUR, "cart_id": "C2"}, False, id="another token"),
]
every_case = pytest.mark.parametrize(("changes", "bought"), CASES)


@pytest.fixture
def source() -> Source:
    return SourceFactory()


@every_case
def test_the_order_comes_after_the_cart(source, signals, changes, bought):
    cart_ingest(source, cart_data())
    order = order_ingest(source, order_data(**changes)).order
    cart = AbandonedCart.objects.get()
    assert (cart.bought_at is not None, cart.version) == (bought, 2 if bought else 1)
    assert cart.bought_by == (order if bought else None)
    assert signals.count("cart") == (2 if bought else 1)


@every_case
def test_the_cart_comes_after_the_order(source, signals, changes, bought):
    order = order_ingest(source, order_data(**changes)).order
    cart = cart_ingest(source, cart_data()).row
    assert cart.bought_by == (order if bought else None)
    assert cart_bought_check(cart) == bought
    assert signals.count("cart") == 1


@every_case
def test_the_two_did_not_see_each_other(source, signals, changes, bought, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        cart_ingest(source, cart_data())
        order = order_ingest(source, order_data(**changes)).order
    AbandonedCart.objects.update(bought_at=None, bought_by=None, version=1)
    signals.clear()
    for callback in callbacks:
        callback()
    assert AbandonedCart.objects.get().bought_by == (order if bought else None)
    assert signals == (["cart"] if bought else [])
    assert carts_bought_by(order) == 0


def test_an_order_in_another_shop_of_the_same_account(source, signals):
    cart_ingest(source, cart_data())
    order_ingest(SourceFactory(connection=source.connection), order_data(placed_at=PLACED_AT + HOUR))
    order_ingest(SourceFactory(), order_data(placed_at=PLACED_AT + HOUR))
    assert AbandonedCart.objects.get().bought_at is not None


def test_the_token_of_another_shop_is_another_cart(source, signals):
    cart_ingest(source, cart_data())
    other = SourceFactory(connection=source.connection)
    order_ingest(other, order_data(cart_id="C1", email="bob@example.com"))
    assert AbandonedCart.objects.get().bought_at is None


def test_what_the_engine_asks_again_is_safe_to_repeat(source, signals):
    cart = cart_ingest(source, cart_data()).row
    assert not cart_bought_check(cart)
    Order.objects.bulk_create([_row(source)])
    assert cart_bought_check(cart)
    assert (cart.bought_by, cart.version) == (Order.objects.get(), 2)
    assert cart_bought_check(cart)
    assert cart.version == 2
    assert signals == ["cart", "cart"]


def test_a_cart_that_was_bought_stays_bought(source, signals):
    cart_ingest(source, cart_data(version_at=PLACED_AT))
    order_ingest(source, order_data(placed_at=PLACED_AT + HOUR))
    result = cart_ingest(source, cart_data(version_at=PLACED_AT + 50 * HOUR, coupons=()))
    assert (result.outcome, result.row.version) == (IngestOutcome.UPDATED, 3)
    assert AbandonedCart.objects.get().bought_at is not None


def test_many_carts_of_one_buyer(source, signals, monkeypatch):
    monkeypatch.setattr("carts.ingest.purchases._BATCH", 2)
    for number in range(5):
        cart_ingest(source, cart_data(cart_id=f"C{number}"))
    order_ingest(source, order_data(placed_at=PLACED_AT + HOUR))
    assert not AbandonedCart.objects.filter(bought_at=None).exists()


def _row(source: Source, **changes: Any) -> Order:
    data = order_data(placed_at=PLACED_AT + HOUR, **changes)
    return Order(
        source=source,
        shop_order_id=data.shop_order_id,
        stage=data.stage,
        placed_at=data.placed_at,
        email_key="ada@example.com",
        currency="USD",
        version_at=data.version_at,
        data=data.to_json(),
    )
