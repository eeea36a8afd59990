"""Rows of bookings; the settings of a booking source."""

from bookings.models.bookings import Booking, BookingEvent, Segment
from bookings.models.settings import (
    BookingFieldMapping,
    BookingHost,
    BookingPageUser,
    BookingSettings,
    BookingTag,
)

__all__ = [
    "Booking",
    "BookingEvent",
    "BookingFieldMapping",
    "BookingHost",
    "BookingPageUser",
    "BookingSettings",
    "BookingTag",
    "Segment",
]
