"""WooCommerce's deliveries, through the address that shops deliver to."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from carts.models import Order, Shipment
from carts.order_data import Stage
from carts.platforms.woocommerce.platform import WooCommerce
from cascade.planning.rules import Names, Rules
from cascade.shop.orders.lines import order_lines
from intake.json_text import json_read
from intake.models import InboundEvent, Source
from intake.processing import event_process
from mappings.models import OrderSettings
from tests.carts.payloads import SAMPLES
from tests.carts.shops.woocommerce import line, order
from tests.factories import SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

NOW = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
WOO_SAMPLES = SAMPLES.parent / "woocommerce"
State = InboundEvent.State


@pytest.fixture
def source() -> Source:
    return SourceFactory(platform="woocommerce", token="woo", signing_secret="s3cret")


@pytest.fixture
def samples() -> Path:
    if not WOO_SAMPLES.is_dir():
        pytest.skip("the captured WooCommerce samples are not beside this checkout")
    return WOO_SAMPLES


def signature(body: bytes, secret: str = "s3cret") -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def post(client, body: bytes, topic: str = "order.updated", **headers: str):
    given = {"X-WC-Webhook-Signature": signature(body), "X-WC-Webhook-Topic": topic, **headers}
    return client.post(
        "/hooks/woo/",
        data=body,
        content_type="application/json",
        headers={name: value for name, value in given.items() if value},
    )


def delivered(client, value: Any, topic: str = "order.updated", **headers: str) -> InboundEvent:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    response = post(client, body, topic, **headers)
    assert response.status_code == 200
    event_process(response.json()["stored"])
    return InboundEvent.objects.get(pk=response.json()["stored"])


def test_a_signed_order_is_taken(client, source, signals):
    event = delivered(client, order(), **{"X-WC-Webhook-ID": "9", "X-WC-Webhook-Delivery-ID": "d1"})
    assert (event.state, event.name, event.delivery_id) == (State.APPLIED, "order.updated", "d1")
    assert event.headers == {"x-wc-webhook-topic": "order.updated", "x-wc-webhook-id": "9"}
    assert Order.objects.get().stage == Stage.PAID
    assert signals == ["received", "completed"]


def test_the_same_delivery_is_stored_once_and_another_of_its_number_is_not_lost(client, source):
    first = post(client, json.dumps(order()).encode(), **{"X-WC-Webhook-Delivery-ID": "d1"})
    again = post(client, json.dumps(order()).encode(), **{"X-WC-Webhook-Delivery-ID": "d1"})
    other = post(client, json.dumps(order(502)).encode(), **{"X-WC-Webhook-Delivery-ID": "d1"})
    assert again.json() == {**first.json(), "repeated": True}
    assert other.json()["stored"] != first.json()["stored"]


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("body", [b"webhook_id=12", b"webhook_id=12\n"])
def test_the_ping_is_answered_and_not_stored(client, source, body, signed):
    kind = "application/x-www-form-urlencoded"
    headers = {"X-WC-Webhook-Signature": signature(body)} if signed else {}
    response = client.post("/hooks/woo/", data=body, content_type=kind, headers=headers)
    assert response.status_code == 200
    assert not InboundEvent.objects.exists()


@pytest.mark.parametrize(
    "body", [b"webhook_id=12&x=1", b"webhook_id=", b"webhook_id=1a", b"{}", b"x=webhook_id=1"]
)
def test_what_is_no_ping_needs_a_signature(client, source, body):
    response = client.post("/hooks/woo/", data=body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 401
    assert "signing secret" in response.json()["detail"]
    assert not InboundEvent.objects.exists()


def test_one_changed_byte_anywhere_is_refused():
    platform, source = WooCommerce(), Source(signing_secret="s3cret")
    body = b'{"id":501,"total":"1.00"}'
    good = signature(body)
    assert platform.authenticate(source, {"X-WC-Webhook-Signature": good}, body)
    for at in range(len(body)):
        for bit in (1, 128):
            changed = body[:at] + bytes([body[at] ^ bit]) + body[at + 1 :]
            assert not platform.authenticate(source, {"X-WC-Webhook-Signature": good}, changed)
    for at in range(len(good)):
        for character in ("A" if good[at] != "A" else "B", "é", ""):
            changed_signature = good[:at] + character + good[at + 1 :]
            assert not platform.authenticate(source, {"X-WC-Webhook-Signature": changed_signature}, body)
    assert not platform.authenticate(source, {}, body)


@pytest.mark.parametrize(
    ("secret", "before", "used", "taken"),
    [
        ("new", "old", "new", True),
        ("new", "old", "old", True),
        ("new", "old", "other", False),
        ("new", "", "", False),
        ("", "", "", False),
        ("", "", "new", False),
    ],
)
def test_both_secrets_count_while_one_is_changed_and_none_lets_nobody_in(secret, before, used, taken):
    source = Source(signing_secret=secret, signing_secret_before=before)
    headers = {"X-WC-Webhook-Signature": signature(b"{}", used)}
    assert WooCommerce().authenticate(source, headers, b"{}") is taken


@pytest.mark.parametrize(
    ("topic", "body", "sentence"),
    [
        ("order.deleted", {"id": 501}, "stays in the CRM"),
        ("order.updated", {"id": 501}, "stays in the CRM"),
        ("", {"id": 501}, "stays in the CRM"),
        ("customer.updated", {"id": 25}, "contacts are made of orders"),
        ("product.created", {"id": 1}, "mapped on the settings page"),
        ("coupon.created", {"id": 1}, "come with the orders"),
        ("subscription.updated", {"id": 1}, "each renewal comes as an order"),
        (
            "action.woocommerce_add_to_cart",
            {"action": "a", "arg": 1},
            "topics Order created and Order updated",
        ),
        ("topic.of_tomorrow", {}, "are not replicated"),
        ("", {"id": 1, "username": "ada"}, "contacts are made of orders"),
    ],
)
def test_what_is_no_order_changes_nothing_and_says_why(client, source, topic, body, sentence):
    event = delivered(client, body, topic)
    assert event.state == State.IGNORED
    assert sentence in event.problem
    assert not Order.objects.exists()


@pytest.mark.parametrize("topic", ["order.created", "order.restored", "ORDER.UPDATED", ""])
def test_an_order_is_known_by_its_topic_or_its_shape(client, source, topic):
    assert delivered(client, order(), topic).state == State.APPLIED


def test_a_list_of_orders_and_the_apps_wrapping(client, source):
    event = delivered(client, [order(1), order(2), {"id": 3, "line_items": "none"}], "")
    assert sorted(event.children.values_list("state", flat=True)) == [
        State.APPLIED,
        State.APPLIED,
        State.PARKED,
    ]
    delivered(client, {"data": order(4)}, "")
    assert sorted(Order.objects.values_list("shop_order_id", flat=True)) == ["1", "2", "4"]


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        (b"not json", "order.updated"),
        (b"not json", ""),
        (b"[]", ""),
        (b"[]", "order.updated"),
        (b"{}", "order.created"),
        (b'{"hello": 1}', ""),
        (b'"text"', ""),
    ],
)
def test_what_nobody_can_read_is_parked_with_a_sentence(client, source, body, topic):
    event = delivered(client, body, topic)
    assert event.state == State.PARKED
    assert event.problem.endswith(".")


def test_lists_and_objects_as_php_writes_them(client, source):
    trackings = {"1": {"tracking_number": "1Z9", "tracking_id": "b"}}
    payload = order(
        line_items={"1": line(1, meta_data={"3": {"key": "a", "value": "b"}}), "4": line(2)},
        shipping=[],
        meta_data={"7": {"key": "_wc_shipment_tracking_items", "value": trackings}},
        total="49.04",
    )
    assert delivered(client, payload).state == State.APPLIED
    saved = Order.objects.get()
    assert [row.key for row in saved.order_data.lines or ()] == ["1", "2"]
    assert saved.payload["line_items"][0]["meta_data"] == [{"key": "a", "value": "b"}]
    assert Shipment.objects.get().data["tracking"] == [{"number": "1Z9", "url": ""}]


def test_a_big_id_is_kept_to_the_last_digit(client, source):
    delivered(client, order(9007199254740993))
    assert Order.objects.get().shop_order_id == "9007199254740993"


def test_the_test_event_goes_the_whole_way(client, source, signals):
    body, headers = WooCommerce().test_delivery(source, NOW)
    kind = headers.pop("Content-Type")
    response = client.post("/hooks/woo/", data=body, content_type=kind, headers=headers)
    event_process(response.json()["stored"])
    saved = Order.objects.get()
    assert (saved.stage, saved.shop_order_id, saved.email) == (
        Stage.UNPAID,
        str(int(NOW.timestamp())),
        "test@example.com",
    )
    assert saved.placed_at == NOW
    assert signals == ["received"]


# -- captured answers of real shops -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "total", "credit", "refunded", "shipments"),
    [
        ("order-without-data.json", "31.20", "0", None, 0),
        ("order-with-attribution-info.json", "4.00", "24", None, 0),
        ("order-details-partially-refunded.json", "304.45", "0", "24.30", 1),
    ],
)
@pytest.mark.parametrize("topic", ["order.updated", ""])
def test_captured_orders_to_the_cent(
    client, source, samples, name, total, credit, refunded, shipments, topic
):
    body = (samples / name).read_bytes()
    assert delivered(client, body, topic).state == State.APPLIED
    saved = Order.objects.get()
    data = saved.order_data
    rows = sum((row.quantity * row.unit_price for row in data.lines or ()), Decimal(0))
    charges = sum((charge.amount for charge in data.charges), Decimal(0))
    assert rows == data.subtotal
    assert rows + charges == data.total == Decimal(json_read(body)["total"]) == Decimal(total)
    spent = [charge.amount for charge in data.charges if charge.title == "Gift card"]
    assert (-sum(spent), data.gift_certificate) == (Decimal(credit), 0)
    assert data.refunded_total == (None if refunded is None else Decimal(refunded))
    assert saved.stage == Stage.PAID
    assert Shipment.objects.count() == shipments
    plan = order_lines(data, Rules(unresolved_lines=OrderSettings.UnresolvedLines.NAMED_LINE), Names())
    assert (plan.problem, plan.charge_remarks) == ("", [])
    assert sum(item.amount for item in plan.lines) == plan.total == data.total


@pytest.mark.parametrize(
    ("name", "topic", "sentence"),
    [
        ("customer-without-data.json", "customer.updated", "contacts are made of orders"),
        ("customer-without-data.json", "", "contacts are made of orders"),
        ("shipment_tracking_multiple.json", "", "does not name its order"),
    ],
)
def test_captured_answers_that_are_no_orders(client, source, samples, name, topic, sentence):
    event = delivered(client, (samples / name).read_bytes(), topic)
    assert event.state == State.IGNORED
    assert sentence in event.problem


def test_every_captured_file_is_told_of_above(samples):
    assert {path.name for path in samples.iterdir()} == {
        "customer-without-data.json",
        "order-details-partially-refunded.json",
        "order-with-attribution-info.json",
        "order-without-data.json",
        "shipment_tracking_multiple.json",
    }


def test_where_the_buyer_came_from_and_what_was_shipped(client, source, samples):
    delivered(client, (samples / "order-with-attribution-info.json").read_bytes())
    assert Order.objects.get().order_data.custom_fields == {
        "advertising_source": "woocommerce.com",
        "channel": "store-api",
        "item_options": "Woo-beanie-logo: As a Gift: No",
        "transaction_id": "pi_3MqpbEFmpgWy4Lrl0vJo4TIn",
    }
    assert Order.objects.get().is_test
    delivered(client, (samples / "order-details-partially-refunded.json").read_bytes())
    shipment = Shipment.objects.get()
    assert shipment.data["tracking"] == [{"number": "117579686762", "url": ""}]
    assert shipment.data["shipped_at"] == "2019-08-20T00:00:00+00:00"
