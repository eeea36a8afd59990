"""What Shopify tells beside its orders: checkouts, fulfillments, refunds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from carts.platforms.shopify.platform import Shopify
from carts.record_data import CheckoutData, RefundData, ShipmentData, Tracking
from intake.models import Source
from intake.platform import BadPayload, NativeEvent, NotUsed
from tests.carts.shopify_life import one_tin_back
from tests.carts.shopify_payloads import (
    ORDER_ID,
    TEA,
    as_body,
    at,
    checkout,
    fulfillment,
    money,
    needs_samples,
    order,
    refund,
    refund_line,
    sample,
    transaction,
)

PLATFORM = Shopify()
SOURCE = Source(platform="shopify", currency="USD")
RECEIVED_AT = datetime(2026, 3, 3, tzinfo=UTC)


def read(name: str, value: Any) -> Any:
    return PLATFORM.read(SOURCE, NativeEvent(name=name, body=as_body(value)), RECEIVED_AT)


# -- checkouts ------------------------------------------------------------------------------------------


def test_a_checkout():
    told = read("checkouts/update", checkout())
    assert isinstance(told, CheckoutData)
    assert (told.cart_id, told.completed) == ("checkout-1", False)
    assert told.changed_at == datetime(2026, 3, 2, 15, 1, tzinfo=UTC)
    cart = told.cart
    assert (cart.email, cart.currency, cart.total) == ("ada@example.com", "USD", Decimal("55.50"))
    assert [(line.key, line.item_id, line.quantity, line.unit_price) for line in cart.lines] == [
        ("1", "TEA", 2, 20),
        ("2", "4012", 1, Decimal("15.50")),
    ]
    assert (cart.coupons, cart.mailing_list) == (("SPRING",), True)
    assert (cart.billing.first_name, cart.shipping.first_name) == ("Ada", "")
    assert cart.custom_fields == {"advertising_source": "www.search.example"}
    assert CheckoutData.from_json(told.to_json()) == told


def test_the_purchase_is_later_than_what_happened_in_its_second():
    open_, bought = (
        read("checkouts/update", checkout()),
        read("checkouts/update", checkout(completed_at=at(1))),
    )
    assert bought.completed
    assert timedelta(0) < bought.changed_at - open_.changed_at < timedelta(milliseconds=1)


def test_a_checkout_in_the_buyers_money():
    assert read("checkouts/create", checkout(presentment_currency="EUR")).cart.currency == "EUR"


def test_a_checkout_without_times_counts_by_its_arrival():
    told = read("checkouts/create", checkout(updated_at=None, created_at=None))
    assert told.changed_at == RECEIVED_AT


def test_a_checkout_without_a_token():
    with pytest.raises(BadPayload, match="no token"):
        read("checkouts/create", checkout(token=None))


def test_a_deleted_checkout_is_done_with_where_it_is_named():
    told = read("checkouts/delete", {"id": 5001, "token": "checkout-1"})
    assert (told.cart_id, told.completed, told.changed_at) == ("checkout-1", True, RECEIVED_AT)
    assert isinstance(read("checkouts/delete", {"id": 5001, "cart_token": "cart-1"}), NotUsed)


# -- fulfillments ---------------------------------------------------------------------------------------


def test_a_fulfillment():
    told = read("fulfillments/create", fulfillment(5))
    assert isinstance(told, ShipmentData)
    assert (told.shop_order_id, told.shipment_id) == (str(ORDER_ID), "81")
    assert told.tracking == (
        Tracking(number="1Z1", url="https://track.example/1Z1"),
        Tracking(number="1Z2", url="https://track.example/1Z2"),
    )
    assert (told.carrier, told.status) == ("UPS", "success")
    assert told.shipped_at == datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
    assert told.version_at.replace(microsecond=0) == datetime(2026, 3, 2, 15, 5, tzinfo=UTC)


def test_inside_its_order_it_is_the_same():
    payload = order(fulfillments=[fulfillment(5), fulfillment(6, id=82, order_id=None)])
    first, second = PLATFORM.shipments(SOURCE, payload, RECEIVED_AT)
    assert first == read("fulfillments/update", fulfillment(5))
    assert (second.shop_order_id, second.shipment_id) == (str(ORDER_ID), "82")


@pytest.mark.parametrize("status", ["cancelled", "error", "failure"])
def test_one_that_was_called_off_has_no_number(status):
    told = read("fulfillments/update", fulfillment(5, status=status))
    assert (told.tracking, told.carrier, told.shipped_at, told.status) == ((), "", None, status)


def test_the_carriers_word_says_more_than_the_shops():
    assert read("fulfillments/update", fulfillment(5, shipment_status="in_transit")).status == "in_transit"


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({"tracking_numbers": [], "tracking_urls": []}, [("1Z1", "https://track.example/1Z1")]),
        ({"tracking_urls": []}, [("1Z1", ""), ("1Z2", "")]),
        ({"tracking_urls": ["https://x.example/?n=1Z2"]}, [("1Z1", ""), ("1Z2", "https://x.example/?n=1Z2")]),
        ({"tracking_urls": ["https://a", "https://b"]}, [("1Z1", "https://a"), ("1Z2", "https://b")]),
        ({"tracking_urls": ["https://a", "https://a"]}, [("1Z1", ""), ("1Z2", "")]),
        ({"tracking_numbers": None, "tracking_number": None}, []),
    ],
)
def test_numbers_and_their_addresses(fields, numbers):
    told = read("fulfillments/update", fulfillment(5, **fields))
    assert [(entry.number, entry.url) for entry in told.tracking] == numbers


def test_of_one_second_the_later_status_is_the_later():
    versions = [
        read("fulfillments/update", fulfillment(5, status=status)).version_at
        for status in ("pending", "open", "success", "cancelled")
    ]
    assert versions == sorted(set(versions))


def test_a_fulfillment_of_no_order():
    with pytest.raises(BadPayload, match="which order"):
        read("fulfillments/create", fulfillment(5, order_id=None))


# -- refunds --------------------------------------------------------------------------------------------


def test_a_refund():
    told = read("refunds/create", one_tin_back())
    assert told == RefundData(
        shop_order_id=str(ORDER_ID),
        refund_id="91",
        amount=Decimal("19.20"),
        currency="USD",
        refunded_at=datetime(2026, 3, 2, 15, 6, tzinfo=UTC),
        reason="Broken",
    )


def test_a_refund_in_the_buyers_money_has_the_amount_that_the_order_tells():
    priced = {**refund_line(TEA, 1, "18.00", "1.20"), **money("subtotal", "18.00", "16.27")}
    priced |= money("total_tax", "1.20", "1.08")
    back = refund(91, transaction("17.35", currency="EUR"), minute=6, refund_line_items=[priced])
    total = PLATFORM.parse(SOURCE, order(refunds=[back]), RECEIVED_AT).refunded_total
    assert read("refunds/create", back).amount == total == Decimal("19.20")


@pytest.mark.parametrize(
    ("transactions", "sentence"),
    [
        ([], "no money"),
        ([transaction("19.20", status="pending")], "no money"),
        ([transaction("17.35", currency="EUR")], "another currency"),
    ],
)
def test_a_refund_that_tells_no_amount_is_left_to_the_order(transactions, sentence):
    told = read("refunds/create", refund(91, *transactions, minute=6))
    assert isinstance(told, NotUsed)
    assert sentence in told.reason


def test_a_refund_of_no_order():
    with pytest.raises(BadPayload, match="which order"):
        read("refunds/create", {**one_tin_back(), "order_id": None})


@needs_samples
def test_the_documented_payloads():
    told = read("fulfillments/create", sample("fulfillments-create-2026-04.json"))
    assert (told.shipment_id, told.tracking[0].number) == ("123456", "1z827wk74630")
    cart = read("checkouts/update", sample("checkouts-update-2026-04.json")).cart
    assert (cart.total, len(cart.lines), cart.email) == (Decimal("421.88"), 2, "example@example.com")
    assert isinstance(read("customers/update", sample("customers-update-2026-04.json")), NotUsed)
