"""What UltraCart tells beside the money of an order: carts, parcels, refunds, opt-in, affiliates."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from carts.ingest.orders import order_ingest
from carts.models import AbandonedCart, Order, Shipment
from carts.order_data import OrderData
from carts.platforms.ultracart.platform import UltraCart
from carts.record_data import CartData, Tracking
from intake.deliveries import delivery_store
from intake.models import InboundEvent, Source
from intake.party import Party
from intake.platform import BadPayload, NativeEvent
from intake.processing import event_process
from tests.carts.payloads import as_body, needs_samples, paid_order, sample
from tests.factories import SourceFactory, order_data

PLATFORM = UltraCart()
SOURCE = Source(platform="ultracart", currency="USD")
RECEIVED_AT = datetime(2026, 3, 2, 15, 4, 5, tzinfo=UTC)
State = InboundEvent.State

CART: dict[str, Any] = {
    "cart_id": "C1",
    "merchant_id": "SHOP",
    "currency_code": "EUR",
    "billing": {"email": "ada@example.com", "first_name": "Ada", "day_phone": "555-0100"},
    "items": [
        {"item_id": "BONE", "description": "Dog bone", "quantity": 2, "unit_cost": {"value": 9.95}},
        {"item_id": "BOWL", "quantity": 1.0, "unit_cost": {"value": 5}, "arbitrary_unit_cost": {"value": 2}},
        {"description": "no id"},
    ],
    "coupons": [{"coupon_code": "SPRING"}, {}],
    "marketing": {"mailing_list_opt_in": True, "advertising_source": "Google"},
    "checkout": {"custom_field1": "one"},
    "affiliate": {"affiliate_id": 77, "affiliate_sub_id": 1},
    "summary": {"total": {"value": 21.9, "localized": 19.5}},
}


def read_cart(**changes: Any) -> CartData:
    body = as_body({"checkout_cart_abandon": {**CART, **changes}})
    cart = PLATFORM.read(SOURCE, NativeEvent(name="checkout_cart_abandon", body=body), RECEIVED_AT)
    assert isinstance(cart, CartData)
    return cart


def parse(**changes: Any) -> OrderData:
    return PLATFORM.parse(SOURCE, paid_order(**changes), RECEIVED_AT)


def test_a_cart():
    cart = read_cart()
    assert (cart.cart_id, cart.email, cart.version_at) == ("C1", "ada@example.com", RECEIVED_AT)
    assert cart.billing == Party(first_name="Ada", phones=("555-0100",))
    assert [(line.key, line.item_id, line.quantity, line.unit_price) for line in cart.lines] == [
        ("1", "BONE", 2, Decimal("9.95")),
        ("2", "BOWL", 1, 2),
    ]
    assert (cart.total, cart.currency) == (Decimal("21.9"), "USD")
    assert (cart.coupons, cart.affiliates, cart.mailing_list) == (("SPRING",), ("77",), True)
    assert cart.custom_fields == {"custom_field1": "one", "advertising_source": "Google"}


def test_a_cart_that_says_almost_nothing():
    cart = PLATFORM.read(
        SOURCE, NativeEvent(name="", body=as_body({"checkout_cart_abandon": {"cart_id": "C1"}})), RECEIVED_AT
    )
    assert cart == CartData(cart_id="C1", version_at=RECEIVED_AT, currency="USD")
    assert read_cart(billing={}, customer_profile={"email": "bob@example.com"}).email == "bob@example.com"


def test_a_cart_without_an_id():
    with pytest.raises(BadPayload, match="no cart_id"):
        read_cart(cart_id=None)


def test_what_the_marketing_and_internal_expansions_tell():
    order = parse(
        marketing={"mailing_list": True},
        internal={"sales_rep_code": " JOE "},
        affiliates=[{"affiliate_oid": 77, "sub_id": "x"}, {"affiliate_oid": 12}, {}],
        auto_order={"original_order_id": "SHOP-1"},
    )
    assert (order.mailing_list, order.sales_rep, order.affiliates) == (True, "JOE", ("77", "12"))
    assert order.original_order_id == "SHOP-1"
    assert order.shipping_method == "USPS: Priority Mail"


def test_what_is_not_sent_is_not_said():
    order = parse(auto_order={"original_order_id": "SHOP-0000000101"})
    assert (order.mailing_list, order.sales_rep, order.affiliates) == (False, "", ())
    assert (order.original_order_id, order.refunded_total) == ("", None)


@pytest.mark.parametrize(("value", "total"), [(10.5, Decimal("10.5")), (-10.5, Decimal("10.5")), (0, None)])
def test_a_refund_and_its_reason(value, total):
    summary = {**paid_order()["summary"], "total_refunded": {"value": value}}
    order = parse(summary=summary, refund_dts="2026-03-04T10:00:00-05:00", refund_reason="Broken")
    assert (order.refunded_total, order.refund_reason) == (total, "Broken")


def test_a_rejection_says_why():
    assert parse(current_stage="Rejected", reject_reason="Fraud").reject_reason == "Fraud"


SHIPPED = {
    "shipping_method": "USPS: Priority Mail",
    "shipping_date": "2026-03-03T12:00:00-05:00",
    "shipping_department_status": "Packed",
    "tracking_numbers": ["", "9400", "9400", "9401"],
    "tracking_number_details": [
        {
            "tracking_number": "9400",
            "tracking_url": "https://example.com/9400",
            "expected_delivery_date": "2026-03-05T00:00:00-05:00",
            "actual_delivery_date": "2026-03-06T00:00:00-05:00",
        },
        {"tracking_number": "9402", "expected_delivery_date": "soon", "actual_delivery_date": None},
    ],
}


def shipments(shipping: dict[str, Any]) -> list[Any]:
    return list(PLATFORM.shipments(SOURCE, paid_order(shipping=shipping), RECEIVED_AT))


def test_a_shipment_with_its_numbers():
    (shipment,) = shipments(SHIPPED)
    assert (shipment.shop_order_id, shipment.shipment_id) == ("SHOP-0000000101", "")
    assert shipment.tracking == (
        Tracking(number="9400", url="https://example.com/9400"),
        Tracking(number="9401"),
        Tracking(number="9402"),
    )
    assert (shipment.carrier, shipment.method) == ("USPS", "USPS: Priority Mail")
    assert (shipment.status, shipment.version_at) == ("Packed", RECEIVED_AT)
    assert shipment.shipped_at == datetime(2026, 3, 3, 17, tzinfo=UTC)
    assert shipment.expected_at == datetime(2026, 3, 5, 5, tzinfo=UTC)
    assert shipment.delivered_at is None


def test_it_is_delivered_when_every_parcel_is():
    (shipment,) = shipments({**SHIPPED, "tracking_number_details": SHIPPED["tracking_number_details"][:1]})
    assert shipment.delivered_at == datetime(2026, 3, 6, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shipping", "count"),
    [
        ({"tracking_numbers": [""]}, 0),
        ({"tracking_numbers": ["  ", None], "tracking_number_details": [{}]}, 0),
        ({"shipping_department_status": "Packed"}, 0),
        ({"shipping_date": "2026-03-03T12:00:00-05:00"}, 1),
        ({"tracking_numbers": ["9400"]}, 1),
        ({}, 0),
    ],
)
def test_there_is_a_shipment_once_there_is_a_date_or_a_number(shipping, count):
    assert len(shipments(shipping)) == count


@needs_samples
@pytest.mark.parametrize("name", ["0009103110", "0009103116", "0009104390", "0009105091"])
def test_the_captured_orders(name):
    payload = sample(f"order-DEMO-{name}.json")
    order = PLATFORM.parse(SOURCE, payload, RECEIVED_AT)
    assert order.shop_order_id == f"DEMO-{name}"
    numbers = payload.get("shipping", {}).get("tracking_numbers", [])
    for shipment in PLATFORM.shipments(SOURCE, payload, RECEIVED_AT):
        assert [entry.number for entry in shipment.tracking] == [number for number in numbers if number]


def deliver(source: Source, value: Any) -> InboundEvent:
    event = delivery_store(source, as_body(value), "application/json", "webhook")
    event_process(event.pk)
    return event.children.get()


@pytest.mark.django_db
def test_an_abandoned_cart_is_taken_in_and_a_recovery_buys_it(signals):
    source = SourceFactory()
    event = deliver(source, [{"checkout_cart_abandon": CART}])
    assert event.state == State.APPLIED
    cart = AbandonedCart.objects.get()
    assert (cart.event, cart.bought_at) == (event, None)
    assert cart.arrived_at == event.parent.received_at  # type: ignore[union-attr]
    later = (cart.arrived_at).isoformat()
    deliver(source, [{"order_abandon_recovery": paid_order(creation_dts=later)}])
    cart.refresh_from_db()
    assert cart.bought_by == Order.objects.get()
    assert signals == ["cart", "received", "completed", "cart"]


@pytest.mark.django_db
def test_an_order_that_ships_is_an_order_and_a_shipment(signals):
    source = SourceFactory()
    deliver(source, [{"order_create": paid_order()}])
    assert not Shipment.objects.exists()
    event = deliver(source, [{"order_ship": paid_order(shipping=SHIPPED)}])
    assert event.state == State.APPLIED
    shipment = Shipment.objects.get()
    assert (shipment.event, shipment.version) == (event, 1)
    assert signals == ["received", "completed", "received", "changed", "shipped"]


@pytest.mark.django_db
def test_a_new_number_changes_the_shipment_alone(signals):
    source = SourceFactory()
    deliver(source, [{"order_ship": paid_order(shipping=SHIPPED)}])
    signals.clear()
    event = deliver(
        source, [{"order_update": paid_order(shipping={**SHIPPED, "tracking_numbers": ["9500"]})}]
    )
    assert (event.state, signals) == (State.APPLIED, ["shipped"])
    assert Shipment.objects.get().version == 2
    again = deliver(
        source, [{"order_update": paid_order(shipping={**SHIPPED, "tracking_numbers": ["9500"]})}]
    )
    assert (again.state, signals) == (State.REPEATED, ["shipped"])


@pytest.mark.django_db
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_deliveries_in_any_order_end_in_the_same_shipment(signals, order):
    """The middle one alone tells the parcels; those around it were sent without that expansion."""
    source = SourceFactory()
    payloads = [paid_order(), paid_order(), paid_order()]
    payloads[0]["shipping"] = {"tracking_numbers": ["9400"]}
    payloads[1]["shipping"] = SHIPPED
    del payloads[2]["shipping"]
    events = [
        delivery_store(source, as_body([{"order_update": payload}]), "", "webhook") for payload in payloads
    ]
    for position in order:
        event_process(events[position].pk)
    assert len(Shipment.objects.get().shipment_data.tracking) == 3


@pytest.mark.django_db
def test_the_parcels_of_an_order_known_as_history_are_not_told(signals):
    source = SourceFactory()
    order_ingest(source, order_data(shop_order_id="SHOP-0000000101"), history=True)
    deliver(source, [{"order_ship": paid_order(shipping=SHIPPED)}])
    assert not Shipment.objects.exists()
    assert signals == []
