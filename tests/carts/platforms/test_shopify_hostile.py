"""Whatever is sent as Shopify's is read, or refused in words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carts.platforms.shop_platform import NativeOrder
from carts.platforms.shopify.platform import Shopify
from intake.models import Source
from intake.platform import BadPayload, Delivery
from tests.carts.shopify_life import life, one_tin_back
from tests.carts.shopify_payloads import as_body, checkout, fulfillment, lines, order, refund

PLATFORM = Shopify()
SOURCE = Source(platform="shopify", currency="USD")
RECEIVED_AT = datetime(2026, 3, 3, tzinfo=UTC)

amounts = st.sampled_from(
    ["1.00", "-1", "1e11", "99999999999", "0", "0.000001", "NaN", "Infinity", 5, 1e10, ""]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | amounts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TOPICS = (
    "",
    "orders",
    "orders/paid",
    "checkouts/update",
    "checkouts/delete",
    "refunds/create",
    "fulfillments/update",
    "customers/update",
)
topics = st.sampled_from(TOPICS)
sets = st.fixed_dictionaries(
    {},
    optional={
        name: st.fixed_dictionaries(
            {}, optional={"amount": amounts | json_values, "currency_code": st.just("EUR")}
        )
        for name in ("shop_money", "presentment_money")
    },
)


def attempt(body: bytes, topic: str = "") -> None:
    try:
        headers = {"x-shopify-topic": topic}
        for event in PLATFORM.split(SOURCE, Delivery(body=body, headers=headers)):
            told = PLATFORM.read(SOURCE, event, RECEIVED_AT)
            if isinstance(told, NativeOrder):
                PLATFORM.parse(SOURCE, told.payload, RECEIVED_AT)
                PLATFORM.shipments(SOURCE, told.payload, RECEIVED_AT)
    except BadPayload as err:
        assert err.message


@hypothesis_settings(max_examples=150, deadline=None)
@given(json_values, topics)
def test_any_json_is_read_or_refused_in_words(value, topic):
    attempt(json.dumps(value).encode(), topic)


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), topics)
def test_any_bytes_are_read_or_refused_in_words(body, topic):
    attempt(body, topic)


@hypothesis_settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(order())), json_values | sets, max_size=6), json_values)
def test_any_order_is_read_or_refused_in_words(changes, item):
    attempt(as_body({**life()[6][1], **changes}), "orders/updated")
    attempt(as_body(order(line_items=[item, {**lines()[0], "price": item}])), "orders/updated")


refund_transactions = st.fixed_dictionaries(
    {"kind": st.just("refund"), "status": st.just("success")},
    optional={"amount": amounts, "currency": st.sampled_from(["EUR", "USD", None]), "amount_set": sets},
)


@hypothesis_settings(max_examples=200, deadline=None)
@given(st.lists(refund_transactions, max_size=3), sets, sets)
def test_any_refund_is_read_or_refused_in_words(transactions, subtotal, total):
    item = {"line_item_id": 11, "quantity": 1, "subtotal_set": subtotal}
    back = refund(91, *transactions, minute=6, refund_line_items=[item])
    attempt(as_body(back), "refunds/create")
    changes: dict[str, Any] = {
        "refunds": [back],
        "total_price_set": total,
        "current_total_price_set": subtotal,
    }
    attempt(as_body(order(**changes)), "orders/updated")


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(fulfillment(5))), json_values, max_size=4))
def test_any_fulfillment_is_read_or_refused_in_words(changes):
    attempt(as_body({**fulfillment(5), **changes}), "fulfillments/update")
    attempt(as_body(order(fulfillments=[{**fulfillment(5), **changes}])), "orders/updated")


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(checkout())), json_values, max_size=4), json_values)
def test_any_checkout_is_read_or_refused_in_words(changes, item):
    attempt(as_body({**checkout(), **changes}), "checkouts/update")
    attempt(as_body(checkout(line_items=[item, {"sku": item}])), "checkouts/update")


def test_a_thousand_refunds_are_no_burden():
    many = [{**one_tin_back(), "id": number} for number in range(1000)]
    attempt(as_body(order(refunds=many)), "orders/updated")
    with pytest.raises(BadPayload, match="more than 1000"):
        PLATFORM.parse(SOURCE, order(refunds=[*many, one_tin_back()]), RECEIVED_AT)
