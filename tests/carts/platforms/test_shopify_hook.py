"""Shopify's deliveries through the real entrance: who may deliver, and what becomes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from carts.ingest.checkouts import checkout_close, checkouts_due
from carts.models import AbandonedCart, OpenCheckout, Order, Refund, Shipment
from carts.order_data import Stage
from carts.platforms.shopify.platform import Shopify
from intake.json_text import json_read
from intake.models import InboundEvent, Source
from intake.processing import event_process
from tests.carts.shopify_life import life
from tests.carts.shopify_payloads import (
    ORDER_ID,
    SECRET,
    SECRET_BEFORE,
    as_body,
    at,
    checkout,
    needs_samples,
    order,
    sample,
    signature,
)
from tests.factories import SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

PLATFORM = Shopify()
State = InboundEvent.State


@pytest.fixture
def source() -> Source:
    return SourceFactory(
        platform="shopify",
        token="the-token",
        signing_secret=SECRET,
        signing_secret_before=SECRET_BEFORE,
    )


def post(client: Any, body: bytes, topic: str = "", signed: str | None = None, **headers: str) -> Any:
    values = {"X-Shopify-Hmac-Sha256": signature(body) if signed is None else signed, **headers}
    if topic:
        values["X-Shopify-Topic"] = topic
    return client.post("/hooks/the-token/", data=body, content_type="application/json", headers=values)


def deliver(client: Any, value: Any, topic: str = "", **headers: str) -> list[InboundEvent]:
    """Post, process, and return the events of it."""
    response = post(client, as_body(value), topic, **headers)
    assert response.status_code == 200
    event = InboundEvent.objects.get(pk=response.json()["stored"])
    event_process(event.pk)
    event.refresh_from_db()
    return list(event.children.all()) if event.state == State.SPLIT else [event]


def test_both_live_secrets_sign(client, source):
    body = as_body(order())
    assert post(client, body, signed=signature(body, SECRET)).status_code == 200
    assert post(client, body, signed=signature(body, SECRET_BEFORE)).status_code == 200
    assert post(client, body, signed=signature(body, "another")).status_code == 401
    assert post(client, body, signed="").status_code == 401
    assert InboundEvent.objects.count() == 2


def test_without_a_secret_everything_is_refused(client):
    SourceFactory(platform="shopify", token="the-token")
    body = as_body(order())
    assert post(client, body, signed=signature(body, "")).status_code == 401
    assert not InboundEvent.objects.exists()


def test_every_changed_byte_is_refused():
    source = Source(platform="shopify", signing_secret=SECRET)
    body = b'{"id": 1, "name": "#1001"}'
    signed = signature(body)

    def passes(body: bytes, signed: str) -> bool:
        return PLATFORM.authenticate(source, {"X-Shopify-Hmac-Sha256": signed}, body)

    assert passes(body, signed)
    for place in range(len(body)):
        assert not passes(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :], signed)
    for place in range(len(signed)):
        other = "A" if signed[place] != "A" else "B"
        assert not passes(body, signed[:place] + other + signed[place + 1 :])
    assert not passes(body + b"\n", signed)
    assert not passes(body, "ä")


def test_the_headers_that_say_something_are_kept(client, source, signals):
    headers = {
        "X-Shopify-Shop-Domain": "tea.myshopify.com",
        "X-Shopify-API-Version": "2026-04",
        "X-Shopify-Triggered-At": at(0),
        "X-Shopify-Event-Id": "event-1",
        "X-Shopify-Webhook-Id": "delivery-1",
    }
    (event,) = deliver(client, order(), "orders/paid", **headers)
    assert (event.state, event.name, event.delivery_id) == (State.APPLIED, "orders/paid", "delivery-1")
    assert event.headers["x-shopify-shop-domain"] == "tea.myshopify.com"
    assert "x-shopify-hmac-sha256" not in event.headers


def test_a_delivery_made_again_is_stored_once(client, source):
    body, headers = as_body(order()), {"X-Shopify-Webhook-Id": "delivery-1"}
    first = post(client, body, "orders/paid", **headers)
    again = post(client, body, "orders/paid", **headers)
    assert again.json() == {**first.json(), "repeated": True}
    assert InboundEvent.objects.count() == 1


def test_the_life_of_an_order(client, source, signals):
    states = [deliver(client, body, topic)[0].state for topic, body in life()]
    assert set(states) <= {State.APPLIED, State.REPEATED}
    stored = Order.objects.get()
    assert (stored.shop_order_id, stored.number, stored.sequence) == (str(ORDER_ID), "#1001", 1001)
    assert (stored.stage, stored.total) == (Stage.PAID, Decimal("61.0000"))
    assert stored.order_data.refunded_total == 61
    assert [str(row.amount) for row in Refund.objects.all()] == ["19.2000", "41.8000"]
    shipment = Shipment.objects.get()
    assert (shipment.shipment_id, shipment.shipment_data.status) == ("81", "delivered")
    assert signals.count("completed") == 1


def test_paid_before_it_was_placed_stays_paid(client, source, signals):
    """Both deliveries are of the same second, and the network turned them round."""
    deliver(client, order(), "orders/paid")
    (event,) = deliver(client, order(financial_status="pending"), "orders/create")
    assert (event.state, Order.objects.get().stage) == (State.OUTDATED, Stage.PAID)


def test_a_cod_order_is_paid_when_the_money_comes(client, source, signals):
    cod = {"financial_status": "pending", "payment_gateway_names": ["Cash on Delivery (COD)"]}
    deliver(client, order(**cod), "orders/create")
    assert Order.objects.get().stage == Stage.UNPAID
    deliver(client, order(**cod, fulfillment_status="fulfilled", updated_at=at(5)), "orders/fulfilled")
    assert (Order.objects.get().stage, Order.objects.get().order_data.money) == (Stage.PAID, "on_account")
    deliver(client, order(fulfillment_status="fulfilled", updated_at=at(9)), "orders/paid")
    assert Order.objects.get().order_data.money == "received"


def test_a_thinned_delivery_takes_nothing_away(client, source, signals):
    deliver(client, order(), "orders/paid")
    deliver(client, {"id": ORDER_ID, "updated_at": at(3), "note": "Ring twice"}, "orders/updated")
    stored = Order.objects.get()
    assert (stored.order_data.total, stored.payload["note"]) == (61, "Ring twice")
    hidden = order(updated_at=at(4), email=None, customer=None, billing_address=None)
    deliver(client, hidden, "orders/updated")
    assert Order.objects.get().email == "ada@example.com"


def test_a_checkout_that_is_left_becomes_an_abandoned_cart(client, source, signals):
    deliver(client, checkout(), "checkouts/create")
    later = timezone.now() + timedelta(hours=3)
    (due,) = checkouts_due(later, 10)
    assert checkout_close(due, later)
    assert AbandonedCart.objects.get().cart_id == "checkout-1"


def test_a_checkout_that_is_bought_does_not(client, source, signals):
    deliver(client, checkout(), "checkouts/create")
    deliver(client, order(), "orders/paid")
    later = timezone.now() + timedelta(hours=3)
    (due,) = checkouts_due(later, 10)
    assert not checkout_close(due, later)
    deliver(client, checkout(token="checkout-2", completed_at=at(2)), "checkouts/update")
    assert checkouts_due(later, 10) == []
    assert not AbandonedCart.objects.exists()


def test_the_test_delivery_goes_through_the_entrance(client, source, signals):
    now = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
    body, headers = PLATFORM.test_delivery(source, now)
    content_type = headers.pop("Content-Type")
    response = client.post("/hooks/the-token/", data=body, content_type=content_type, headers=headers)
    assert response.status_code == 200
    event_process(response.json()["stored"])
    stored = Order.objects.get()
    assert (stored.is_test, stored.stage, stored.email) == (True, Stage.UNPAID, "test@example.com")
    assert (stored.total, stored.sequence, stored.placed_at) == (10, None, now)
    assert (
        json_read(body)["id"]
        != json_read(PLATFORM.test_delivery(source, now + timedelta(milliseconds=1))[0])["id"]
    )


@needs_samples
@pytest.mark.parametrize(
    ("name", "topic", "state"),
    [
        ("orders-paid-2026-04.json", "orders/paid", State.APPLIED),
        ("orders-paid-2026-04.json", "", State.APPLIED),
        ("checkouts-update-2026-04.json", "checkouts/update", State.APPLIED),
        ("checkouts-update-2026-04.json", "", State.APPLIED),
        ("fulfillments-create-2026-04.json", "fulfillments/create", State.APPLIED),
        ("fulfillments-create-2026-04.json", "", State.APPLIED),
        ("customers-update-2026-04.json", "customers/update", State.IGNORED),
        ("customers-update-2026-04.json", "", State.IGNORED),
        ("rest-order.json", "", State.APPLIED),
        ("rest-order.json", "orders/create", State.APPLIED),
        ("rest-checkouts.json", "", State.APPLIED),
        ("rest-checkouts.json", "checkouts/create", State.APPLIED),
    ],
)
def test_every_documented_payload_comes_to_a_good_end(client, source, signals, name, topic, state):
    events = deliver(client, sample(name), topic)
    assert [event.state for event in events] == [state]
    assert all(event.problem for event in events if event.state == State.IGNORED)


@needs_samples
def test_what_the_documented_payloads_become(client, source, signals):
    deliver(client, sample("orders-paid-2026-04.json"), "orders/paid")
    paid = Order.objects.get()
    assert (paid.shop_order_id, paid.number, paid.total) == ("820982911946154500", "#9999", Decimal("404.95"))
    assert (paid.stage, paid.is_test, paid.order_data.reject_reason) == (Stage.REJECTED, True, "customer")
    deliver(client, sample("fulfillments-create-2026-04.json"), "fulfillments/create")
    assert Shipment.objects.get().shop_order_id == paid.shop_order_id
    deliver(client, sample("rest-checkouts.json"))
    assert OpenCheckout.objects.get().cart_id == "2a1ace52255252df566af0faaedfbfa7"
    deliver(client, sample("rest-order.json"))
    old = Order.objects.get(shop_order_id="450789469")
    assert (old.stage, old.total, old.order_data.shop_stage) == (
        Stage.UNPAID,
        Decimal("409.94"),
        "authorized",
    )
    assert Shipment.objects.get(shop_order_id="450789469").shipment_data.tracking == ()
