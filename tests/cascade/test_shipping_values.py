"""What an order's shipments are as one text per shipping value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from carts.record_data import ShipmentData, Tracking
from cascade.planning.field_values import crm_value
from cascade.shop.shipments import shipping_values
from crm.list_records import CustomField, FieldObject
from mappings.models import ShippingField

DAY = timedelta(days=1)
SENT = datetime(2026, 3, 2, 3, 4, 5, tzinfo=UTC)


def parcel(number: int, *tracking: str, **changes: Any) -> ShipmentData:
    """A parcel that left on the `number`-th day."""
    values: dict[str, Any] = {
        "shop_order_id": "DEMO-1001",
        "shipment_id": str(number),
        "version_at": SENT + number * DAY,
        "shipped_at": SENT + number * DAY,
        "tracking": tuple(Tracking(number=text, url=f"https://t.example/{text}") for text in tracking),
        "carrier": "USPS",
        "method": "Priority",
        "status": "shipped",
    }
    return ShipmentData(**{**values, **changes})


def test_numbers_are_joined_in_ship_order_each_once_and_blanks_ignored():
    values = shipping_values([parcel(2, "C", "A"), parcel(0, "B", " "), parcel(1, "A ")])
    assert values["tracking_numbers"] == "B, A, C"
    assert shipping_values([parcel(0, "B")])["tracking_urls"] == "https://t.example/B"


def test_the_first_shipment_date_and_the_last_expected_and_delivered_one():
    values = shipping_values(
        [
            parcel(3, delivered_at=SENT + 5 * DAY),
            parcel(1, delivered_at=SENT + 9 * DAY, expected_at=SENT + 4 * DAY),
            parcel(0, shipped_at=None, expected_at=SENT + 2 * DAY),
        ]
    )
    assert (values["shipped_at"], values["expected_at"], values["delivered_at"]) == (
        "2026-03-03T03:04:05+00:00", "2026-03-06T03:04:05+00:00", "2026-03-11T03:04:05+00:00",
    )  # fmt: skip


def test_words_are_said_once_each():
    values = shipping_values([parcel(0), parcel(1, carrier="UPS", status=""), parcel(2)])
    assert (values["carrier"], values["method"], values["status"]) == ("USPS, UPS", "Priority", "shipped")


def test_what_nobody_told_is_left_out():
    bare = ShipmentData(shop_order_id="DEMO-1001", version_at=SENT)
    assert shipping_values([]) == shipping_values([bare]) == {}


def test_every_shipping_value_of_the_settings_page_is_made():
    full = parcel(0, "A", expected_at=SENT, delivered_at=SENT)
    assert set(shipping_values([full])) == set(ShippingField.Key.values)


def test_a_date_is_the_one_where_the_crm_is():
    field = CustomField(object=FieldObject.ORDER, id=1, name="_Sent", label="Sent", type="date")
    value = shipping_values([parcel(0)])["shipped_at"]
    assert crm_value(value, field, {}, zone=ZoneInfo("America/New_York")).value == "2026-03-01"
