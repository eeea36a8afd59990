"""OnceHub's booking object, in a webhook, in a list and by itself, in our words.

Docs: developers.oncehub.com, The booking object.
"""

from __future__ import annotations

from typing import Any

from bookings.booking_data import Actor, BookingData, Host, Named
from bookings.platforms.payload import answers_of, guests_of, minutes_of, utm_of
from intake.party import Party, phones_once
from intake.payload import Node

_ACTORS = {"user": Actor.OWNER, "customer": Actor.CUSTOMER}


def booking_id(booking: Node) -> str:
    return booking.identifier("id", 100) or booking.identifier("tracking_id", 100)


def replaced_id(booking: Node) -> str:
    """Of the booking whose place this one takes. The vendor's own samples name the booking itself."""
    replaced = booking.identifier("rescheduled_booking_id", 100)
    return "" if replaced == booking_id(booking) else replaced


def actor_of(booking: Node) -> tuple[Actor, str, str]:
    """Who cancelled or moved it, with the user's id, and why."""
    told = booking.node("cancel_reschedule_information")
    actor = _ACTORS.get(told.text("actioned_by").lower(), Actor.UNKNOWN)
    return actor, told.text("user_id", 100), told.text("reason")


def booking_parse(booking: Node) -> BookingData:
    """Raises: BadPayload."""
    form = booking.node("form_submission")
    email = form.text("email", 254)
    fields = [*form.nodes("custom_fields"), *booking.nodes("custom_fields")]
    answers, hint = answers_of(
        (field.text("name", 200), field.text("name", 200), field.values.get("value")) for field in fields
    )
    page = _named(booking, "booking_page")
    return BookingData(
        subject=booking.text("subject", 500),
        starts_at=booking.moment("starting_time"),
        duration_minutes=minutes_of(booking, "duration_minutes"),
        email=email,
        whole_name=form.text("name", 200),
        customer=Party(
            company=form.text("company", 200),
            phones=phones_once((form.text("phone", 50), form.text("mobile_phone", 50))),
        ),
        time_zone=booking.text("customer_timezone", 100),
        # The owner stays the one who accepted the booking, however often its page changes: the page says
        # whose it is. Booking calendars have no pages.
        host=Host() if page.id or page.name else _host(booking),
        booking_page=page,
        event_type=_named(booking, "event_type"),
        master_page=_named(booking, "master_page"),
        location=booking.text("location_description"),
        note=form.text("note"),
        guests=guests_of(form.texts("guests", 254), email),
        answers=answers,
        utm=utm_of(booking.node("utm_params"), prefix=""),
        utm_told=booking.has("utm_params"),
        contact_hint=hint,
        cancel_url=booking.text("cancel_url") or booking.text("cancel_reschedule_url"),
        reschedule_url=booking.text("reschedule_url") or booking.text("cancel_reschedule_url"),
        meeting_url=booking.node("virtual_conferencing").text("join_url"),
        created_at=booking.moment("creation_time"),
    )


def _named(booking: Node, name: str) -> Named:
    """An id, or the whole object where it is expanded."""
    if not booking.holds_object(name):
        return Named(id=booking.text(name, 100))
    found = booking.node(name)
    return Named(id=found.text("id", 100), name=found.text("name", 200) or found.text("label", 200))


def _host(booking: Node) -> Host:
    if not booking.holds_object("owner"):
        return Host(id=booking.text("owner", 100))
    owner = booking.node("owner")
    name = f"{owner.text('first_name', 100)} {owner.text('last_name', 100)}".strip()
    return Host(id=owner.text("id", 100), email=owner.text("email", 254), name=name)


def sample_booking(booking_id: str, now: str) -> dict[str, Any]:
    """A booking as a webhook tells it, clearly a test."""
    return {
        "object": "booking",
        "id": booking_id,
        "tracking_id": booking_id,
        "subject": "Test booking",
        "status": "scheduled",
        **dict.fromkeys(("creation_time", "starting_time", "last_updated_time"), now),
        "customer_timezone": "America/New_York",
        "duration_minutes": 30,
        "form_submission": {"name": "Test Booking", "email": "test@example.com", "guests": []},
        "booking_page": "BP-TEST",
    }
