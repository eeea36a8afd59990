"""What an UltraCart delivery is taken apart into."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carts.platforms.shop_platform import NativeOrder
from carts.platforms.ultracart.envelope import MAX_EVENTS, envelope_open
from carts.platforms.ultracart.platform import UltraCart
from intake.json_text import json_read
from intake.models import Source
from intake.platform import BadPayload, Delivery, NativeEvent
from tests.carts.payloads import as_body, compressed, fixture, needs_samples, paid_order, sample
from tests.factories import PLACED_AT as RECEIVED_AT

PLATFORM = UltraCart()
SOURCE = Source(platform="ultracart", currency="USD")


def names(body: bytes) -> list[str]:
    return [event.name for event in envelope_open(body)]


def test_both_envelopes():
    assert names(as_body(fixture("events_array.json"))) == ["order_create"]
    assert names(as_body(fixture("events_object.json"))) == ["order_create", "order_payment_process"]


def test_a_single_event_a_bare_order_and_the_rest_answer():
    assert names(as_body({"order_update": paid_order()})) == ["order_update"]
    assert names(as_body(paid_order())) == ["order"]
    assert names(as_body({"order": paid_order(), "success": True})) == ["order"]


@pytest.mark.parametrize("wrap", [json.dumps, str, lambda text: json.dumps({"events": text})])
def test_compressed(wrap):
    body = wrap(compressed(fixture("events_object.json"))).encode()
    assert names(body) == ["order_create", "order_payment_process"]


def read(name: str, body: bytes):
    return PLATFORM.read(SOURCE, NativeEvent(name=name, body=body), RECEIVED_AT)


def test_a_bad_event_of_a_batch_is_an_event_of_its_own():
    events = envelope_open(as_body(fixture("batch_with_one_bad_event.json")))
    assert [event.name for event in events] == [
        "order_create",
        "order_create",
        "checkout_cart_abandon",
        "order_update",
        "",
    ]
    with pytest.raises(BadPayload, match="no UltraCart event"):
        read("", events[-1].body)


def test_numbers_keep_every_digit():
    text = '[{"order_create": {"order_id": "A", "total": 0.12345678901234567890}}]'
    (event,) = envelope_open(text.encode())
    assert b"0.12345678901234567890" in event.body
    assert json_read(event.body)["order_create"]["total"] == Decimal("0.12345678901234567890")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"order=1", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "no events"),
        (b'"hello"', "not base64"),
        (b'"aGVsbG8="', "damaged"),
        (b"H4sIAAAA", "damaged"),
        (b"[" * 5000 + b"]" * 5000, "nested too deeply"),
        (b"[" * 80 + b"]" * 80, "nested too deeply"),
        (b'{"a": NaN}', "number"),
        (b"[" + b"1," * MAX_EVENTS + b"1]", "maximum events"),
        (b'{"a": 1e99999999999999999999}', "number"),
    ],
)
def test_an_unreadable_delivery_says_why(body, sentence):
    with pytest.raises(BadPayload, match=sentence):
        envelope_open(body)


def test_a_small_body_cannot_unpack_to_a_large_one(settings):
    settings.MAX_BODY_BYTES = 10_000
    with pytest.raises(BadPayload, match="unpacks to more"):
        envelope_open(compressed({"x": "a" * 100_000}).encode())


@pytest.mark.parametrize("order", [{}, {"order_id": ""}, {"creation_dts": "2026-03-02T10:04:05-05:00"}])
def test_without_an_order_id_the_sentence_names_the_cure(order):
    with pytest.raises(BadPayload, match="Send it again"):
        read("order_create", as_body({"order_create": order}))


@needs_samples
def test_the_captured_delivery():
    assert names(as_body(sample("webhook-order_create-no-expansion.json"))) == ["order_create"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
cart_keys = st.sampled_from(
    ["billing", "items", "marketing", "affiliate", "coupons", "summary", "checkout", "customer_profile"]
)
order_keys = st.sampled_from(
    [*paid_order(), "coupons", "refund_dts", "gift", "gift_certificate", "currency_code"]
)


def attempt(body: bytes) -> None:
    try:
        for event in PLATFORM.split(SOURCE, Delivery(body=body)):
            native = PLATFORM.read(SOURCE, event, RECEIVED_AT)
            if isinstance(native, NativeOrder):
                PLATFORM.parse(SOURCE, native.payload, RECEIVED_AT)
                PLATFORM.shipments(SOURCE, native.payload, RECEIVED_AT)
    except BadPayload as err:
        assert err.message


@hypothesis_settings(max_examples=150, deadline=None)
@given(json_values)
def test_any_json_is_read_or_refused_in_words(value):
    attempt(json.dumps(value).encode())


@hypothesis_settings(max_examples=250, deadline=None)
@given(st.dictionaries(order_keys, json_values), json_values)
def test_any_order_is_parsed_or_refused_in_words(changes, item):
    attempt(as_body({"order_create": {**paid_order(), **changes}}))
    attempt(as_body({"order_create": {**paid_order(items=[item, {"quantity": item}]), **changes}}))


@hypothesis_settings(max_examples=150, deadline=None)
@given(st.dictionaries(cart_keys, json_values), json_values)
def test_any_cart_is_read_or_refused_in_words(changes, item):
    attempt(as_body({"checkout_cart_abandon": {"cart_id": "C1", **changes}}))
    attempt(as_body({"checkout_cart_abandon": {"cart_id": "C1", "items": [item, {"item_id": item}]}}))


@hypothesis_settings(max_examples=150, deadline=None)
@given(json_values, json_values)
def test_any_tracking_is_read_or_refused_in_words(numbers, value):
    details = [{"tracking_number": "1", "tracking_url": value, "shipped_date": value}]
    for shipping in ({"tracking_numbers": numbers}, {"tracking_number_details": details}):
        attempt(as_body({"order_ship": paid_order(shipping=shipping)}))


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(body):
    attempt(body)
