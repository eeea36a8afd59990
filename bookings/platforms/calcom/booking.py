"""Cal.com's booking, as its webhooks and as its API v2 tell it, in our words.

Docs: cal.com/docs, Webhooks; packages/platform/types/bookings/2024-08-13 of calcom/cal.com.
"""

from __future__ import annotations

from collections.abc import Iterator

from bookings.booking_data import Actor, BookingData, Host, Named
from bookings.platforms.payload import answers_of, guests_of, is_key_question, minutes_of, text_of, utm_of
from intake.party import Party, phones_once
from intake.payload import Node

# Questions that every booking form has; what they say has a place of its own.
_BUILT_IN = {
    "name",
    "email",
    "attendeePhoneNumber",
    "smsReminderNumber",
    "location",
    "title",
    "notes",
    "guests",
    "rescheduleReason",
}


def customer_of(booking: Node) -> Node:
    """Of the attendees the one who booked; with seats each event is about one of them."""
    attendees = booking.nodes("attendees")
    email = _response(booking, "email").casefold()
    mine = [attendee for attendee in attendees if email and attendee.text("email", 254).casefold() == email]
    return next(iter([*mine, *attendees]), Node({}))


def is_seated(booking: Node) -> bool:
    return bool(booking.number("seatsPerTimeSlot") or booking.node("eventType").number("seatsPerTimeSlot"))


def actor_by_email(booking: Node, email: str) -> Actor:
    """Whether who did something was the host or one of the attendees."""
    if not email:
        return Actor.UNKNOWN
    hosts = [booking.node("organizer"), booking.node("user"), *booking.nodes("hosts")]
    if email.casefold() in {host.text("email", 254).casefold() for host in hosts}:
        return Actor.OWNER
    attendees = {attendee.text("email", 254).casefold() for attendee in booking.nodes("attendees")}
    return Actor.CUSTOMER if email.casefold() in attendees else Actor.UNKNOWN


def booking_parse(booking: Node) -> BookingData:
    """The body of a webhook, with `payload` or flat. Raises: BadPayload."""
    customer, seated = customer_of(booking), is_seated(booking)
    email = customer.text("email", 254)
    organizer = booking.node("organizer") if booking.has("organizer") else booking.node("user")
    answers, hint = answers_of(_responses(booking))
    metadata = booking.node("metadata")
    others = [one.text("email", 254) for one in booking.nodes("attendees")]
    title = booking.text("eventTitle", 200) or booking.node("eventType").text("title", 200)
    return BookingData(
        subject=booking.text("title", 500),
        starts_at=booking.moment("startTime"),
        ends_at=booking.moment("endTime"),
        duration_minutes=minutes_of(booking, "length"),
        email=email,
        whole_name=customer.text("name", 200),
        customer=Party(
            first_name=customer.text("firstName", 100),
            last_name=customer.text("lastName", 100),
            phones=phones_once(
                (
                    customer.text("phoneNumber", 50),
                    _response(booking, "attendeePhoneNumber"),
                    booking.text("smsReminderNumber", 50),
                )
            ),
        ),
        time_zone=customer.text("timeZone", 100),
        host=Host(
            id=organizer.text("id", 100),
            email=organizer.text("email", 254),
            name=organizer.text("name", 200),
        ),
        event_type=Named(id=booking.text("eventTypeId", 100), name=title or booking.text("type", 200)),
        location=_place(text_of(booking.values.get("location"))),
        description=booking.text("description"),
        note=booking.text("additionalNotes"),
        guests=() if seated else guests_of(filter(None, others), email),
        answers=answers,
        utm=utm_of(booking.node("tracking")),
        utm_told=booking.has("tracking"),
        contact_hint=_key_in(metadata) or hint,
        meeting_url=booking.node("videoCallData").text("url") or metadata.text("videoCallUrl"),
    )


def booking_parse_read(booking: Node) -> BookingData:
    """The answer of the API. Raises: BadPayload."""
    attendee = next(iter(booking.nodes("attendees")), Node({}))
    responses = attendee if attendee.has("bookingFieldsResponses") else booking
    told = responses.node("bookingFieldsResponses").values
    answers, hint = answers_of((key, key, value) for key, value in told.items() if key not in _BUILT_IN)
    email = attendee.text("email", 254) or text_of(told.get("email"))
    host = next(iter(booking.nodes("hosts")), Node({}))
    event_type = booking.node("eventType")
    seated = attendee.has("seatUid")
    others = [one.text("email", 254) for one in booking.nodes("attendees")]
    guests = [*booking.texts("guests", 254), *others]
    return BookingData(
        subject=booking.text("title", 500),
        starts_at=booking.moment("start"),
        ends_at=booking.moment("end"),
        duration_minutes=minutes_of(booking, "duration"),
        email=email,
        whole_name=attendee.text("name", 200),
        customer=Party(
            phones=phones_once(
                (attendee.text("phoneNumber", 50), text_of(told.get("attendeePhoneNumber"))[:50])
            )
        ),
        time_zone=attendee.text("timeZone", 100),
        host=Host(id=host.text("id", 100), email=host.text("email", 254), name=host.text("name", 200)),
        # The API tells no title of the event type, and what a webhook told is not to be lost for its slug.
        event_type=Named(id=event_type.text("id", 100) or booking.text("eventTypeId", 100)),
        location=_place(booking.text("location")),
        description=booking.text("description"),
        note=text_of(told.get("notes")),
        guests=() if seated else guests_of(filter(None, guests), email),
        answers=answers,
        utm_told=False,
        contact_hint=_key_in(booking.node("metadata")) or hint,
        meeting_url=booking.text("meetingUrl"),
        created_at=booking.moment("createdAt"),
    )


def _responses(booking: Node) -> Iterator[tuple[str, str, object]]:
    """The form's own questions first; those of the event type may stand in a second list only."""
    told = {**booking.node("userFieldsResponses").values, **booking.node("responses").values}
    for key, answer in told.items():
        if key not in _BUILT_IN and isinstance(answer, dict):
            yield key[:200], str(answer.get("label") or key)[:200], answer.get("value")


def _response(booking: Node, key: str) -> str:
    """The text of one of the questions that every form has; flat bodies hold the bare value."""
    answer = booking.node("responses").values.get(key)
    return text_of(answer.get("value") if isinstance(answer, dict) else answer)[:254]


def _key_in(metadata: Node) -> str:
    return next(
        (text_of(value)[:200] for name, value in metadata.values.items() if is_key_question(name)), ""
    )


def _place(location: str) -> str:
    """`integrations:daily` and the like name a program, no place."""
    return location.removeprefix("integrations:").replace(":", " ") if location else ""
