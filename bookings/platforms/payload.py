"""What the payloads of booking platforms have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bookings.booking_data import Answer, Guest
from intake.payload import Node, delivery_read
from intake.platform import BadPayload

FROM_API = "api.booking"  # an event that we read from the platform's API; no delivery may be called so
LONGEST_ANSWER = 2000
MOST_MINUTES = 366 * 24 * 60
KEY_QUESTION = "booking key"  # a hidden one, in which the key of a personalised link comes back


def event_id_of(body: bytes) -> str:
    """For platforms that number no deliveries: the same text is the same event."""
    return hashlib.sha256(body).hexdigest()


def version_of(*moments: datetime | None) -> str:
    """The latest of the times, as text that sorts; blank if none is told."""
    told = [moment for moment in moments if moment is not None]
    return max(told).astimezone(UTC).isoformat(timespec="microseconds") if told else ""


def object_of(body: bytes, platform: str) -> dict[str, Any]:
    """Raises: BadPayload."""
    value = delivery_read(body)
    if not isinstance(value, dict):
        raise BadPayload(f"This is no delivery of {platform}: it should be a JSON object.", f"{value!r:.200}")
    return value


def minutes_of(booking: Node, name: str) -> int | None:
    """A length; None also for one that no booking has. Raises: BadPayload."""
    minutes = booking.number(name)
    return int(minutes) if minutes is not None and 0 <= minutes <= MOST_MINUTES else None


def guests_of(emails: Iterable[str], *known: str) -> tuple[Guest, ...]:
    """Each address once, without those who are no guests."""
    seen = {email.casefold() for email in known}
    found = []
    for email in emails:
        if email.casefold() not in seen:
            seen.add(email.casefold())
            found.append(Guest(email=email))
    return tuple(found)


def text_of(value: object) -> str:
    """An answer as text, whatever the form made of it: a list with commas, yes and no."""
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case list():
            text = ", ".join(filter(None, map(text_of, value)))
        case dict():
            text = text_of(value.get("label") or value.get("value") or value.get("optionValue"))
        case _:
            text = str(value)
    return text.strip()[:LONGEST_ANSWER].rstrip()


def answers_of(told: Iterable[tuple[str, str, object]]) -> tuple[tuple[Answer, ...], str]:
    """The answers that were given, of key, label and value, and the key of the link that came back in one."""
    answers, hint = [], ""
    for key, label, value in told:
        text = text_of(value)
        if not text:
            continue
        if is_key_question(label) or is_key_question(key):
            hint = text
        else:
            answers.append(Answer(key=key or label, label=label or key, value=text))
    return tuple(answers), hint


def is_key_question(label: str) -> bool:
    return label.replace("_", " ").replace("-", " ").strip().casefold() in (KEY_QUESTION, "bookingkey")


def utm_of(tracking: Node, prefix: str = "utm_") -> dict[str, str]:
    names = ("source", "medium", "campaign", "term", "content")
    told = {name: tracking.text(f"{prefix}{name}", 500) for name in names}
    return {name: text for name, text in told.items() if text}
