"""Calendly: signed webhooks about invitees, and its API v2.

Docs: developer.calendly.com, Webhook signatures, Webhook payload. A reschedule is two events about two
invitees, `invitee.canceled` of the old one and `invitee.created` of the new one, in no promised order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from bookings.booking_data import Actor, BookingEventData, BookingMention, News
from bookings.booking_platform import BookingPlatform
from bookings.platforms.calendly.api import BOOKINGS_FEED, EVENTS, HOOK_FEED, HOOK_RESTORED, CalendlyApi
from bookings.platforms.calendly.invitee import ACTORS, booking_parse, is_replaced
from bookings.platforms.payload import FROM_API, event_id_of, object_of, version_of
from bookings.platforms.signatures import timed_signature, timed_signature_fits
from intake.json_text import json_write
from intake.models.sources import Source
from intake.payload import Node
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed
from intake.shop_api import Credential, Feed, FeedKind, Shop

SIGNATURE_HEADER = "Calendly-Webhook-Signature"
_OURS = (FROM_API, HOOK_RESTORED)
_NEWS = dict(zip(EVENTS, (News.SCHEDULED, News.CANCELED, News.NO_SHOW, News.NO_SHOW_REVOKED), strict=True))
_NOT_USED = {
    "api": "Calendly had switched its deliveries to this address off, as it does after a day of failures. "
    "They were switched on again; what was missed is found by asking.",
    "routing_form_submission": "A routing form was filled in. It books nothing and seldom tells an e-mail "
    "address; who books after it comes as a booking, with the same answers and UTM parameters.",
    "event_type": "Event types by themselves change nothing in the CRM: bookings name theirs.",
    "meeting_recap": "Recaps of meetings are not replicated.",
    "contact": "Contacts by themselves change nothing in the CRM: contacts are made of bookings.",
}


class Calendly(BookingPlatform):
    name = "calendly"
    title = "Calendly"
    signs = True
    credentials = (
        Credential(
            field="api_secret",
            label="Personal access token",
            help="In Calendly: Integrations → API and webhooks, as an administrator of the organization. "
            "With it missed bookings are found, and a webhook that Calendly switched off is restored.",
        ),
    )
    refresh_id_help = (
        "the invitee's address at the API, https://api.calendly.com/scheduled_events/…/invitees/…"
    )
    feeds = (
        Feed(name=BOOKINGS_FEED, title="Bookings", overlap=timedelta(minutes=5), window=timedelta(days=366)),
        Feed(
            name=HOOK_FEED,
            title="Whether Calendly still delivers",
            kind=FeedKind.LIST,
            every=timedelta(hours=1),
        ),
    )

    def authenticate(self, source: Source, headers: Mapping[str, str], body: bytes) -> bool:
        secrets = (source.signing_secret, source.signing_secret_before)
        return timed_signature_fits(headers.get(SIGNATURE_HEADER) or "", "v1", secrets, body, timezone.now())

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        name = Node(object_of(delivery.body, self.title)).text("event", 60)
        return [NativeEvent(name="" if name in _OURS else name, body=delivery.body)]

    def read(
        self, source: Source, event: NativeEvent, received_at: datetime
    ) -> BookingEventData | BookingMention | NotUsed:
        value = Node(object_of(event.body, self.title))
        if event.name == FROM_API:
            return _told(value, event, _state(value), received_at)
        if event.name not in EVENTS:
            kind = event.name.partition(".")[0]
            other = f"Events of the kind {event.name!r} are no bookings, which alone are used."
            return NotUsed(reason=_NOT_USED.get(kind, other))
        return _hooked(value, event, received_at)

    def reach(self, source: Source) -> Shop:
        return CalendlyApi(source)

    def test_delivery(self, source: Source, now: datetime) -> tuple[bytes, dict[str, str]]:
        moment = now.isoformat(timespec="microseconds")
        event = f"https://api.calendly.com/scheduled_events/TEST{int(now.timestamp())}"
        told = {
            "event": "invitee.created",
            "created_at": moment,
            "payload": {
                "uri": f"{event}/invitees/TEST",
                "event": event,
                "email": "test@example.com",
                "name": "Test Booking",
                "status": "active",
                "created_at": moment,
                "updated_at": moment,
                "timezone": "America/New_York",
                "scheduled_event": {
                    "uri": event,
                    "name": "Test booking",
                    "start_time": moment,
                    "end_time": (now + timedelta(minutes=30)).isoformat(timespec="microseconds"),
                },
            },
        }
        body = json_write(told).encode()
        secret = source.signing_secret or source.signing_secret_before
        return body, {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: timed_signature("v1", secret, body, now),
        }


def _hooked(value: Node, event: NativeEvent, received_at: datetime) -> BookingEventData | BookingMention:
    invitee, news = value.node("payload"), _NEWS[event.name]
    occurred_at = value.moment("created_at") or received_at
    if value.has("time") or invitee.holds_object("invitee"):
        raise BadPayload(
            "This is a delivery of version 1 of Calendly's webhooks, which Calendly has ended. Create a "
            "webhook of version 2 for this address."
        )
    uri = _invitee_uri(invitee)
    if not uri:
        raise BadPayload("The delivery names no invitee, so it cannot be told whose booking it is.")
    if news is News.CANCELED and is_replaced(invitee):
        news = News.SUPERSEDED  # which needs no more than it says
    elif not invitee.holds_object("scheduled_event"):
        return BookingMention(
            segment_id=uri, event_id=event_id_of(event.body), name=event.name, occurred_at=occurred_at
        )
    told = _told(invitee, event, news, occurred_at)
    if news in (News.NO_SHOW, News.NO_SHOW_REVOKED):
        # A mark leaves the invitee's own time of change as it was.
        told = replace(told, version=max(told.version, version_of(occurred_at)))
    return told


def _invitee_uri(payload: Node) -> str:
    """A no-show comes as its invitee, or names it."""
    return payload.identifier("invitee", 255) or payload.identifier("uri", 255)


def _state(invitee: Node) -> News:
    """What an invitee that was read has come to."""
    if invitee.text("status") == "canceled":
        return News.SUPERSEDED if is_replaced(invitee) else News.CANCELED
    return News.NO_SHOW if invitee.has("no_show") else News.SCHEDULED


def _told(invitee: Node, event: NativeEvent, news: News, occurred_at: datetime) -> BookingEventData:
    cancellation = invitee.node("cancellation")
    actor = ACTORS.get(cancellation.text("canceler_type").lower(), Actor.UNKNOWN)
    replaces = invitee.identifier("old_invitee", 255)
    updated_at = invitee.moment("updated_at")
    marked_at = invitee.node("no_show").moment("created_at") if invitee.holds_object("no_show") else None
    version = version_of(updated_at, marked_at if news is News.NO_SHOW else None)
    return BookingEventData(
        segment_id=invitee.identifier("uri", 255),
        event_id=event_id_of(event.body),
        news=News.RESCHEDULED if news is News.SCHEDULED and replaces else news,
        occurred_at=(marked_at or updated_at if event.name == FROM_API else None) or occurred_at,
        version=version,
        actor=actor if news in (News.CANCELED, News.SUPERSEDED) else Actor.UNKNOWN,
        reason=cancellation.text("reason"),
        replaces=replaces,
        replaced_by=invitee.identifier("new_invitee", 255),
        booking=booking_parse(invitee) if invitee.holds_object("scheduled_event") else None,
    )
