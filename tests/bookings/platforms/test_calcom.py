"""Cal.com's events, in our words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bookings.booking_data import Actor, Answer, BookingEventData, News
from bookings.platforms.payload import FROM_API
from intake.platform import BadPayload, Delivery, NativeEvent
from intake.registry import platforms
from tests.bookings.samples import (
    RECEIVED_AT,
    needs_samples,
    news,
    sample,
    source_of,
    told,
    unused,
)

KINDS = {
    "BOOKING_REQUESTED": News.REQUESTED,
    "BOOKING_CREATED": News.SCHEDULED,
    "BOOKING_RESCHEDULED": News.RESCHEDULED,
    "BOOKING_CANCELLED": News.CANCELED,
    "BOOKING_REJECTED": News.REJECTED,
    "BOOKING_REASSIGNED": News.REASSIGNED,
    "BOOKING_NO_SHOW_UPDATED-marked": News.NO_SHOW,
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW": News.NO_SHOW_SUSPECTED,
}
HOST, PAT, SAM = "host@example.com", "pat@example.com", "sam@example.com"


def delivery(name: str = "BOOKING_CREATED", **changes: Any) -> dict[str, Any]:
    booking = {
        "uid": "uid-1",
        "title": "Call",
        "startTime": "2026-03-10T09:00:00Z",
        "endTime": "2026-03-10T09:30:00Z",
        "organizer": {"email": HOST},
        "attendees": [{"email": PAT, "name": "Pat", "timeZone": "Africa/Lagos"}],
    }
    return {"triggerEvent": name, "createdAt": "2026-03-01T10:00:00.123Z", "payload": {**booking, **changes}}


def read(**changes: Any) -> BookingEventData:
    """A booking that was asked for."""
    booking = {
        "uid": "uid-1",
        "status": "accepted",
        "start": "2026-03-10T09:00:00Z",
        "end": "2026-03-10T09:30:00Z",
        "createdAt": "2026-03-01T10:00:00.000Z",
        "updatedAt": "2026-03-05T10:00:00.000Z",
        "hosts": [{"id": 1, "email": HOST}],
        "attendees": [{"email": PAT, "name": "Pat", "absent": False}],
        "eventType": {"id": 7, "slug": "call"},
    }
    event = NativeEvent(name=FROM_API, body=json.dumps({**booking, **changes}).encode())
    found = platforms()["calcom"].read(source_of("calcom"), event, RECEIVED_AT)
    assert isinstance(found, BookingEventData)
    return found


@needs_samples
@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_event(name):
    event = news("calcom", sample(f"calcom/{name}.json"))
    assert event.news == KINDS[name]
    assert (event.booking is None) == (event.news is News.NO_SHOW)


@needs_samples
def test_a_captured_chain_is_linked_by_uids_and_by_the_calendar():
    chain = [
        news("calcom", sample(f"calcom/chain-{number}.json"))
        for number in ("1-BOOKING_CREATED", "2-BOOKING_RESCHEDULED", "3-BOOKING_CANCELLED")
    ]
    first, moved, gone = chain
    assert moved.replaces == first.segment_id
    assert gone.segment_id == moved.segment_id != first.segment_id
    assert len({event.series_id for event in chain}) == 1
    assert [event.version for event in chain] == sorted(event.version for event in chain)
    assert first.booking is not None
    assert (first.booking.email, first.booking.time_zone) == (PAT, "Africa/Lagos")
    assert first.booking.answers == (
        Answer(key="appointmentType", label="Appointment Type", value="Follow-up"),
    )
    assert first.booking.customer.phones == ("+12025550123",)


@needs_samples
def test_guests_are_those_who_did_not_book():
    booking = news("calcom", sample("calcom/BOOKING_RESCHEDULED.json")).booking
    assert booking is not None
    assert [guest.email for guest in booking.guests] == ["additional-guest@example.com"]
    assert booking.customer.first_name == "Guest"
    assert booking.meeting_url == "https://video.example.com/meeting-room-id"


@pytest.mark.parametrize(
    ("changes", "kind", "actor"),
    [
        ({}, News.CANCELED, Actor.UNKNOWN),
        ({"cancelledBy": PAT.upper()}, News.CANCELED, Actor.CUSTOMER),
        ({"cancelledBy": HOST}, News.CANCELED, Actor.OWNER),
        ({"cancelledBy": "admin@example.com"}, News.CANCELED, Actor.UNKNOWN),
        ({"requestReschedule": True}, News.RESCHEDULE_REQUESTED, Actor.OWNER),
    ],
)
def test_who_cancelled_and_whether_another_time_was_asked_for(changes, kind, actor):
    event = news("calcom", delivery("BOOKING_CANCELLED", **changes))
    assert (event.news, event.actor) == (kind, actor)


def test_a_reschedule_may_come_as_a_new_booking_or_a_request():
    created = news("calcom", delivery(rescheduleUid="uid-0"))
    asked = news("calcom", delivery("BOOKING_REQUESTED", rescheduleUid="uid-0"))
    assert (created.news, created.replaces) == (News.RESCHEDULED, "uid-0")
    assert (asked.news, asked.replaces) == (News.REQUESTED, "uid-0")
    assert news("calcom", delivery(status="PENDING")).news == News.REQUESTED


def test_the_flat_body_of_an_ended_meeting_counts_from_its_end():
    flat = {"triggerEvent": "MEETING_ENDED", **delivery()["payload"], "createdAt": "2026-03-01T10:00:00Z"}
    event = news("calcom", flat)
    assert (event.news, event.segment_id) == (News.COMPLETED, "uid-1")
    assert event.version == "2026-03-10T09:30:00.000000+00:00"
    assert event.booking is not None
    assert event.booking.email == PAT


def test_each_seat_is_a_booking():
    seats = [{"email": PAT}, {"email": SAM}]
    booked = delivery(seatsPerTimeSlot=5, attendees=seats, responses={"email": {"value": SAM}})
    assert news("calcom", booked).segment_id == f"uid-1:{SAM}"
    gone = told("calcom", delivery("BOOKING_CANCELLED", seatsPerTimeSlot=5, attendees=seats))
    assert [event.segment_id for event in gone] == [f"uid-1:{PAT}", f"uid-1:{SAM}"]
    one = news("calcom", delivery("BOOKING_CANCELLED", seatsPerTimeSlot=5, attendees=seats[1:]))
    assert (one.segment_id, one.booking and one.booking.guests) == (f"uid-1:{SAM}", ())
    moved = told(
        "calcom", delivery("BOOKING_RESCHEDULED", seatsPerTimeSlot=5, attendees=seats, rescheduleUid="uid-0")
    )
    assert [event.replaces for event in moved] == [f"uid-0:{PAT}", f"uid-0:{SAM}"]


def test_a_no_show_is_marked_and_revoked_by_hand():
    marks = [{"email": PAT, "noShow": True}, {"email": SAM, "noShow": False}]
    body = {**delivery("BOOKING_NO_SHOW_UPDATED"), "payload": {"bookingUid": "uid-1", "attendees": marks}}
    assert [event.news for event in told("calcom", body)] == [News.NO_SHOW, News.NO_SHOW_REVOKED]
    assert news("calcom", delivery("AFTER_HOSTS_CAL_VIDEO_NO_SHOW")).news == News.HOST_ABSENT


def test_the_occurrences_of_a_series_are_not_one_booking():
    assert news("calcom", delivery(iCalUID="i@Cal.com")).series_id == f"i@Cal.com {PAT}"
    assert news("calcom", delivery(iCalUID="i@Cal.com", recurringEventId="r")).series_id == ""


def test_the_key_of_a_link_and_where_somebody_came_from():
    booking = news(
        "calcom", delivery(metadata={"bookingKey": "a-key"}, tracking={"utm_source": "mail"})
    ).booking
    assert booking is not None
    assert (booking.contact_hint, booking.utm, booking.utm_told) == ("a-key", {"source": "mail"}, True)


@pytest.mark.parametrize(
    ("changes", "kind", "actor"),
    [
        ({"status": "cancelled", "cancelledByEmail": PAT}, News.CANCELED, Actor.CUSTOMER),
        ({"status": "cancelled", "cancelledByEmail": HOST}, News.CANCELED, Actor.OWNER),
        ({"status": "cancelled", "rescheduledToUid": "uid-2"}, News.SUPERSEDED, Actor.UNKNOWN),
        ({"status": "rejected"}, News.REJECTED, Actor.OWNER),
        ({"attendees": [{"email": PAT, "absent": True}]}, News.NO_SHOW, Actor.UNKNOWN),
    ],
)
def test_what_was_asked_for_tells_its_state(changes, kind, actor):
    event = read(**changes)
    assert (event.news, event.actor) == (kind, actor)
    assert event.version.startswith("2026-03-05")
    assert event.booking is not None
    assert (event.booking.email, event.booking.host.email) == (PAT, HOST)


def test_that_it_was_made_undoes_nothing_that_came_later():
    """An accepted booking looks the same after its end and after a mark was taken back."""
    for changes in ({}, {"rescheduledFromUid": "uid-0"}, {"status": "pending"}):
        assert read(**changes).version.startswith("2026-03-01")


def test_the_ping_test_is_answered_and_not_stored():
    platform = platforms()["calcom"]
    assert platform.is_greeting({}, b'{"triggerEvent": "PING", "payload": {}}')
    for other in (b'{"triggerEvent": "BOOKING_CREATED"}', b"[]", b"{", b'"PING"', b" " * 20_000):
        assert not platform.is_greeting({}, other)


def test_an_unknown_version_is_parked_with_a_sentence():
    platform, body = platforms()["calcom"], json.dumps(delivery()).encode()
    known = Delivery(body=body, headers={"x-cal-webhook-version": "2021-10-20"})
    assert len(platform.split(source_of("calcom"), known)) == 1
    with pytest.raises(BadPayload, match="Choose the version 2026-07-27"):
        platform.split(
            source_of("calcom"), Delivery(body=body, headers={"x-cal-webhook-version": "2099-01-01"})
        )


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (delivery(uid=""), "has no uid"),
        (delivery(attendees="all"), "should be a list"),
        (delivery(startTime="10 o'clock"), "startTime should be a time"),
        ([], "should be a JSON object"),
    ],
)
def test_what_cannot_be_read_is_parked_with_a_sentence(body, sentence):
    with pytest.raises(BadPayload, match=sentence):
        told("calcom", json.dumps(body).encode())


def test_what_is_not_used_says_why():
    assert "once paid" in unused("calcom", delivery("BOOKING_PAYMENT_INITIATED"))
    assert "at its end" in unused("calcom", delivery("MEETING_STARTED"))
    assert "change nothing" in unused("calcom", delivery("RECORDING_READY"))
    assert "change nothing" in unused("calcom", delivery(FROM_API))
