"""Calendly's events, in our words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bookings.booking_data import Actor, Answer, BookingEventData, News
from bookings.platforms.calendly.api import HOOK_RESTORED
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

INVITEE = "https://api.calendly.com/scheduled_events/ev1/invitees/inv1"
EVENT = {
    "uri": "https://api.calendly.com/scheduled_events/ev1",
    "name": "Strategy Call",
    "start_time": "2026-05-25T21:00:00.000000Z",
    "end_time": "2026-05-25T21:45:00.000000Z",
    "event_guests": [{"email": "friend@example.com"}, {"email": "X@example.com"}],
    "location": {"type": "zoom", "join_url": "https://zoom.example.com/1"},
    "event_memberships": [{"user": "u/host", "user_email": "host@example.com", "user_name": "Alex Host"}],
}


def delivery(name: str = "invitee.created", **changes: Any) -> dict[str, Any]:
    invitee = {
        "uri": INVITEE,
        "email": "x@example.com",
        "name": "X Y",
        "status": "active",
        "updated_at": "2026-05-24T12:00:04.700000Z",
        "scheduled_event": EVENT,
    }
    return {"event": name, "created_at": "2026-05-24T12:00:05.000000Z", "payload": {**invitee, **changes}}


def read(invitee: dict[str, Any], name: str = FROM_API) -> Any:
    event = NativeEvent(name=name, body=json.dumps(invitee).encode())
    return platforms()["calendly"].read(source_of("calendly"), event, RECEIVED_AT)


@needs_samples
def test_a_reschedule_is_two_events_and_neither_is_a_cancellation():
    old = news("calendly", sample("calendly/reschedule-1-invitee.canceled.json"))
    new = news("calendly", sample("calendly/reschedule-2-invitee.created.json"))
    assert (old.news, old.replaced_by) == (News.SUPERSEDED, new.segment_id)
    assert (new.news, new.replaces) == (News.RESCHEDULED, old.segment_id)
    assert new.booking is not None
    assert new.booking.starts_at == datetime(2026, 5, 27, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize("marks", [{"new_invitee": INVITEE + "2"}, {"rescheduled": True}])
def test_either_mark_shows_that_another_took_its_place_also_without_its_event(marks):
    changed = {**marks, "scheduled_event": None, "status": "canceled"}
    event = news("calendly", delivery("invitee.canceled", **changed))
    assert (event.news, event.booking) == (News.SUPERSEDED, None)


def test_the_new_half_may_be_marked_as_rescheduled_too():
    """Sources disagree whether it is: the old invitee decides."""
    event = news("calendly", delivery(rescheduled=True, old_invitee=INVITEE + "0"))
    assert (event.news, event.replaces) == (News.RESCHEDULED, INVITEE + "0")
    gone = delivery("invitee.canceled", rescheduled=True, old_invitee=INVITEE + "0", status="canceled")
    assert news("calendly", gone).news == News.CANCELED


@pytest.mark.parametrize(
    ("who", "actor"), [("host", Actor.OWNER), ("invitee", Actor.CUSTOMER), ("", Actor.UNKNOWN)]
)
def test_who_cancelled_and_why(who, actor):
    cancellation = {"canceler_type": who, "reason": "Ill"}
    event = news("calendly", delivery("invitee.canceled", cancellation=cancellation))
    assert (event.news, event.actor, event.reason) == (News.CANCELED, actor, "Ill")


def test_a_no_show_is_later_than_all_before_and_can_be_revoked():
    made = news("calendly", delivery())
    marked = news("calendly", delivery("invitee_no_show.created"))
    revoked = news("calendly", {**delivery("invitee_no_show.deleted"), "created_at": "2026-05-24T13:00:00Z"})
    assert [event.news for event in (made, marked, revoked)] == [
        News.SCHEDULED,
        News.NO_SHOW,
        News.NO_SHOW_REVOKED,
    ]
    assert made.version < marked.version < revoked.version


@needs_samples
def test_what_a_booking_tells():
    event = news("calendly", delivery(tracking={"utm_source": "mail", "salesforce_uuid": "a-key"}))
    booking = event.booking
    assert booking is not None
    assert (event.segment_id, event.version) == (INVITEE, "2026-05-24T12:00:04.700000+00:00")
    assert (booking.subject, booking.event_type.name) == ("Strategy Call", "Strategy Call")
    assert (booking.host.email, booking.host.name) == ("host@example.com", "Alex Host")
    assert [guest.email for guest in booking.guests] == ["friend@example.com"]
    assert (booking.meeting_url, booking.location) == ("https://zoom.example.com/1", "zoom")
    assert (booking.utm, booking.contact_hint) == ({"source": "mail"}, "a-key")
    asked = sample_json("calendly/invitee_no_show.created.json")["payload"]
    answered = news("calendly", {**delivery(), "payload": asked}).booking
    assert answered is not None
    question = "What would you like to discuss?"
    assert answered.answers == (Answer(key=question, label=question, value="Product demo"),)


@needs_samples
@pytest.mark.parametrize(
    "name", ["invitee.created-2020", "invitee.canceled-2020", "invitee.created-utm-questions"]
)
def test_without_its_event_an_invitee_is_only_mentioned(name):
    body = sample_json(f"calendly/{name}.json")
    assert mention("calendly", body).segment_id == body["payload"]["uri"]


def test_a_no_show_may_only_name_its_invitee():
    body = delivery("invitee_no_show.created", uri="https://api/invitee_no_shows/1", invitee=INVITEE)
    del body["payload"]["scheduled_event"]
    assert mention("calendly", body).segment_id == INVITEE


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, News.SCHEDULED),
        ({"old_invitee": INVITEE + "0"}, News.RESCHEDULED),
        ({"status": "canceled"}, News.CANCELED),
        ({"status": "canceled", "rescheduled": True}, News.SUPERSEDED),
        ({"no_show": {"uri": "x", "created_at": "2026-05-26T09:00:00Z"}}, News.NO_SHOW),
    ],
)
def test_what_was_asked_for_tells_its_state(changes, kind):
    found = read(delivery(**changes)["payload"])
    assert isinstance(found, BookingEventData)
    assert found.news == kind
    assert (
        found.version == ("2026-05-26T09" if kind is News.NO_SHOW else "2026-05-24T12") + found.version[13:]
    )


@needs_samples
def test_what_is_not_used_says_why():
    assert "books nothing" in unused("calendly", sample("calendly/routing_form_submission.created.json"))
    assert "no bookings" in unused("calendly", delivery("user.updated"))
    assert "switched on again" in read({}, HOOK_RESTORED).reason
    forged = unused("calendly", delivery(FROM_API))
    assert "no bookings" in forged


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"event": "invitee.created", "time": "x", "payload": {"invitee": {"uuid": "A"}}}, "version 1"),
        (delivery(uri=""), "names no invitee"),
        (delivery(updated_at="now"), "updated_at should be a time"),
        ([], "should be a JSON object"),
        (delivery(questions_and_answers={}), "should be a list"),
    ],
)
def test_what_cannot_be_read_is_parked_with_a_sentence(body, sentence):
    with pytest.raises(BadPayload, match=sentence):
        told("calendly", json.dumps(body).encode())
