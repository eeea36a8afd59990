"""The captured UltraCart payloads, through the address that shops deliver to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from carts.models import Order
from carts.order_data import Stage
from intake.models import InboundEvent
from intake.processing import event_process
from tests.carts.payloads import SAMPLES, XML_SAMPLES, as_body, needs_samples, sample
from tests.factories import SourceFactory

pytestmark = [needs_samples, pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

State = InboundEvent.State

# name: stage, total, and what of it neither lines nor charges explain; None: sent without its items.
ORDERS = {
    "order-DEMO-0009103110.json": (Stage.PAID, "24.56", None),
    "order-DEMO-0009103116.json": (Stage.PAID, "22.96", "0"),
    "order-DEMO-0009104390.json": (Stage.PAID, "32.85", "1.30"),  # a charge that was not expanded
    "order-DEMO-0009105091.json": (Stage.PAID, "18.63", "0"),
}
POSTBACKS = {  # two were published without their items
    "address_no_shipping.xml": (Stage.REJECTED, "7.00", None),
    "ar.xml": (Stage.UNPAID, "110.00", "0"),
    "ccc-ar.xml": (Stage.UNPAID, "115.43", "0"),
    "ccc-sd.xml": (Stage.PAID, "115.43", "0"),
    "co.xml": (Stage.PAID, "110.00", "0"),
    "coupons.xml": (Stage.REJECTED, "7.00", None),
    "items.xml": (Stage.REJECTED, "4.00", "0"),
    "po.xml": (Stage.UNPAID, "110.00", "0"),
}
BARE = "webhook-order_create-no-expansion.json"


def deliver(client: Any, body: bytes, content_type: str) -> list[InboundEvent]:
    SourceFactory(token="the-token")
    response = client.post("/hooks/the-token/", data=body, content_type=content_type)
    assert response.status_code == 200
    event_process(response.json()["stored"])
    delivery = InboundEvent.objects.get(pk=response.json()["stored"])
    return list(delivery.children.order_by("position")) or [delivery]


def check(stage: Stage, total: str, unexplained: str | None) -> None:
    data = Order.objects.get().order_data
    assert (data.stage, data.total) == (stage, Decimal(total))
    assert (data.lines is None) == (unexplained is None)
    if data.lines is not None and unexplained is not None:
        amounts = [line.quantity * line.unit_price for line in data.lines if not line.kit_key]
        amounts += [charge.amount for charge in data.charges]
        assert data.total - sum(amounts) == Decimal(unexplained)


@pytest.mark.parametrize("wrap", [lambda order: order, lambda order: [{"order_update": order}]])
@pytest.mark.parametrize("name", ORDERS)
def test_the_captured_orders(client, signals, name, wrap):
    events = deliver(client, as_body(wrap(sample(name))), "application/json")
    assert {event.state for event in events} == {State.APPLIED}
    check(*ORDERS[name])


@pytest.mark.parametrize("name", POSTBACKS)
def test_the_captured_postbacks(client, signals, name):
    events = deliver(client, (XML_SAMPLES / name).read_bytes(), "text/xml")
    assert {event.state for event in events} == {State.APPLIED}
    check(*POSTBACKS[name])


def test_the_captured_webhook_is_an_order_of_which_little_is_known(client, signals):
    (event,) = deliver(client, (SAMPLES / BARE).read_bytes(), "application/json")
    assert event.state == State.APPLIED
    data = Order.objects.get().order_data
    assert (data.stage, data.lines, data.total) == (Stage.UNPAID, None, None)


def test_every_sample_is_looked_at():
    assert {path.name for path in XML_SAMPLES.glob("*.xml")} == set(POSTBACKS)
    assert {path.name for path in SAMPLES.glob("*.json")} == {*ORDERS, BARE}
