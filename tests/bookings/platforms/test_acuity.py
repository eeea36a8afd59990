"""Acuity's events, in our words: deliveries mention an appointment, the API tells it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bookings.booking_data import Actor, BookingEventData, News
from bookings.platforms.payload import FROM_API
from intake.platform import BadPayload, NativeEvent
from intake.registry import platforms
from tests.bookings.samples import (
    RECEIVED_AT,
    mention,
    needs_samples,
    sample,
    sample_json,
    source_of,
    told,
    unused,
)


def read(appointment: dict[str, Any], received_at: datetime = RECEIVED_AT) -> BookingEventData:
    event = NativeEvent(name=FROM_API, body=json.dumps(appointment).encode())
    found = platforms()["acuity"].read(source_of("acuity"), event, received_at)
    assert isinstance(found, BookingEventData)
    return found


@needs_samples
@pytest.mark.parametrize(("name", "appointment"), [("scheduled", "300000001"), ("canceled", "54321")])
def test_a_delivery_mentions_an_appointment(name, appointment):
    found = mention("acuity", sample(f"acuity/appointment.{name}.form.txt"))
    assert (found.segment_id, found.name) == (appointment, f"appointment.{name}")


@needs_samples
def test_what_an_appointment_tells():
    event = read(sample_json("acuity/appointment.scheduled-get.json"))
    booking = event.booking
    assert booking is not None
    assert (event.segment_id, event.news) == ("300000001", News.SCHEDULED)
    assert booking.starts_at == datetime(2020, 6, 30, 9, 15, tzinfo=UTC)
    assert booking.created_at == datetime(2020, 6, 29, 21, 45, 48, tzinfo=UTC)
    assert (booking.duration_minutes, booking.time_zone) == (30, "Europe/London")
    assert (booking.subject, booking.booking_page.name) == ("Test appointment", "Ändreä")
    assert (booking.customer.first_name, booking.email) == ("Casey", "casey@example.com")


@needs_samples
def test_a_label_is_no_state_and_who_cancelled_is_not_told():
    event = read(sample_json("acuity/appointment.canceled-get.json"))
    assert (event.news, event.actor) == (News.CANCELED, Actor.UNKNOWN)
    assert event.booking is not None
    assert [(answer.key, answer.value) for answer in event.booking.answers] == [("1", "yes"), ("2", "Ninja")]
    gone = {"id": 1, "canceled": True, "noShow": True}
    assert read(gone).news == News.NO_SHOW


def test_of_two_looks_the_later_counts_also_where_it_says_the_same():
    first, second = (read({"id": 1}, RECEIVED_AT + timedelta(minutes=minute)) for minute in (0, 1))
    assert first.version < second.version
    assert first.event_id != second.event_id


def test_the_key_of_a_link_comes_back_in_a_hidden_question():
    values = [{"fieldID": 7, "name": "Booking key", "value": "a-key"}]
    booking = read({"id": 1, "forms": [{"id": 1, "values": values}]}).booking
    assert booking is not None
    assert (booking.contact_hint, booking.answers) == ("a-key", ())


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"action=appointment.scheduled", "has no id"),
        (b"&".join([b"a=1"] * 100), "a form of a few fields"),
        (b"\xff", "a form of a few fields"),
    ],
)
def test_what_cannot_be_read_is_parked_with_a_sentence(body, sentence):
    with pytest.raises(BadPayload, match=sentence):
        told("acuity", body)


def test_what_is_not_used_says_why():
    assert "no bookings" in unused("acuity", b"action=order.completed&id=1")
    assert "no bookings" in unused("acuity", b"")
    assert "no bookings" in unused("acuity", f"action={FROM_API}&id=1".encode())
