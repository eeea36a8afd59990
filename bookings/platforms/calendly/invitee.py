"""Calendly's invitee and its scheduled event, in our words.

Docs: developer.calendly.com, Webhook payload, Get Event, Get Event Invitee.
"""

from __future__ import annotations

from bookings.booking_data import Actor, BookingData, Host, Named
from bookings.platforms.payload import answers_of, guests_of, utm_of
from intake.party import Party, phones_once
from intake.payload import Node

ACTORS = {"invitee": Actor.CUSTOMER, "host": Actor.OWNER}


def is_replaced(invitee: Node) -> bool:
    """The old half of a reschedule, whichever of the two marks it carries: no cancellation."""
    return bool(invitee.text("new_invitee")) or (
        invitee.flag("rescheduled") and not invitee.text("old_invitee")
    )


def booking_parse(invitee: Node) -> BookingData:
    """Raises: BadPayload."""
    event = invitee.node("scheduled_event")
    email = invitee.text("email", 254)
    hosts = event.nodes("event_memberships")
    host = hosts[0] if hosts else Node({})
    answers, hint = answers_of(
        (one.text("question", 200), one.text("question", 200), one.values.get("answer"))
        for one in invitee.nodes("questions_and_answers")
    )
    tracking = invitee.node("tracking")
    where = event.node("location") if event.holds_object("location") else Node({})
    guests = [guest.text("email", 254) for guest in event.nodes("event_guests")]
    return BookingData(
        subject=event.text("name", 500),
        starts_at=event.moment("start_time"),
        ends_at=event.moment("end_time"),
        email=email,
        whole_name=invitee.text("name", 200),
        customer=Party(
            first_name=invitee.text("first_name", 100),
            last_name=invitee.text("last_name", 100),
            phones=phones_once((invitee.text("text_reminder_number", 50),)),
        ),
        time_zone=invitee.text("timezone", 100),
        host=Host(
            id=host.text("user", 200), email=host.text("user_email", 254), name=host.text("user_name", 200)
        ),
        # By name: event types are retired, and made again under another id.
        event_type=Named(id=event.text("event_type", 200), name=event.text("name", 200)),
        location=where.text("location") or where.text("type").replace("_", " "),
        description=event.text("meeting_notes_plain"),
        guests=guests_of(filter(None, guests), email),
        answers=answers,
        utm=utm_of(tracking),
        contact_hint=tracking.text("salesforce_uuid", 200) or hint,
        cancel_url=invitee.text("cancel_url"),
        reschedule_url=invitee.text("reschedule_url"),
        meeting_url=where.text("join_url"),
        created_at=invitee.moment("created_at"),
    )
