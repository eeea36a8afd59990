"""OnceHub, once ScheduleOnce: webhooks v2, signed; v1, unsigned, which only mention a booking; its API v2.

Docs: developers.oncehub.com, Webhooks, Webhook signatures (2021 to 2026).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from bookings.booking_data import Actor, BookingEventData, BookingMention, News
from bookings.booking_platform import BookingPlatform
from bookings.platforms.oncehub.api import BOOKINGS_FEED, OnceHubApi
from bookings.platforms.oncehub.booking import (
    actor_of,
    booking_id,
    booking_parse,
    replaced_id,
    sample_booking,
)
from bookings.platforms.payload import FROM_API, event_id_of, object_of, version_of
from bookings.platforms.signatures import timed_signature, timed_signature_fits
from intake.json_text import json_write
from intake.models.sources import Source
from intake.payload import Node
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed
from intake.shop_api import Credential, Feed, Shop

SIGNATURE_HEADER = "Oncehub-Signature"
_NEWS = {
    "requested": News.REQUESTED,
    "scheduled": News.SCHEDULED,
    "rescheduled": News.RESCHEDULED,
    "canceled_then_rescheduled": News.RESCHEDULED,
    "canceled_reschedule_requested": News.RESCHEDULE_REQUESTED,
    "canceled": News.CANCELED,
    "completed": News.COMPLETED,
    "no_show": News.NO_SHOW,
    "reassigned": News.REASSIGNED,
}
_BY_SOMEBODY = (News.RESCHEDULED, News.RESCHEDULE_REQUESTED, News.CANCELED)


class OnceHub(BookingPlatform):
    name = "oncehub"
    title = "OnceHub"
    signs = True
    takes_unsigned = True
    tells_completion = True
    credentials = (
        Credential(
            field="api_secret",
            label="API key",
            help="In OnceHub: profile menu → API & Webhooks. With it missed bookings are found, names of "
            "pages and UTM parameters are read, and webhooks of version 1 can be used.",
        ),
    )
    refresh_id_help = "the booking's id, which begins with BKNG-"
    feeds = (Feed(name=BOOKINGS_FEED, title="Bookings", overlap=timedelta(minutes=5)),)

    def authenticate(self, source: Source, headers: Mapping[str, str], body: bytes) -> bool:
        """Webhooks of version 1 carry no signature: without a secret all that they say is read anew."""
        secrets = (source.signing_secret, source.signing_secret_before)
        if not any(secrets):
            return True
        return timed_signature_fits(headers.get(SIGNATURE_HEADER) or "", "s", secrets, body, timezone.now())

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        name = Node(object_of(delivery.body, self.title)).text("type", 60)
        return [NativeEvent(name="" if name == FROM_API else name, body=delivery.body)]

    def read(
        self, source: Source, event: NativeEvent, received_at: datetime
    ) -> BookingEventData | BookingMention | NotUsed:
        value = Node(object_of(event.body, self.title))
        if event.name == FROM_API:
            return _told(value, event, event_id_of(event.body), value.text("status").lower(), received_at)
        kind, _, what = event.name.partition(".")
        if kind != "booking":
            return NotUsed(reason=f"Events of the kind {event.name!r} are no bookings, which alone are used.")
        version = value.text("api_version", 20)
        if version not in ("", "v1", "v2"):
            raise BadPayload(
                f"This delivery is of version {version!r} of OnceHub's webhooks, which is not known here. "
                "Create the webhook anew in version v2.",
            )
        booking = value.node("data")
        event_id = value.identifier("id", 100) or event_id_of(event.body)
        if not booking_id(booking):
            raise BadPayload("The delivery names no booking: its data has neither an id nor a tracking_id.")
        signed = source.signing_secret or source.signing_secret_before
        if not signed or version == "v1":
            return BookingMention(
                segment_id=booking_id(booking),
                event_id=event_id,
                name=event.name,
                occurred_at=value.moment("creation_time") or received_at,
            )
        return _told(booking, event, event_id, what, value.moment("creation_time") or received_at)

    def reach(self, source: Source) -> Shop:
        return OnceHubApi(source)

    def test_delivery(self, source: Source, now: datetime) -> tuple[bytes, dict[str, str]]:
        moment = now.isoformat(timespec="seconds")
        told = {
            "id": f"EVNT-TEST{int(now.timestamp())}",
            "object": "event",
            "creation_time": moment,
            "type": "booking.scheduled",
            "api_version": "v2",
            "data": sample_booking(f"BKNG-TEST{int(now.timestamp())}", moment),
        }
        body = json_write(told).encode()
        secret = source.signing_secret or source.signing_secret_before
        return body, {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: timed_signature("s", secret, body, now),
        }


def _told(
    booking: Node, event: NativeEvent, event_id: str, what: str, received_at: datetime
) -> BookingEventData | NotUsed:
    """`what` is the end of the event's name, or the booking's status where it was read."""
    news = _NEWS.get(what)
    segment_id = booking_id(booking)
    if not segment_id:
        raise BadPayload("The booking has neither an id nor a tracking_id.")
    if news is None:
        return NotUsed(reason=f"OnceHub told {what!r} of the booking, which changes nothing here.")
    replaces = replaced_id(booking)
    if what == "canceled_then_rescheduled" and not replaces and booking.text("status") == "canceled":
        news = News.SUPERSEDED  # the half of the old booking, whose successor is told by itself
    actor, actor_id, reason = actor_of(booking) if news in _BY_SOMEBODY else (Actor.UNKNOWN, "", "")
    updated_at = booking.moment("last_updated_time")
    return BookingEventData(
        segment_id=segment_id,
        event_id=event_id,
        news=news,
        # What is read has no envelope, and speaks before an event of the same version, which says more.
        occurred_at=(updated_at if event.name == FROM_API else None) or received_at,
        version=version_of(updated_at),
        actor=Actor.OWNER if news is News.RESCHEDULE_REQUESTED else actor,
        actor_id=actor_id,
        reason=reason,
        replaces=replaces,
        booking=booking_parse(booking),
    )
