"""A platform that is no shop, of another app: what it tells is taken in without any order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.utils import timezone

from carts.models import Order
from intake.deliveries import delivery_store, event_reprocess
from intake.models import InboundEvent, Source
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed, Platform
from intake.polling.readings import PATIENCE_WITH_MENTIONS, TOO_LATE, reading_finish
from intake.processing import event_process
from intake.records import IngestOutcome, RecordType, record_type_register
from intake.registry import platforms
from intake.shop_api import Credential
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


# -- an event that only mentions an id ----------------------------------------------------------------------


@dataclass(frozen=True)
class Mention:
    key: str


class MentioningPage(BookingPage):
    """Its events name a booking and tell nothing of it."""

    credentials = (Credential(field="api_secret", label="Key", help="Of the API."),)

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> Mention:
        return Mention(key=json.loads(event.body)["key"])


def mention_ingest(event: InboundEvent, platform: BookingPage, mention: Mention) -> IngestOutcome:
    raise BadPayload("The booking could not be read. Check the API's key, then process the event again.")


@pytest.fixture
def mentioned(source: Source) -> InboundEvent:
    record_type_register(
        RecordType(
            data=Mention, ingest=mention_ingest, refresh_id=lambda mention: mention.key, is_mention=True
        )
    )
    platforms()["bookings"] = MentioningPage()
    Source.objects.filter(pk=source.pk).update(api_secret="a key")
    event = delivery_store(source, b'[{"key": "a"}]', "application/json", "webhook")
    event_process(event.pk)
    return event.children.get()


def give_up(mentioned: InboundEvent, problem: str) -> InboundEvent:
    """End the look that it waits for, and work on it again."""
    mentioned.refresh_from_db()
    assert mentioned.state == State.READING
    reading_finish(mentioned.reading, None, problem)
    event_process(mentioned.pk)
    mentioned.refresh_from_db()
    return mentioned


def test_a_mention_waits_for_an_api_that_does_not_answer_and_is_parked_after_a_day(mentioned):
    first = mentioned.reading_id
    assert give_up(mentioned, TOO_LATE).state == State.READING
    assert mentioned.reading_id != first
    InboundEvent.objects.update(received_at=timezone.now() - PATIENCE_WITH_MENTIONS)
    assert give_up(mentioned, TOO_LATE).state == State.PARKED
    assert "Check the API's key" in mentioned.problem


def test_a_mention_that_the_api_refuses_is_parked_at_once_and_read_again_when_a_person_says_so(mentioned):
    assert give_up(mentioned, "The shop refused the credentials.").state == State.PARKED
    assert event_reprocess(mentioned.pk)
    event_process(mentioned.pk)
    mentioned.refresh_from_db()
    assert mentioned.state == State.READING
