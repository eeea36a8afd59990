"""Cal.com's API v2: bookings by uid and by the time of their last change.

Docs: cal.com/docs/api-reference/v2, Get all bookings, Get a booking. A booking with seats is told as one for
each of them, as its webhooks do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from bookings.platforms.api_client import BookingApi, address_of, objects_of, secret_of
from bookings.platforms.payload import FROM_API
from intake.json_text import json_write
from intake.models.sources import Source
from intake.shop_api import AnswerTooLarge, Polled, ShopAnswerUnusable, ShopRefused, smaller_page

BOOKINGS_FEED = "bookings"
API_VERSION = "2024-08-13"
PAGE_SIZE = 100
MOST_PAGES = 1000
PAUSE_SECONDS = 0.5  # 120 requests a minute


class CalComApi(BookingApi):
    def __init__(self, source: Source) -> None:
        key = secret_of(source.api_secret, "API key")
        super().__init__(
            source.shop_url or address_of("calcom", "https://api.cal.com"),
            pause_seconds=PAUSE_SECONDS,
            headers={"Authorization": f"Bearer {key}", "cal-api-version": API_VERSION},
        )

    def check(self) -> str:
        answer = self.get("/v2/me")
        me = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(me, dict):
            raise ShopRefused("Cal.com knows no account for this key. Check the key and the address.")
        return f"Cal.com answered for {str(me.get('name') or me.get('email') or 'this account')[:100]}."

    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterator[Sequence[Polled]]:
        """By a place in the list, which only grows at its end while it is read."""
        params = {"sortUpdatedAt": "asc"}
        if since is not None:
            params["afterUpdatedAt"] = _text(since)
        if until is not None:
            params["beforeUpdatedAt"] = _text(until)
        size, skip = PAGE_SIZE, 0
        for _ in range(MOST_PAGES):
            try:
                answer = self.get("/v2/bookings", {**params, "take": str(size), "skip": str(skip)})
            except AnswerTooLarge as err:
                size = smaller_page(size, err)
                continue
            page = objects_of(answer, "data")
            yield [polled for booking in page if booking.get("uid") for polled in _polled(booking)]
            if len(page) < size:
                return
            skip += size
        raise ShopAnswerUnusable("Cal.com's list of bookings has no end.")

    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        found = []
        for segment_id in refresh_ids:
            uid = segment_id.partition(":")[0]
            if not uid.replace("-", "").replace("_", "").isalnum():
                continue  # no uid of theirs: as a path it could lead elsewhere
            answer = self.get(f"/v2/bookings/{uid}")
            booking = answer.get("data") if isinstance(answer, dict) else None
            if isinstance(booking, dict) and booking.get("uid"):
                found += [polled for polled in _polled(booking) if polled.key == segment_id]
        return found


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def _polled(booking: dict[str, Any]) -> list[Polled]:
    attendees = booking.get("attendees")
    seats = [one for one in attendees if isinstance(one, dict)] if isinstance(attendees, list) else []
    if not any(seat.get("seatUid") for seat in seats):
        return [Polled(key=str(booking["uid"]), name=FROM_API, body=json_write(booking).encode())]
    return [
        Polled(
            key=f"{booking['uid']}:{str(seat.get('email') or '').lower()}",
            name=FROM_API,
            body=json_write({**booking, "attendees": [seat]}).encode(),
        )
        for seat in seats
    ]
