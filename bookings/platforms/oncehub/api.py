"""OnceHub's API v2: bookings by the time of their last change, with UTM parameters and the names of pages.

Docs: developers.oncehub.com, List all bookings, Rate limits: 5 requests a second, 200 in five minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from bookings.platforms.api_client import BookingApi, address_of, objects_of, secret_of
from bookings.platforms.payload import FROM_API
from intake.json_text import json_write
from intake.models.sources import Source
from intake.shop_api import AnswerTooLarge, Polled, ShopAnswerUnusable, ShopRefused, smaller_page

BOOKINGS_FEED = "bookings"
PAGE_SIZE = 100
MOST_PAGES = 1000
PAUSE_SECONDS = 1.5  # which keeps to both limits, however long the list is
EXPANDED = "booking_page,master_page,event_type,owner"


class OnceHubApi(BookingApi):
    def __init__(self, source: Source) -> None:
        super().__init__(
            address_of("oncehub", "https://api.oncehub.com"),
            pause_seconds=PAUSE_SECONDS,
            headers={"API-Key": secret_of(source.api_secret, "API key")},
        )

    def check(self) -> str:
        found = self.get("/v2/bookings", {"limit": "1"})
        objects_of(found, "data")
        return "OnceHub answered and lets us read its bookings."

    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterator[Sequence[Polled]]:
        """OnceHub leaves both ends out, so a second is added to each."""
        params = {"expand": EXPANDED}
        if since is not None:
            params["last_updated_time.gt"] = _text(since - timedelta(seconds=1))
        if until is not None:
            params["last_updated_time.lt"] = _text(until + timedelta(seconds=1))
        size, place = PAGE_SIZE, dict[str, str]()
        for _ in range(MOST_PAGES):
            try:
                found = self.get("/v2/bookings", {**params, **place, "limit": str(size)})
            except AnswerTooLarge as err:
                size = smaller_page(size, err)
                continue
            if found is None:
                raise ShopRefused("OnceHub has no list of bookings for this key. Check the key.")
            page = objects_of(found, "data")
            yield [_polled(booking) for booking in page if booking.get("id")]
            last = str(page[-1].get("id") or "") if page else ""
            if not found.get("has_more") or not last:
                return
            if place == {"after": last}:
                break
            place = {"after": last}
        raise ShopAnswerUnusable("OnceHub's list of bookings has no end.")

    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        found = []
        for booking_id in refresh_ids:
            if not booking_id.replace("-", "").isalnum():
                continue  # no id of theirs: as a path it could lead elsewhere
            booking = self.get(f"/v2/bookings/{booking_id}", {"expand": EXPANDED})
            if isinstance(booking, dict):
                body = json_write(booking).encode()
                found.append(Polled(key=booking_id, name=FROM_API, body=body))
        return found


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _polled(booking: dict[str, object]) -> Polled:
    return Polled(key=str(booking["id"]), name=FROM_API, body=json_write(booking).encode())
