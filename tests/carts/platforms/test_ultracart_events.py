"""Every event that UltraCart's webhooks know, by its name."""

from __future__ import annotations

import pytest

from carts.platforms.shop_platform import NativeOrder
from carts.platforms.ultracart.envelope import envelope_open
from carts.platforms.ultracart.events import READ_NAMES
from carts.platforms.ultracart.platform import UltraCart
from carts.record_data import CartData
from intake.models import Source
from intake.platform import Delivery, NativeEvent, NotUsed
from tests.carts.payloads import as_body, paid_order
from tests.factories import PLACED_AT

PLATFORM = UltraCart()
SOURCE = Source(platform="ultracart", currency="USD")

ORDERS = [
    "order_create",
    "order_update",
    "order_stage_change",
    "order_payment_process",
    "order_payment_failed",
    "order_refund",
    "order_reject",
    "order_ship",
    "order_ship_expected",
    "order_ship_out_for_delivery",
    "order_ship_delivered",
    "order_abandon_recovery",
    "order_of_a_kind_yet_to_come",
]
NOT_USED = {
    "order_delete": "deleted",
    "order_s3_invoice": "invoice",
    "order_s3_packing_slip": "packing slip",
    "checkout_cart_send_return_email": "checkout_cart_abandon",
    "auto_order_create": "subscription",
    "auto_order_update": "subscription",
    "auto_order_cancel": "subscription",
    "auto_order_decline": "subscription",
    "auto_order_disable": "subscription",
    "auto_order_preshipment": "subscription",
    "auto_order_rebill": "billed again",
    "customer_create": "contacts are made of",
    "customer_update": "contacts are made of",
    "customer_delete": "contacts are made of",
    "item_create": "map them",
    "item_update": "map them",
    "item_delete": "map them",
    "user_create": "back office",
    "user_update": "back office",
    "user_delete": "back office",
    "user_login": "back office",
    "workflow_task_create": "staff",
    "workflow_task_update": "staff",
    "workflow_task_delete": "staff",
    "chargeback_create": "bank",
    "chargeback_update": "bank",
    "chargeback_delete": "bank",
    "fulfillment_hold": "order_ship",
    "fulfillment_transmit": "order_ship",
    "screen_recording": "visits",
    "storefront_change": "'storefront_change'",
}


def read(value: object):
    (event,) = PLATFORM.split(SOURCE, Delivery(body=as_body(value)))
    return PLATFORM.read(SOURCE, event, PLACED_AT)


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_event_is_its_order_and_asks_for_more(name):
    told = read([{name: paid_order()}])
    assert isinstance(told, NativeOrder)
    assert told.shop_order_id == "SHOP-0000000101"
    assert PLATFORM.parse(SOURCE, told.payload, PLACED_AT) == PLATFORM.parse(SOURCE, paid_order(), PLACED_AT)
    assert (told.ask_again, told.read_back, told.undated) == (True, False, False)


def test_a_cart():
    assert isinstance(read([{"checkout_cart_abandon": {"cart_id": "C1"}}]), CartData)


@pytest.mark.parametrize(("name", "words"), NOT_USED.items())
def test_other_events_say_why_they_change_nothing(name, words):
    told = read([{name: {"cart_id": "1", "merchant_id": "SHOP"}}])
    assert isinstance(told, NotUsed)
    assert words in told.reason
    assert told.reason.endswith(".")


@pytest.mark.parametrize("name", sorted(READ_NAMES))
def test_no_delivery_is_taken_for_what_was_read_from_the_shop(name):
    (event,) = envelope_open(as_body([{name: paid_order()}]))
    assert event.name == ""
    assert isinstance(PLATFORM.read(SOURCE, event, PLACED_AT), NotUsed)


def test_an_order_without_the_payment_expansion_tells_no_times():
    payload = paid_order()
    del payload["payment"]
    told = PLATFORM.read(
        SOURCE, NativeEvent(name="order_update", body=as_body({"order_update": payload})), PLACED_AT
    )
    assert isinstance(told, NativeOrder)
    assert told.undated
