"""Acuity's API v1: appointments by id and by date.

Docs: developers.acuityscheduling.com, GET /appointments, GET /appointments/:id; 10 requests a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bookings.platforms.api_client import BookingApi, address_of, objects_of, secret_of
from bookings.platforms.payload import FROM_API
from intake.json_text import json_write
from intake.models.sources import Source
from intake.shop_api import AnswerTooLarge, Polled, ShopAnswerUnusable, ShopRefused

BOOKINGS_FEED = "bookings"
BACK, AHEAD = timedelta(days=30), timedelta(days=90)
MOST_AT_ONCE = 200  # there is no second page: where so many come, fewer days are asked for
PAUSE_SECONDS = 0.2


class AcuityApi(BookingApi):
    def __init__(self, source: Source) -> None:
        user = source.api_user.strip()
        if not user.isascii() or not user.isdecimal():
            raise ShopRefused("Enter the User ID of Acuity's API, which is a number.")
        vendor = address_of("acuity", "https://acuityscheduling.com")
        auth = (user, secret_of(source.api_secret, "API key"))
        super().__init__(f"{vendor}/api/v1", pause_seconds=PAUSE_SECONDS, auth=auth)

    def check(self) -> str:
        me = self.get("/me")
        if not isinstance(me, dict):
            raise ShopRefused("Acuity knows no account for this User ID. Check both credentials.")
        return f"Acuity answered for {str(me.get('name') or me.get('email') or 'this account')[:100]}."

    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterator[Sequence[Polled]]:
        """All appointments around today, cancelled ones too: Acuity tells no times of change."""
        today = datetime.now(UTC).date()
        days = [(today - BACK, today + AHEAD)]
        while days:
            first, last = days.pop()
            found = self._between(first, last)
            if len(found) < MOST_AT_ONCE:
                yield [_polled(appointment) for appointment in found if appointment.get("id")]
            elif first == last:
                raise ShopAnswerUnusable(
                    f"Acuity has more than {MOST_AT_ONCE} appointments on {first}, of which its API gives "
                    "no more. Those that no delivery told of are not found."
                )
            else:
                middle = first + (last - first) // 2
                days += [(middle + timedelta(days=1), last), (first, middle)]

    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        found = []
        for appointment_id in refresh_ids:
            if not appointment_id.isascii() or not appointment_id.isdecimal():
                continue  # no id of theirs: as a path it could lead elsewhere
            appointment = self.get(f"/appointments/{appointment_id}")
            if isinstance(appointment, dict) and appointment.get("id"):
                found.append(_polled(appointment))
        return found

    def _between(self, first: date, last: date) -> list[dict[str, Any]]:
        try:
            answer = self.get(
                "/appointments",
                {
                    "minDate": first.isoformat(),
                    "maxDate": last.isoformat(),
                    "showall": "true",
                    "max": str(MOST_AT_ONCE),
                },
            )
        except AnswerTooLarge:
            if first == last:
                raise
            return [{}] * MOST_AT_ONCE  # too many for one answer
        return objects_of(answer, "")


def _polled(appointment: dict[str, Any]) -> Polled:
    return Polled(key=str(appointment["id"]), name=FROM_API, body=json_write(appointment).encode())
