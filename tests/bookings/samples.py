"""The sample payloads of booking platforms, from the shared folder, and how each reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bookings.booking_data import BookingEventData, BookingMention
from intake.models import Source
from intake.platform import Delivery, NotUsed
from intake.registry import platforms

SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "bookings" / "samples"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not here")
RECEIVED_AT = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
SECRET = "test-secret-0123456789"


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


def sample_json(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(sample(name))
    return value


def source_of(platform: str, **changes: Any) -> Source:
    values = {"signing_secret": SECRET, "api_secret": SECRET, "api_user": "12345", "token": "the-token"}
    return Source(platform=platform, **{**values, **changes})


def told(platform: str, body: bytes | dict[str, Any], **changes: Any) -> list[Any]:
    """What a delivery tells, event by event."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    source, kind = source_of(platform, **changes), platforms()[platform]
    return [kind.read(source, event, RECEIVED_AT) for event in kind.split(source, Delivery(body=raw))]


def news(platform: str, body: bytes | dict[str, Any], **changes: Any) -> BookingEventData:
    (event,) = told(platform, body, **changes)
    assert isinstance(event, BookingEventData), event
    return event


def mention(platform: str, body: bytes | dict[str, Any], **changes: Any) -> BookingMention:
    (event,) = told(platform, body, **changes)
    assert isinstance(event, BookingMention), event
    return event


def unused(platform: str, body: bytes | dict[str, Any]) -> str:
    (event,) = told(platform, body)
    assert isinstance(event, NotUsed), event
    return event.reason
