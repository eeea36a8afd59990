"""Acuity Scheduling: webhooks that name an appointment and no more, and the API that tells it.

Docs: developers.acuityscheduling.com, Webhooks: a form with action, id, calendarID, appointmentTypeID, signed
in base64 with the API key. `appointment.changed` comes beside each of the others.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlencode

from bookings.booking_data import BookingEventData, BookingMention
from bookings.booking_platform import BookingPlatform
from bookings.platforms.acuity.api import BOOKINGS_FEED, AcuityApi
from bookings.platforms.acuity.appointment import booking_parse, news_of
from bookings.platforms.payload import FROM_API, event_id_of, object_of, version_of
from intake.models.sources import Source
from intake.payload import Node
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed, signed_with
from intake.shop_api import Credential, Feed, FeedKind, Shop

SIGNATURE_HEADER = "X-Acuity-Signature"
MOST_FIELDS = 50


class Acuity(BookingPlatform):
    name = "acuity"
    title = "Acuity Scheduling"
    signs = True
    signing_field = "api_secret"
    credentials = (
        Credential(
            field="api_user",
            label="User ID",
            help="A number. In Acuity: Integrations → API → View credentials.",
        ),
        Credential(
            field="api_secret",
            label="API key",
            help="Beside the User ID. Acuity signs its deliveries with it, and we read all bookings with it.",
        ),
    )
    refresh_id_help = "the appointment's number"
    feeds = (Feed(name=BOOKINGS_FEED, title="Appointments around today", kind=FeedKind.LIST),)

    def authenticate(self, source: Source, headers: Mapping[str, str], body: bytes) -> bool:
        return signed_with((source.api_secret,), body, headers.get(SIGNATURE_HEADER) or "")

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        name = _field(delivery.body, "action")
        return [NativeEvent(name="" if name == FROM_API else name, body=delivery.body)]

    def read(
        self, source: Source, event: NativeEvent, received_at: datetime
    ) -> BookingEventData | BookingMention | NotUsed:
        if event.name == FROM_API:
            return _told(event, received_at)
        if not event.name.startswith("appointment."):
            return NotUsed(reason=f"Events of the kind {event.name!r} are no bookings, which alone are used.")
        appointment_id = _field(event.body, "id")
        if not appointment_id:
            raise BadPayload("The delivery has no id, so it cannot be told which appointment it is about.")
        # A delivery carries nothing to tell it from the next of its kind, so each counts by itself.
        return BookingMention(
            segment_id=appointment_id,
            event_id=f"{event_id_of(event.body)}@{version_of(received_at)}",
            name=event.name,
            occurred_at=received_at,
        )

    def reach(self, source: Source) -> Shop:
        return AcuityApi(source)

    def test_delivery(self, source: Source, now: datetime) -> tuple[bytes, dict[str, str]]:
        told = {
            "action": "appointment.scheduled",
            "id": f"test-{int(now.timestamp())}",
            "calendarID": "1",
            "appointmentTypeID": "1",
        }
        body = urlencode(told).encode()
        digest = hmac.digest(source.api_secret.encode(), body, "sha256")
        return body, {
            "Content-Type": "application/x-www-form-urlencoded",
            SIGNATURE_HEADER: base64.b64encode(digest).decode(),
        }


def _field(body: bytes, name: str) -> str:
    """Raises: BadPayload."""
    try:
        told = parse_qs(body.decode(), max_num_fields=MOST_FIELDS)
    except ValueError as err:
        raise BadPayload("This is no delivery of Acuity: it should be a form of a few fields.") from err
    return next(iter(told.get(name, [])), "").strip()[:60]


def _told(event: NativeEvent, received_at: datetime) -> BookingEventData:
    """An appointment as it was when it was read: of two, the later look counts."""
    appointment = Node(object_of(event.body, "Acuity"))
    appointment_id = appointment.identifier("id", 100)
    if not appointment_id:
        raise BadPayload("The appointment has no id.")
    return BookingEventData(
        segment_id=appointment_id,
        event_id=f"{event_id_of(event.body)}@{version_of(received_at)}",
        news=news_of(appointment),
        occurred_at=received_at,
        version=version_of(received_at),
        booking=booking_parse(appointment),
    )
