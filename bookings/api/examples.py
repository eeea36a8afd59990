"""Examples for the OpenAPI page; each works as it stands."""

from __future__ import annotations

from typing import Any

BOOKING: dict[str, Any] = {
    "booking_id": "B-1001",
    "event": "scheduled",
    "occurred_at": "2026-03-02T10:04:05-05:00",
    "actor": "customer",
    "subject": "Consultation",
    "starts_at": "2030-03-11T15:00:00-04:00",
    "ends_at": "2030-03-11T15:30:00-04:00",
    "email": "ada@example.com",
    "customer": {"first_name": "Ada", "last_name": "Example", "phones": ["555-0100"]},
    "time_zone": "America/New_York",
    "host": {"email": "joe@example.com", "name": "Joe Host"},
    "event_type": {"name": "Consultation"},
    "booking_page": {"name": "Joe's page"},
    "location": "By phone",
    "guests": [{"email": "carl@example.com", "name": "Carl Example"}],
    "answers": [{"key": "topic", "label": "What is it about?", "value": "Teapots"}],
    "cancel_url": "https://example.com/b/1001/cancel",
}
MOVED: dict[str, Any] = {
    "booking_id": "B-1002",
    "event": "rescheduled",
    "replaces": "B-1001",
    "occurred_at": "2026-03-03T09:00:00-05:00",
    "actor": "customer",
    "starts_at": "2030-03-12T15:00:00-04:00",
    "ends_at": "2030-03-12T15:30:00-04:00",
}
CANCELED: dict[str, Any] = {
    "booking_id": "B-1002",
    "event": "canceled",
    "occurred_at": "2026-03-04T09:00:00-05:00",
    "actor": "owner",
    "reason": "I am ill",
}
_BLANK: dict[str, Any] = {"id": "", "name": ""}
STORED: dict[str, Any] = {
    **{name: value for name, value in BOOKING.items() if name not in ("event", "occurred_at")},
    "state": "scheduled",
    "since": "2026-03-02T15:04:05+00:00",
    "starts_at": "2030-03-11T19:00:00+00:00",
    "ends_at": "2030-03-11T19:30:00+00:00",
    "actor": "unknown",
    "master_page": _BLANK,
    "utm": {},
    "utm_told": True,
    "version": 1,
}
