"""Merge what a shop sent over what it had sent: per key, the latest wins.

Shops leave out what was not asked for, so each top-level key keeps the stamp of the delivery it is from. That
makes the result the same whatever the order in which deliveries are worked on.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from intake.models.events import InboundEvent

Stamp = list[str | int]  # version in UTC, then arrival: delivery id and position in it


def stamp_of(version_at: datetime, event: InboundEvent | None) -> Stamp:
    """Sortable: by version, ties by arrival."""
    moment = version_at.astimezone(UTC).isoformat(timespec="microseconds")
    return [moment, *arrival_of(event)]


def arrival_of(event: InboundEvent | None) -> tuple[int, int]:
    """When an event came in, whenever it is worked on: an event handed over directly comes now, thus last."""
    if event is None:
        return (2**62, 0)
    return (event.parent_id or event.pk, event.position)


def arrived_at(event: InboundEvent) -> datetime:
    """When the delivery came; the rows of its single events are made later."""
    return (event.parent or event).received_at


def merge(
    known: dict[str, Any], times: dict[str, Stamp], new: dict[str, Any], stamp: Stamp
) -> tuple[dict[str, Any], dict[str, Stamp]]:
    """Return the merged payload and the stamps of its keys."""
    newer = {key: value for key, value in new.items() if key not in times or stamp >= times[key]}
    return {**known, **newer}, {**times, **dict.fromkeys(newer, stamp)}


class IngestOutcome(StrEnum):
    """Where the effects of one event differ, the first of these says what the event is."""

    CREATED = "created"
    UPDATED = "updated"
    REPEATED = "repeated"
    OUTDATED = "outdated"
    KEPT = "kept"  # history of an order that is known from the shop itself


class Versioned(Protocol):
    version_at: datetime
    event: InboundEvent | None


def is_older(version_at: datetime, event: InboundEvent | None, row: Versioned) -> bool:
    """Whether a delivery of that version would take the row back."""
    if version_at != row.version_at:
        return version_at < row.version_at
    return row.event is not None and arrival_of(event) < arrival_of(row.event)
