"""What asking the API of any booking platform has in common: the address, the pace, one GET."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from intake.polling.http import check_address, shop_get, shop_session
from intake.shop_api import Shop, ShopAnswerUnusable, ShopRefused


class BookingApi(Shop):
    """`pause_seconds` lie between two requests, so that the platform's limit is never reached."""

    def __init__(
        self,
        base: str,
        *,
        pause_seconds: float,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> None:
        self.base = check_address(base)
        self.session = shop_session()
        self._headers, self._auth = {"Accept": "application/json", **(headers or {})}, auth
        self.pause_seconds, self._next_at = pause_seconds, 0.0

    def close(self) -> None:
        self.session.close()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """The JSON of an answer, None where the platform says 404. Raises: ShopError."""
        self.wait()
        answer = shop_get(
            self.session, f"{self.base}{path}", params=params, headers=self._headers, auth=self._auth
        )
        return None if answer.status == 404 else answer.json()

    def wait(self) -> None:
        now = time.monotonic()
        if now < self._next_at:
            time.sleep(self._next_at - now)
        self._next_at = time.monotonic() + self.pause_seconds


def address_of(platform: str, vendor: str) -> str:
    """The vendor's own address, unless all platforms are played by a stand-in."""
    return f"{settings.BOOKING_API_URL.rstrip('/')}/{platform}" if settings.BOOKING_API_URL else vendor


def secret_of(text: str, label: str) -> str:
    """Raises: ShopRefused for what cannot be a key."""
    secret = text.strip()
    if not secret or not secret.isascii() or not secret.isprintable():
        raise ShopRefused(f"Enter the {label} of the booking platform, as it is shown there.")
    return secret


def objects_of(value: Any, name: str) -> list[dict[str, Any]]:
    """The objects of a list in an answer. Raises: ShopAnswerUnusable."""
    found = value.get(name) if isinstance(value, dict) else value if not name else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ShopAnswerUnusable(
            "The booking platform answered something other than what was asked for.",
            f"It begins {value!r:.200}.",
        )
    return found
