"""Rows of bookings; the settings of a booking source."""

from bookings.models.settings import (
    BookingFieldMapping,
    BookingHost,
    BookingPageUser,
    BookingSettings,
    BookingTag,
)

__all__ = [
    "BookingFieldMapping",
    "BookingHost",
    "BookingPageUser",
    "BookingSettings",
    "BookingTag",
]
