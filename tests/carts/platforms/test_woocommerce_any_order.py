"""Any order and any repetition of WooCommerce's deliveries, and any nonsense in them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carts.models import Order, Shipment
from carts.order_data import Stage
from carts.platforms.shop_platform import NativeOrder
from carts.platforms.woocommerce.platform import WooCommerce
from intake.deliveries import delivery_store
from intake.models import InboundEvent, Source
from intake.platform import BadPayload, Delivery, NativeEvent
from intake.processing import event_process
from tests.carts.shops.woocommerce import SAVED_AT, line, order
from tests.factories import ConnectionFactory, SourceFactory

PLATFORM = WooCommerce()
SOURCE = Source(platform="woocommerce", currency="USD")
UNPAID = {"date_paid": None, "date_paid_gmt": None}
TRACKING = {"tracking_number": "1Z9", "date_shipped": "1772582400", "tracking_id": "a"}
# What a thinned delivery may lack; without its id and its time nothing is an order of a time.
THINNED = ["status", "billing", "line_items", "refunds", "total", "meta_data", "date_paid", "date_paid_gmt"]


def life(ending: str) -> list[dict[str, Any]]:
    """An order from its making to its end, one save a day."""
    shipped = {"meta_data": [{"key": "_wc_shipment_tracking_items", "value": [TRACKING]}]}
    refunds = [{"id": 2, "reason": "Broken", "total": "-5.00"}, {"id": 3, "reason": "", "total": "-24.14"}]
    changed = {"line_items": [line(total="10.00")], "total": "19.24"}
    states: list[dict[str, Any]] = [
        {**UNPAID, **changed, "status": "pending"},
        {"status": "processing"},
        {"status": "completed", **shipped},
        {"status": "completed", **shipped, "refunds": refunds[:1]},
        {"status": ending, **shipped, "refunds": refunds},
    ]
    return [order(saved_at=SAVED_AT + timedelta(days=day), **state) for day, state in enumerate(states)]


def outcome(source: Source, deliveries: list[dict[str, Any]], worked_on: list[int]) -> tuple[Any, ...]:
    """Store the deliveries in their order, and work on them in another."""
    names = ("order.updated", "order")
    events = [
        delivery_store(
            source, json.dumps(body).encode(), "application/json", "webhook", name=names[number % 2]
        )
        for number, body in enumerate(deliveries)
    ]
    for number in worked_on:
        event_process(events[number].pk)
    states = {event.state for event in InboundEvent.objects.filter(source=source)}
    assert states <= {"applied", "repeated", "outdated"}
    saved = Order.objects.get(source=source)
    (shipment,) = Shipment.objects.filter(source=source)
    return saved.order_data, shipment.content_hash


@pytest.mark.django_db
@pytest.mark.parametrize("ending", ["refunded", "cancelled"])
@hypothesis_settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # with a database, to look for a smaller example would take minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_the_same_end_whatever_comes_when_and_how_often(receivers_away, ending, data):
    states = life(ending)
    connection = ConnectionFactory()
    straight = SourceFactory(connection=connection, platform="woocommerce")
    expected = outcome(straight, states, list(range(len(states))))
    assert expected[0].stage == (Stage.PAID if ending == "refunded" else Stage.REJECTED)
    deliveries = list(states)
    for state in data.draw(st.lists(st.sampled_from(states), max_size=4)):
        gone = data.draw(st.sets(st.sampled_from(THINNED)))
        deliveries.append({name: value for name, value in state.items() if name not in gone})
    deliveries = data.draw(st.permutations(deliveries))
    worked_on = data.draw(st.permutations(range(len(deliveries))))
    mixed = SourceFactory(connection=connection, platform="woocommerce")
    assert outcome(mixed, deliveries, worked_on) == expected


@pytest.mark.django_db
def test_what_the_shop_is_asked_for_and_what_it_sends_are_one_order(receivers_away):
    source = SourceFactory(platform="woocommerce")
    shipped = life("refunded")[2]
    data, _ = outcome(source, [shipped, shipped], [1, 0])
    assert data.stage == Stage.PAID
    assert sorted(InboundEvent.objects.values_list("name", "state")) == [
        ("order", "applied"),
        ("order.updated", "repeated"),
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
amounts = st.one_of(
    st.decimals(allow_nan=True).map(str), st.integers(), st.sampled_from(["", "0", "-1", "1e11", "1e-7"])
)
order_keys = st.sampled_from([*order(), "gift_cards", "pw_gift_cards_redeemed"])
line_keys = st.sampled_from([*line(), "bundled_by", "composite_parent"])
topics = st.sampled_from(["", "order.updated", "order", "customer.created"])


def attempt(body: bytes, topic: str = "") -> None:
    try:
        headers = {"x-wc-webhook-topic": topic} if topic else {}
        for event in PLATFORM.split(SOURCE, Delivery(body=body, headers=headers)):
            native = PLATFORM.read(SOURCE, NativeEvent(name=event.name, body=event.body), SAVED_AT)
            if isinstance(native, NativeOrder):
                parsed = PLATFORM.parse(SOURCE, native.payload, SAVED_AT)
                assert type(parsed).from_json(parsed.to_json()).content_hash() == parsed.content_hash()
                PLATFORM.shipments(SOURCE, native.payload, SAVED_AT)
    except BadPayload as err:
        assert err.message


@hypothesis_settings(max_examples=80, deadline=None)
@given(json_values, topics)
def test_any_json_is_read_or_refused_in_words(value, topic):
    attempt(json.dumps(value).encode(), topic)


@hypothesis_settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), topics)
def test_any_bytes_are_read_or_refused_in_words(body, topic):
    attempt(body, topic)


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.dictionaries(order_keys, json_values), json_values)
def test_any_order_is_parsed_or_refused_in_words(changes, item):
    attempt(json.dumps(order(**changes)).encode())
    entry = {"key": "_wc_shipment_tracking_items", "value": item}
    attempt(
        json.dumps(order(line_items=[item], meta_data=[item, entry], refunds=[item])).encode(),
        "order.created",
    )


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    st.lists(st.dictionaries(line_keys, amounts | json_values), max_size=3),
    st.dictionaries(st.sampled_from(["total", "total_tax", "discount_total", "shipping_total"]), amounts),
    st.lists(amounts, max_size=3),
)
def test_any_money_is_parsed_or_refused_in_words(lines, sums, fees):
    items = [{**line(number), **changes, "name": "x"} for number, changes in enumerate(lines, start=1)]
    named = [{"id": number, "name": "Fee", "total": value} for number, value in enumerate(fees)]
    entries = [{"key": "_funds_used", "value": value} for value in fees[:1]]
    changes = {**sums, "line_items": items, "fee_lines": named, "meta_data": entries}
    attempt(json.dumps({**order(), **changes}).encode(), "order.updated")


@hypothesis_settings(max_examples=100, deadline=None)
@given(json_values, json_values, json_values)
def test_any_tracking_is_read_or_refused_in_words(number, shipped, carrier):
    parcel = {"tracking_number": number, "date_shipped": shipped, "tracking_provider": carrier}
    entry = {"key": "_wc_shipment_tracking_items", "value": [parcel]}
    attempt(json.dumps(order(meta_data=[entry])).encode())
