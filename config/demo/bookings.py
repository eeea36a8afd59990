"""What the demo's booking platforms tell, made up by us: of each a booking, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from intake.json_text import json_write

ACUITY_USER = "12345"
ACUITY_BOOKING = "4711"


def booking_deliveries() -> Iterator[tuple[str, bytes]]:
    """Of each platform what it would send; sending it again changes nothing."""
    told = {"oncehub": _oncehub(), "calendly": _calendly(), "calcom": _calcom()}
    for platform, events in told.items():
        for event in events:
            yield platform, json_write(event).encode()
    yield "acuity", urlencode({"action": "appointment.scheduled", "id": ACUITY_BOOKING}).encode()


def platform_replies() -> list[dict[str, Any]]:
    """What Acuity's API answers; the others' deliveries say everything."""
    appointment = {
        "id": int(ACUITY_BOOKING),
        "firstName": "Grace",
        "lastName": "Hopper",
        "email": "grace@example.com",
        "phone": "404-555-0143",
        "type": "Tea tasting",
        "appointmentTypeID": 1,
        "calendar": "Olga",
        "calendarID": 7,
        "datetime": "2026-12-15T10:15:00-0500",
        "datetimeCreated": "2026-11-20T09:00:00-0600",
        "duration": "60",
        "timezone": "America/New_York",
        "canceled": False,
        "forms": [],
    }
    return [
        {"path": f"acuity/api/v1/appointments/{ACUITY_BOOKING}", "body": appointment},
        {"path": "acuity/api/v1/appointments", "body": [appointment]},
    ]


def _oncehub() -> list[dict[str, Any]]:
    """Booked, and moved by the customer."""
    booking = {
        "object": "booking",
        "id": "BKNG-DEMO1",
        "subject": "Tea tasting",
        "creation_time": "2026-11-16T09:00:00Z",
        "customer_timezone": "Europe/London",
        "duration_minutes": 45,
        "form_submission": {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "404-555-0142"},
        "booking_page": {"id": "BP-DEMO1", "name": "Olga"},
        "event_type": {"id": "ET-DEMO1", "name": "Tea tasting"},
        "master_page": {"id": "MP-DEMO1", "name": "Tea house"},
    }
    event = {"object": "event", "api_version": "v2"}
    moved = {"actioned_by": "customer", "reason": "On a train"}
    return [
        {
            **event,
            "id": "EVNT-DEMO1",
            "type": "booking.scheduled",
            "creation_time": "2026-11-16T09:00:01Z",
            "data": {
                **booking,
                "status": "scheduled",
                "starting_time": "2026-12-10T15:00:00Z",
                "last_updated_time": "2026-11-16T09:00:00Z",
            },
        },
        {
            **event,
            "id": "EVNT-DEMO2",
            "type": "booking.rescheduled",
            "creation_time": "2026-11-17T10:00:01Z",
            "data": {
                **booking,
                "status": "rescheduled",
                "starting_time": "2026-12-11T16:00:00Z",
                "last_updated_time": "2026-11-17T10:00:00Z",
                "cancel_reschedule_information": moved,
            },
        },
    ]


def _calendly() -> list[dict[str, Any]]:
    """Booked, and cancelled by the host."""
    event = "https://api.calendly.com/scheduled_events/DEMO1"
    invitee = {
        "uri": f"{event}/invitees/DEMO1",
        "event": event,
        "email": "mary@example.com",
        "name": "Mary Somerville",
        "created_at": "2026-11-18T09:00:00.000000Z",
        "timezone": "America/New_York",
        "questions_and_answers": [{"question": "Which tea?", "answer": "Darjeeling", "position": 0}],
        "tracking": {"utm_source": "newsletter"},
        "scheduled_event": {
            "uri": event,
            "name": "Blend your own",
            "start_time": "2026-12-12T14:00:00.000000Z",
            "end_time": "2026-12-12T14:30:00.000000Z",
            "event_type": "https://api.calendly.com/event_types/DEMO",
            "location": {"type": "physical", "location": "7 Harbour Street"},
            "event_memberships": [{"user_email": "olga@example.com", "user_name": "Olga Office"}],
        },
    }
    cancelled = {"canceler_type": "host", "reason": "Out of Darjeeling", "canceled_by": "Olga Office"}
    return [
        {
            "event": "invitee.created",
            "created_at": "2026-11-18T09:00:01.000000Z",
            "payload": {**invitee, "status": "active", "updated_at": "2026-11-18T09:00:00.000000Z"},
        },
        {
            "event": "invitee.canceled",
            "created_at": "2026-11-19T09:00:01.000000Z",
            "payload": {
                **invitee,
                "status": "canceled",
                "updated_at": "2026-11-19T09:00:00.000000Z",
                "cancellation": cancelled,
            },
        },
    ]


def _calcom() -> list[dict[str, Any]]:
    """Booked, and moved, which gives another uid."""
    booking = {
        "title": "Tea for two between Olga Office and Grace Hopper",
        "eventTitle": "Tea for two",
        "eventTypeId": 11,
        "organizer": {"id": 1, "name": "Olga Office", "email": "olga@example.com"},
        "attendees": [
            {"email": "grace@example.com", "name": "Grace Hopper", "timeZone": "America/Los_Angeles"}
        ],
        "iCalUID": "demo-1@Cal.com",
        "length": 30,
        "status": "ACCEPTED",
    }
    return [
        {
            "triggerEvent": "BOOKING_CREATED",
            "createdAt": "2026-11-20T09:00:00.000Z",
            "payload": {
                **booking,
                "uid": "demo-1",
                "startTime": "2026-12-14T17:00:00Z",
                "endTime": "2026-12-14T17:30:00Z",
            },
        },
        {
            "triggerEvent": "BOOKING_RESCHEDULED",
            "createdAt": "2026-11-21T09:00:00.000Z",
            "payload": {
                **booking,
                "uid": "demo-2",
                "rescheduleUid": "demo-1",
                "startTime": "2026-12-14T19:00:00Z",
                "endTime": "2026-12-14T19:30:00Z",
            },
        },
    ]
