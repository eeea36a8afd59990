"""OnceHub's events, in our words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bookings.booking_data import Actor, Answer, BookingEventData, Host, Named, News
from bookings.platforms.payload import FROM_API
from intake.platform import BadPayload, NativeEvent
from intake.registry import platforms
from tests.bookings.samples import (
    RECEIVED_AT,
    mention,
    needs_samples,
    news,
    sample,
    sample_json,
    source_of,
    told,
    unused,
)

FIRST, MOVED = "BKNG-J4FR05BKEWEX", "BKNG-9QXW21PLMN4T"
KINDS = {
    "scheduled": (News.SCHEDULED, Actor.UNKNOWN, ""),
    "scheduled-paid": (News.SCHEDULED, Actor.UNKNOWN, ""),
    "rescheduled": (News.RESCHEDULED, Actor.CUSTOMER, ""),
    "canceled-by-customer": (News.CANCELED, Actor.CUSTOMER, ""),
    "canceled_reschedule_requested": (News.RESCHEDULE_REQUESTED, Actor.OWNER, ""),
    "rescheduled-after-request": (News.RESCHEDULED, Actor.UNKNOWN, FIRST),
    "canceled_then_rescheduled": (News.RESCHEDULED, Actor.UNKNOWN, FIRST),
    "completed": (News.COMPLETED, Actor.UNKNOWN, ""),
    "no_show": (News.NO_SHOW, Actor.UNKNOWN, ""),
}


def read(booking: dict[str, Any]) -> BookingEventData:
    """A booking that was asked for."""
    event = NativeEvent(name=FROM_API, body=json.dumps(booking).encode())
    found = platforms()["oncehub"].read(source_of("oncehub"), event, RECEIVED_AT)
    assert isinstance(found, BookingEventData)
    return found


def delivery(kind: str = "scheduled", **changes: Any) -> dict[str, Any]:
    booking = {"id": FIRST, "form_submission": {"email": "a@example.com"}, "status": "scheduled"}
    return {
        "id": "EVNT-1",
        "type": f"booking.{kind}",
        "api_version": "v2",
        "creation_time": "2026-03-05T10:00:01Z",
        "data": {**booking, **changes},
    }


@needs_samples
@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_event(name):
    event = news("oncehub", sample(f"oncehub/v2-booking.{name}.json"))
    kind, actor, replaces = KINDS[name]
    assert (event.news, event.actor, event.replaces) == (kind, actor, replaces)
    assert event.event_id.startswith("EVNT-")
    assert event.booking is not None
    assert event.booking.email
    assert event.version <= event.occurred_at.isoformat(timespec="microseconds")


@needs_samples
def test_what_a_booking_tells():
    event = news("oncehub", sample("oncehub/v2-booking.rescheduled.json"))
    booking = event.booking
    assert booking is not None
    assert (event.segment_id, event.version) == (FIRST, "2026-03-04T08:00:11.000000+00:00")
    assert (booking.subject, booking.whole_name) == ("Live demo", "Carrie Customer")
    assert (booking.email, booking.customer.phones) == ("carrie.customer@example.com", ("1-2025550195",))
    assert booking.starts_at == datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
    assert (booking.duration_minutes, booking.time_zone) == (60, "America/New_York")
    assert booking.answers[0] == Answer(key="Title", label="Title", value="Executive Assistant")
    assert [answer.key for answer in booking.answers][-1] == "meeting_reason"
    assert booking.booking_page == Named(id="BP-X0LCRU5LES")
    assert booking.meeting_url == "https://meet.google.com/abc-defg-hij"
    assert event.reason == "Change in schedule"


@needs_samples
def test_the_owner_is_the_host_only_where_there_is_no_page():
    """A booking that moved to another page keeps its owner."""
    expanded = sample_json("oncehub/v2-booking.scheduled.json")
    with_page = news("oncehub", expanded).booking
    assert with_page is not None
    assert (with_page.host, with_page.booking_page.name) == (Host(), "Michael")
    expanded["data"]["booking_page"] = None
    in_calendar = news("oncehub", expanded).booking
    assert in_calendar is not None
    assert (in_calendar.host.email, in_calendar.host.name) == ("michael@example.com", "Michael")


@needs_samples
def test_only_asking_tells_where_somebody_came_from():
    booking = sample_json("oncehub/rest-v2-list-bookings.json")["data"][0]
    asked = read(booking)
    assert asked.booking is not None
    assert (asked.booking.utm, asked.booking.utm_told) == ({"source": "facebook", "medium": "social"}, True)
    assert (asked.news, asked.replaces) == (News.SCHEDULED, "")  # the vendor's sample names itself
    hooked = news("oncehub", sample("oncehub/v2-booking.scheduled.json"))
    assert hooked.booking is not None
    assert not hooked.booking.utm_told


def test_what_was_asked_for_speaks_before_an_event_of_the_same_version():
    """The list knows no more than that it was cancelled."""
    changed = {"last_updated_time": "2026-03-05T10:00:00Z", "status": "canceled"}
    event = news("oncehub", delivery("canceled_reschedule_requested", **changed))
    asked = read(delivery(**changed)["data"])
    assert asked.version == event.version
    assert asked.occurred_at < event.occurred_at
    assert (asked.news, event.news) == (News.CANCELED, News.RESCHEDULE_REQUESTED)


def test_the_old_half_of_a_move_to_another_page_is_no_cancellation():
    assert news("oncehub", delivery("canceled_then_rescheduled", status="canceled")).news == News.SUPERSEDED
    moved = delivery("canceled_then_rescheduled", status="canceled", rescheduled_booking_id=MOVED)
    assert (news("oncehub", moved).news, news("oncehub", moved).replaces) == (News.RESCHEDULED, MOVED)


def test_reassigned_and_requested():
    assert news("oncehub", delivery("reassigned")).news == News.REASSIGNED
    assert news("oncehub", delivery("requested")).news == News.REQUESTED


def test_the_key_of_a_link_comes_back_in_a_hidden_question():
    fields = [{"name": "Booking key", "value": "a-key"}, {"name": "Colour", "value": ["red", "blue"]}]
    booking = news("oncehub", delivery(custom_fields=fields)).booking
    assert booking is not None
    assert (booking.contact_hint, booking.answers) == (
        "a-key",
        (Answer(key="Colour", label="Colour", value="red, blue"),),
    )


def test_without_a_signature_nothing_but_the_id_is_taken():
    for version in ("v1", "v2"):
        found = mention("oncehub", {**delivery(), "api_version": version}, signing_secret="")
        assert (found.segment_id, found.event_id, found.name) == (FIRST, "EVNT-1", "booking.scheduled")
    by_tracking = mention("oncehub", delivery(id="", tracking_id="D36E0002"), signing_secret="")
    assert by_tracking.segment_id == "D36E0002"


def test_no_delivery_passes_for_something_that_we_read():
    forged = {**delivery(), "type": FROM_API}
    assert "no bookings" in unused("oncehub", forged)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({**delivery(), "api_version": "v9"}, "Create the webhook anew in version v2"),
        (delivery(id=""), "names no booking"),
        (delivery(starting_time="soon"), "starting_time should be a time"),
        ([], "should be a JSON object"),
        (b"{", "cannot be read"),
        (delivery(form_submission=[]), "should be an object"),
    ],
)
def test_what_cannot_be_read_is_parked_with_a_sentence(body, sentence):
    with pytest.raises(BadPayload, match=sentence):
        told("oncehub", body if isinstance(body, bytes) else json.dumps(body).encode())


def test_other_events_are_not_used_and_say_why():
    assert "no bookings" in unused("oncehub", {**delivery(), "type": "conversation.started"})
    assert "changes nothing" in unused("oncehub", delivery("trashed"))
