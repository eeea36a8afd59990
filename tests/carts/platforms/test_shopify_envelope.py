"""What a Shopify delivery is about, by its topic or its fields, and what is not used."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from carts.platforms.shop_platform import NativeOrder
from carts.platforms.shopify.platform import Shopify
from intake.models import Source
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed
from tests.carts.shopify_life import one_tin_back
from tests.carts.shopify_payloads import (
    ORDER_ID,
    as_body,
    at,
    checkout,
    fulfillment,
    order,
)

PLATFORM = Shopify()
SOURCE = Source(platform="shopify", currency="USD")
RECEIVED_AT = datetime(2026, 3, 3, tzinfo=UTC)


def read(name: str, value: Any) -> Any:
    return PLATFORM.read(SOURCE, NativeEvent(name=name, body=as_body(value)), RECEIVED_AT)


def split(value: Any, topic: str = "") -> list[NativeEvent]:
    headers = {"x-shopify-topic": topic} if topic else {}
    return PLATFORM.split(SOURCE, Delivery(body=as_body(value), headers=headers))


@pytest.mark.parametrize(
    ("topic", "value", "word"),
    [
        ("orders/delete", {"id": 1}, "deleted the order"),
        ("orders/edited", {"order_edit": {"id": 1, "order_id": 2}}, "orders/updated"),
        ("customers/update", {"id": 1, "verified_email": True}, "customer alone"),
        ("customers/redact", {"shop_id": 1}, "by hand"),
        ("shop/redact", {"shop_id": 1}, "by hand"),
        ("carts/update", {"id": "t", "token": "t", "line_items": []}, "name nobody"),
        ("draft_orders/create", order(), "draft"),
        ("products/update", {"id": 1}, "Products"),
        ("order_transactions/create", {"id": 1}, "Payments"),
        ("fulfillment_events/create", {"id": 1}, "parcel"),
        ("returns/approve", {"id": 1}, "refund that follows"),
        ("app/uninstalled", {"id": 1}, "removed"),
        ("orders/risk_assessment_changed", {"order_id": 1}, "not replicated"),
        ("metaobjects/create", {"id": 1}, "not replicated"),
    ],
)
def test_everything_else_is_not_used_and_says_why(topic, value, word):
    told = read(topic, value)
    assert isinstance(told, NotUsed)
    assert word in told.reason
    assert len(told.reason) <= 500


@pytest.mark.parametrize(
    "topic",
    ["create", "paid", "updated", "fulfilled", "partially_fulfilled", "cancelled", "edited"],
)
def test_every_topic_of_orders(topic):
    told = read(f"orders/{topic}", order())
    assert isinstance(told, NativeOrder)
    assert told.shop_order_id == str(ORDER_ID)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (order(), "orders"),
        ({"order": order()}, "orders"),
        (checkout(), "checkouts"),
        ({"checkout": checkout()}, "checkouts"),
        (fulfillment(5), "fulfillments"),
        (one_tin_back(), "refunds"),
        ({"id": 1, "email": "a@example.com", "verified_email": True}, "customers"),
        ({"token": "t", "completed_at": None, "line_items": []}, "checkouts"),
        ({"id": "t", "token": "t", "line_items": []}, "carts"),
        ({"id": 1, "total_price": "1.00", "line_items": []}, "orders"),
        ({"id": 1}, ""),
    ],
)
def test_without_a_topic_the_fields_tell(value, name):
    (event,) = split(value)
    assert (event.name, event.body) == (name, as_body(value))


def test_the_topic_names_the_event():
    (event,) = split(order(), topic="orders/paid")
    assert event.name == "orders/paid"


def test_the_lists_of_the_admin_api_are_many_events():
    events = split({"orders": [order(), order(id=5)]})
    assert [event.name for event in events] == ["orders", "orders"]
    assert b"9007199254740993" in events[0].body
    assert [event.name for event in split({"checkouts": [checkout()]})] == ["checkouts"]
    assert [event.name for event in split([one_tin_back()])] == ["refunds"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"id=1", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "holds nothing"),
        (b'{"orders": []}', "holds nothing"),
        (b"[" + b"1," * 1000 + b"1]", "at most 1000"),
        (b"[" * 80 + b"]" * 80, "nested too deeply"),
        (b'{"id": NaN}', "number"),
    ],
)
def test_an_unreadable_delivery_says_why(body, sentence):
    with pytest.raises(BadPayload, match=sentence):
        PLATFORM.split(SOURCE, Delivery(body=body))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("", {"id": 1}, "X-Shopify-Topic"),
        ("orders/paid", [1], "no object"),
        ("orders/paid", {"updated_at": at(1)}, "which order"),
        ("orders/paid", fulfillment(5), "those of fulfillments"),
        ("checkouts/update", order(), "those of orders"),
        ("refunds/create", order(), "those of orders"),
    ],
)
def test_an_event_that_cannot_be_meant_says_why(name, value, sentence):
    with pytest.raises(BadPayload, match=sentence):
        read(name, value)


def test_what_an_app_may_not_see_is_no_news():
    hidden = dict.fromkeys(("email", "contact_email", "phone", "customer", "billing_address"))
    told = read("orders/updated", order(**hidden, closed_at=None))
    assert not set(hidden) & set(told.payload)
    assert "closed_at" in told.payload
