"""What the headers of a reply say of time: how long the CRM asks us to wait, and what its clock shows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time

LONGEST_WAIT_SECONDS = 24 * 3600.0
QUOTA_LEFT = "x-keap-product-quota-available"
QUOTA_EXPIRY = "x-keap-product-quota-expiry-time"  # milliseconds since 1970


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds Retry-After says (a number or an HTTP date), or those until the day's quota is new.

    Never more than a day and never negative; None where the reply says nothing we understand.
    """
    given = headers.get("Retry-After", "").strip()
    moment = http_time(given)
    wait = float(given) if _is_number(given) else moment.timestamp() - time() if moment else None
    if wait is None and headers.get(QUOTA_LEFT, "").strip() == "0":
        expiry = headers.get(QUOTA_EXPIRY, "").strip()
        wait = int(expiry) / 1000 - time() if _is_number(expiry) else None
    return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT_SECONDS)


def http_time(header: str) -> datetime | None:
    """Return the moment of an HTTP date, aware in UTC; None for what is none. One without a zone is UTC."""
    try:
        read = parsedate_to_datetime(header)
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 15
