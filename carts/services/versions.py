"""Which version of a row counts: the newer one by the shop's time, ties by arrival."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from carts.models.events import InboundEvent
from carts.services.merging import arrival_of


class Outcome(StrEnum):
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
