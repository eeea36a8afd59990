"""A platform that is no shop, of another app: what it tells is taken in without any order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pytest

from carts.models import Order
from intake.deliveries import delivery_store
from intake.models import InboundEvent, Source
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed, Platform
from intake.processing import event_process
from intake.records import IngestOutcome, RecordType, record_type_register
from intake.registry import platforms
from tests.factories import SourceFactory

pytestmark = pytest.mark.django_db

State = InboundEvent.State
booked: dict[str, str] = {}


@dataclass(frozen=True)
class Booking:
    key: str
    status: str


class BookingPage(Platform):
    name = "bookings"
    title = "Booking page"

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        return [
            NativeEvent(name="booking", body=json.dumps(one).encode()) for one in json.loads(delivery.body)
        ]

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> Booking | NotUsed:
        said: Mapping[str, str] = json.loads(event.body)
        if "key" not in said:
            raise BadPayload("The booking has no key.")
        return Booking(**said) if said["status"] != "viewed" else NotUsed(reason="Nobody booked.")


def booking_ingest(event: InboundEvent, platform: BookingPage, booking: Booking) -> IngestOutcome:
    before = booked.get(booking.key)
    booked[booking.key] = booking.status
    if before is None:
        return IngestOutcome.CREATED
    return IngestOutcome.REPEATED if before == booking.status else IngestOutcome.UPDATED


@pytest.fixture
def source() -> Iterator[Source]:
    booked.clear()
    record_type_register(RecordType(data=Booking, ingest=booking_ingest))
    platforms()["bookings"] = BookingPage()
    yield SourceFactory(platform="bookings")
    del platforms()["bookings"]


def test_its_records_are_taken_in_by_whoever_registered_them(source):
    said = [
        {"key": "a", "status": "booked"},
        {"key": "b", "status": "viewed"},
        {"status": "booked"},
        {"key": "a", "status": "booked"},
        {"key": "a", "status": "cancelled"},
    ]
    delivery = delivery_store(source, json.dumps(said).encode(), "application/json", "webhook")
    event_process(delivery.pk)
    states = delivery.children.order_by("position").values_list("state", flat=True)
    assert list(states) == [State.APPLIED, State.IGNORED, State.PARKED, State.REPEATED, State.APPLIED]
    assert booked == {"a": "cancelled"}
    assert not Order.objects.exists()
