"""Records: what platforms tell of, how each type is taken in, and which of two versions counts.

An app registers a `RecordType` for each class of record that its platforms make of an event. Most are stored
version by version, which a `RecordStore` does. Of a shop's own words the latest wins per key (`merge`):
shops leave out what was not asked for, so each top-level key keeps the stamp of the delivery it is from, and
the result is the same whatever the order in which deliveries are worked on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

from django.db import IntegrityError, transaction

from intake.models.events import InboundEvent
from intake.models.record import ReportedRecord
from intake.models.sources import Source

T = TypeVar("T")
Stamp = list[str | int]  # version in UTC, then arrival: delivery id and position in it


class IngestOutcome(StrEnum):
    """Where the effects of one event differ, the first of these says what the event is."""

    CREATED = "created"
    UPDATED = "updated"
    REPEATED = "repeated"
    OUTDATED = "outdated"
    TRIED = "tried"  # a test event, of which nothing is kept
    KEPT = "kept"  # history of an order that is known from the shop itself


class Versioned(Protocol):
    version_at: datetime
    event: InboundEvent | None


def is_older(version_at: datetime, event: InboundEvent | None, row: Versioned) -> bool:
    """Whether a delivery of that version would take the row back."""
    if version_at != row.version_at:
        return version_at < row.version_at
    return row.event is not None and arrival_of(event) < arrival_of(row.event)


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


def stored_once(store: Callable[[], T], event: InboundEvent | None) -> T:
    """Run `store` in a transaction, and once more where another worker stored the same row first.

    That of an event is taken in anew as a whole (`intake.processing`).
    """
    if event is not None:
        with transaction.atomic(savepoint=False):
            return store()
    try:
        with transaction.atomic():
            return store()
    except IntegrityError:
        with transaction.atomic():
            return store()


class Record(Protocol):
    """What a shop told, in our words."""

    def to_json(self) -> dict[str, Any]: ...

    def content_hash(self) -> str: ...


DataT = TypeVar("DataT")
RowT = TypeVar("RowT", bound=ReportedRecord)
RecordT = TypeVar("RecordT", bound=Record)


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordType(Generic[DataT]):
    """`ingest` takes one in, in the transaction of its event, given the platform that read it.

    `refresh_id` is the id of what is read from the platform's API instead, where we may ask; blank: the event
    counts for what it says. `is_mention`: it says nothing by itself, so it waits longer for an API that does
    not answer, and `ingest`, which then cannot take it, raises BadPayload.
    """

    data: type[DataT]
    ingest: Callable[[InboundEvent, Any, DataT], IngestOutcome]
    refresh_id: Callable[[DataT], str] = lambda data: ""
    is_mention: bool = False


_types: dict[type, RecordType[Any]] = {}


def record_type_register(record_type: RecordType[Any]) -> None:
    _types[record_type.data] = record_type


def record_type_of(record: object) -> RecordType[Any]:
    return _types[type(record)]


@dataclass(frozen=True, slots=True)
class RecordResult(Generic[RowT]):
    row: RowT
    outcome: IngestOutcome


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordStore(Generic[RowT, RecordT]):
    """What differs between them. `identity` names attributes of the row and of the data alike.

    `fill` writes the columns beside the data; `accepted` sends the signals of a new version.
    """

    model: type[RowT]
    identity: tuple[str, ...]
    version_at: Callable[[RecordT], datetime] = attrgetter("version_at")
    fill: Callable[[RowT, RecordT, InboundEvent | None], object] = lambda row, data, event: None
    accepted: Callable[[RowT, InboundEvent | None], object] = lambda row, event: None

    def ingest(
        self, source: Source, data: RecordT, event: InboundEvent | None = None, *, is_latest: bool = False
    ) -> RecordResult[RowT]:
        """Store a version and send its signals, in one transaction.

        `is_latest` is for data made of a row that the caller holds locked: it is then the latest by itself.
        Repeat: safe; equal content is `repeated`, an older version `outdated`, and neither sends a signal.
        Raises: whatever a receiver raises, and then nothing is stored.
        """
        version_at = self.version_at(data)

        def store() -> RecordResult[RowT]:
            row = self._lock(source, data)
            if row is None:
                row = self.model(source=source, event=event, version_at=version_at, **self._keys(data))
                self._fill(row, data, event)
                row.save(force_insert=True)
                self.accepted(row, event)
                return RecordResult(row, IngestOutcome.CREATED)
            is_changed = data.content_hash() != row.content_hash
            if not is_latest and is_older(version_at, event, row):
                is_outdated = is_changed or version_at < row.version_at
                return RecordResult(row, IngestOutcome.OUTDATED if is_outdated else IngestOutcome.REPEATED)
            row.version_at = max(version_at, row.version_at)
            row.event = event or row.event
            if not is_changed:
                row.save(update_fields=["version_at", "event", "updated_at"])
                return RecordResult(row, IngestOutcome.REPEATED)
            self._fill(row, data, event)
            row.version += 1
            row.save()
            self.accepted(row, event)
            return RecordResult(row, IngestOutcome.UPDATED)

        return stored_once(store, event)

    def _keys(self, data: RecordT) -> dict[str, Any]:
        return {name: getattr(data, name) for name in self.identity}

    def _lock(self, source: Source, data: RecordT) -> RowT | None:
        rows = self.model._default_manager.select_for_update(of=("self",), no_key=True)
        rows = rows.select_related("event", "source").defer("event__body", "event__detail")
        return rows.filter(source=source, **self._keys(data)).first()

    def _fill(self, row: RowT, data: RecordT, event: InboundEvent | None) -> None:
        row.content_hash = data.content_hash()
        row.data = data.to_json()
        self.fill(row, data, event)
