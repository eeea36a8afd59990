"""Cal.com: signed webhooks, most of them tried once, and its API v2.

Docs: cal.com/docs, Webhooks (payload versions 2021-10-20 and 2026-07-27). A rescheduled booking gets a new
uid: `rescheduleUid` names the old one, and iCalUID stays. With seats each of them is a booking here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bookings.booking_data import Actor, BookingEventData, BookingMention, News
from bookings.booking_platform import BookingPlatform
from bookings.platforms.calcom.api import BOOKINGS_FEED, CalComApi
from bookings.platforms.calcom.booking import (
    actor_by_email,
    booking_parse,
    booking_parse_read,
    customer_of,
    is_seated,
)
from bookings.platforms.payload import FROM_API, event_id_of, object_of, version_of
from bookings.platforms.signatures import hex_signature
from intake.json_text import NotJson, json_read, json_write
from intake.models.sources import Source
from intake.payload import Node
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed, signed_with
from intake.shop_api import Credential, Feed, Shop

SIGNATURE_HEADER = "X-Cal-Signature-256"
_VERSION = "x-cal-webhook-version"
_VERSIONS = ("2021-10-20", "2026-07-27")
_NEWS = {
    "BOOKING_REQUESTED": News.REQUESTED,
    "BOOKING_CREATED": News.SCHEDULED,
    "BOOKING_RESCHEDULED": News.RESCHEDULED,
    "BOOKING_REASSIGNED": News.REASSIGNED,
    "BOOKING_CANCELLED": News.CANCELED,
    "BOOKING_REJECTED": News.REJECTED,
    "BOOKING_NO_SHOW_UPDATED": News.NO_SHOW,
    "MEETING_ENDED": News.COMPLETED,
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW": News.NO_SHOW_SUSPECTED,
    "AFTER_HOSTS_CAL_VIDEO_NO_SHOW": News.HOST_ABSENT,
}
_BOOKS = ("BOOKING_CREATED", "BOOKING_REQUESTED")  # with seats: one more person, beside those who have theirs
_NOT_USED = {
    "BOOKING_PAYMENT_INITIATED": "The booking waits for its payment; once paid, it comes as a created one.",
    "BOOKING_PAID": "The booking was paid; that it was made is told by itself.",
    "MEETING_STARTED": "That a meeting began changes nothing: whether it took place shows at its end.",
}


class CalCom(BookingPlatform):
    name = "calcom"
    title = "Cal.com"
    signs = True
    kept_headers = (_VERSION,)
    tells_completion = True
    credentials = (
        Credential(
            field="shop_url",
            label="Address of the API",
            help="Only for an installation of your own, or https://api.cal.eu; empty: https://api.cal.com.",
            required=False,
        ),
        Credential(
            field="api_secret",
            label="API key",
            help="In Cal.com: Settings → Security → API keys. With it missed bookings are found, and who "
            "cancelled is asked for where no delivery tells it.",
        ),
    )
    refresh_id_help = "the uid at the end of the booking's address"
    feeds = (Feed(name=BOOKINGS_FEED, title="Bookings", overlap=timedelta(minutes=5)),)

    def is_greeting(self, headers: Mapping[str, str], body: bytes) -> bool:
        """The button “Ping test” of a webhook, pressed before it is saved."""
        try:
            told = json_read(body) if len(body) < 10_000 else None
        except NotJson:
            return False
        return isinstance(told, dict) and told.get("triggerEvent") == "PING"

    def authenticate(self, source: Source, headers: Mapping[str, str], body: bytes) -> bool:
        secrets = (source.signing_secret, source.signing_secret_before)
        return signed_with(secrets, body, headers.get(SIGNATURE_HEADER) or "", as_hex=True)

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        value = object_of(delivery.body, self.title)
        version = delivery.headers.get(_VERSION, "")
        if version and version not in _VERSIONS:
            raise BadPayload(
                f"This delivery is of version {version[:40]!r} of Cal.com's webhooks, which is not known "
                f"here. Choose the version {_VERSIONS[-1]} in the webhook's settings."
            )
        name = Node(value).text("triggerEvent", 60)
        told = value.get("payload", value)
        if name == FROM_API or name in _BOOKS or not isinstance(told, dict):
            return [NativeEvent(name="" if name == FROM_API else name, body=delivery.body)]
        attendees = Node(told).nodes("attendees")
        for_each = name == "BOOKING_NO_SHOW_UPDATED" or is_seated(Node(told))
        if not for_each or len(attendees) < 2:
            return [NativeEvent(name=name, body=delivery.body)]
        each = [{**told, "attendees": [attendee.values], "responses": {}} for attendee in attendees]
        wrapped = [{**value, "payload": one} if "payload" in value else one for one in each]
        return [NativeEvent(name=name, body=json_write(one).encode()) for one in wrapped]

    def read(
        self, source: Source, event: NativeEvent, received_at: datetime
    ) -> BookingEventData | BookingMention | NotUsed:
        value = Node(object_of(event.body, self.title))
        if event.name == FROM_API:
            return _told_by_api(value, event, received_at)
        if event.name not in _NEWS:
            other = f"Events of the kind {event.name!r} change nothing of a booking here."
            return NotUsed(reason=_NOT_USED.get(event.name, other))
        return _told(value, event, received_at)

    def reach(self, source: Source) -> Shop:
        return CalComApi(source)

    def test_delivery(self, source: Source, now: datetime) -> tuple[bytes, dict[str, str]]:
        moment = now.isoformat(timespec="milliseconds")
        told = {
            "triggerEvent": "BOOKING_CREATED",
            "createdAt": moment,
            "payload": {
                "uid": f"test-{int(now.timestamp())}",
                "title": "Test booking",
                "startTime": moment,
                "endTime": (now + timedelta(minutes=30)).isoformat(timespec="milliseconds"),
                "organizer": {"name": "Test Host", "email": "host@example.com"},
                "attendees": [{"name": "Test Booking", "email": "test@example.com", "timeZone": "UTC"}],
                "status": "ACCEPTED",
            },
        }
        body = json_write(told).encode()
        secret = source.signing_secret or source.signing_secret_before
        return body, {"Content-Type": "application/json", SIGNATURE_HEADER: hex_signature(secret, body)}


def _told(value: Node, event: NativeEvent, received_at: datetime) -> BookingEventData:
    """A webhook's body: MEETING_… come flat, the others in `payload`."""
    is_flat = not value.holds_object("payload")
    booking = value if is_flat else value.node("payload")
    uid = booking.identifier("uid", 150) or booking.identifier("bookingUid", 150)
    if not uid:
        raise BadPayload("The delivery has no uid, so it cannot be told which booking it is about.")
    news, actor, reason = _news_of(booking, event.name)
    seat = f":{customer_of(booking).text('email', 254).lower()}" if is_seated(booking) else ""
    replaces = booking.identifier("rescheduleUid", 150)
    # A flat body's createdAt is when it was booked: what it tells happened at the end of the meeting.
    happened_at = booking.moment("endTime") if is_flat else value.moment("createdAt")
    described = news not in (News.NO_SHOW, News.NO_SHOW_REVOKED)
    email = customer_of(booking).text("email", 254).lower()
    uid_of_calendar = booking.identifier("iCalUID", 255)
    in_series = booking.has("recurringEventId") or booking.has("recurringEvent")
    return BookingEventData(
        segment_id=uid + seat,
        event_id=value.identifier("idempotencyKey", 200) or event_id_of(event.body),
        news=news,
        occurred_at=happened_at or received_at,
        version=version_of(happened_at or received_at),
        actor=actor,
        reason=reason,
        replaces=replaces + seat if replaces else "",
        # One of a series has the iCalUID of all; one of several seats that of the others.
        series_id=f"{uid_of_calendar} {email}"[:255] if uid_of_calendar and not in_series else "",
        booking=booking_parse(booking) if described else None,
        ask_again=news is News.CANCELED and actor is Actor.UNKNOWN,
    )


def _news_of(booking: Node, name: str) -> tuple[News, Actor, str]:
    """What an event tells, who did it, and why."""
    news = _NEWS[name]
    match news:
        case News.SCHEDULED if booking.text("status").upper() == "PENDING":
            return News.REQUESTED, Actor.UNKNOWN, ""
        case News.SCHEDULED | News.RESCHEDULED if booking.text("rescheduleUid"):
            by = actor_by_email(booking, booking.text("rescheduledBy", 254))
            return News.RESCHEDULED, by, booking.text("reschedulingReason")
        case News.CANCELED if booking.flag("requestReschedule"):
            return News.RESCHEDULE_REQUESTED, Actor.OWNER, booking.text("cancellationReason")
        case News.CANCELED:
            by = actor_by_email(booking, booking.text("cancelledBy", 254))
            return news, by, booking.text("cancellationReason")
        case News.REJECTED:
            return news, Actor.OWNER, booking.text("rejectionReason")
        case News.NO_SHOW if not any(one.flag("noShow") for one in booking.nodes("attendees")):
            return News.NO_SHOW_REVOKED, Actor.UNKNOWN, ""
        case _:
            return news, Actor.UNKNOWN, ""


def _told_by_api(booking: Node, event: NativeEvent, received_at: datetime) -> BookingEventData:
    """A booking as it is now. That it was made counts from when it was: it undoes nothing that came later."""
    uid = booking.identifier("uid", 150)
    if not uid:
        raise BadPayload("The booking has no uid.")
    attendee = next(iter(booking.nodes("attendees")), Node({}))
    seat = f":{attendee.text('email', 254).lower()}" if attendee.has("seatUid") else ""
    replaces, replaced_by = (
        booking.identifier(name, 150) for name in ("rescheduledFromUid", "rescheduledToUid")
    )
    happened_at, actor, reason = booking.moment("updatedAt") or received_at, Actor.UNKNOWN, ""
    match booking.text("status").lower():
        case "cancelled" if replaced_by:
            news = News.SUPERSEDED
        case "cancelled":
            news, reason = News.CANCELED, booking.text("cancellationReason")
            actor = actor_by_email(booking, booking.text("cancelledByEmail", 254))
        case "rejected":
            news, actor, reason = News.REJECTED, Actor.OWNER, booking.text("cancellationReason")
        case _ if attendee.flag("absent"):
            news = News.NO_SHOW
        case status:
            happened_at = booking.moment("createdAt") or happened_at
            news = News.REQUESTED if status == "pending" else News.SCHEDULED
            if news is News.SCHEDULED and replaces:
                news = News.RESCHEDULED
                actor = actor_by_email(booking, booking.text("rescheduledByEmail", 254))
    return BookingEventData(
        segment_id=uid + seat,
        event_id=event_id_of(event.body),
        news=news,
        occurred_at=happened_at,
        version=version_of(happened_at),
        actor=actor,
        reason=reason,
        replaces=replaces + seat if replaces else "",
        replaced_by=replaced_by + seat if replaced_by else "",
        booking=booking_parse_read(booking),
    )
