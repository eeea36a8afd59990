"""What of bookings the clock does: it completes those that took place, and ends the tags of old ones."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from background.periodic import Duty
from bookings.ingest import booking_refresh
from bookings.models import Booking
from mappings.access.quota.clock import DATABASE_CLOCK


def bookings_due(now: datetime, limit: int) -> list[int]:
    """Those whose time is over, the oldest first."""
    rows = Booking.objects.filter(due_at__lte=now, merged_into=None)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:limit])


def booking_work(booking_id: int) -> None:
    """Repeat: safe, also at the same time."""
    with transaction.atomic():
        rows = Booking.objects.select_for_update(of=("self",), no_key=True)
        booking = rows.select_related("source__connection").filter(pk=booking_id, merged_into=None).first()
        if booking is not None:
            booking_refresh(booking, DATABASE_CLOCK.now())


BOOKINGS = Duty(name="bookings", due=bookings_due, work=booking_work, threads=1, every=5)
