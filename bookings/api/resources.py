"""Bookings put in over the REST API, in our own words: for a booking platform that is not described here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from rest_framework import serializers

from bookings.api import examples
from bookings.api.serializers import (
    LONGEST_ID,
    STATES,
    BookingFieldsSerializer,
    BookingSerializer,
    StoredBookingSerializer,
)
from bookings.booking_data import BookingEventData
from bookings.models import Booking
from intake.api.fields import MomentField, TextField
from intake.api.filters import Filters
from intake.api.resources import Resource
from intake.stored_data import data_from

_OF_THE_BOOKING = frozenset(BookingFieldsSerializer().fields)


class BookingFilters(Filters):
    booking_id = TextField(
        max_length=LONGEST_ID, source="segments__segment_id", help_text="Any of the ids that it had."
    )
    email = TextField(max_length=320, source="email_key")
    state = serializers.ChoiceField(STATES, required=False)
    starts_after = MomentField(required=False, source="starts_at__gte", help_text="At this moment or later.")
    starts_before = MomentField(required=False, source="starts_at__lt", help_text="Before this moment.")


def booking_read(values: dict[str, Any], received_at: datetime, flags: Collection[str]) -> BookingEventData:
    """The news; without an id of its own it is known by its content."""
    told = {name: value for name, value in values.items() if name not in _OF_THE_BOOKING}
    told["segment_id"], told["news"] = told.pop("booking_id"), told.pop("event")
    told["booking"] = {name: value for name, value in values.items() if name in _OF_THE_BOOKING}
    news = data_from(BookingEventData, {"event_id": "", **told})
    return news if news.event_id else data_from(BookingEventData, {**told, "event_id": news.content_hash()})


def booking_stored(booking: Booking) -> dict[str, Any]:
    """The booking as the API tells it."""
    return {
        "booking_id": booking.shown_id,
        "state": booking.state,
        "actor": booking.actor,
        "since": booking.since.isoformat() if booking.since else None,
        **booking.data,
        "version": booking.version,
    }


BOOKINGS = Resource(
    kind="booking",
    rows=lambda: Booking.objects.filter(merged_into=None),
    serializer=BookingSerializer,
    stored_serializer=StoredBookingSerializer,
    identity=("booking_id",),
    filters=BookingFilters,
    read=booking_read,
    stored=booking_stored,
    stored_example=examples.STORED,
    examples={
        "A booking": examples.BOOKING,
        "It is moved, which gives it a new id": examples.MOVED,
        "Its host calls it off": examples.CANCELED,
    },
    batch=({"kind": "booking", "data": examples.BOOKING},),
    listed="List the bookings of the key's source, newest first.",
    put="Put news of a booking in",
)
