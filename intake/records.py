"""Records: what platforms tell of, and how each type is taken in.

An app registers a `RecordType` for each class of record that its platforms make of an event. Most are stored
version by version, which a `RecordStore` does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from django.db import IntegrityError, transaction

from intake.merging import IngestOutcome, is_older
from intake.models.events import InboundEvent
from intake.models.record import ReportedRecord
from intake.models.sources import Source


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
    counts for what it says.
    """

    data: type[DataT]
    ingest: Callable[[InboundEvent, Any, DataT], IngestOutcome]
    refresh_id: Callable[[DataT], str] = lambda data: ""


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
    version_at: Callable[[RecordT], datetime]
    fill: Callable[[RowT, RecordT, InboundEvent | None], None]
    accepted: Callable[[RowT, InboundEvent | None], None]

    def ingest(
        self, source: Source, data: RecordT, event: InboundEvent | None, *, is_latest: bool = False
    ) -> RecordResult[RowT]:
        """Store a version and send its signals, in one transaction.

        `is_latest` is for data made of a row that the caller holds locked: it is then the latest by itself.
        """
        with transaction.atomic():
            row = self._lock(source, data)
            if row is None:
                created = self._create(source, data, event)
                if created is not None:
                    return RecordResult(created, IngestOutcome.CREATED)
                row = self._lock(source, data)  # another worker was first; now it is there
                if row is None:
                    raise IntegrityError(f"{self.model.__name__} {self._keys(data)} was there and is gone")
            return self._update(row, data, event, is_latest=is_latest)

    def _keys(self, data: RecordT) -> dict[str, Any]:
        return {name: getattr(data, name) for name in self.identity}

    def _lock(self, source: Source, data: RecordT) -> RowT | None:
        rows = self.model._default_manager.select_for_update(of=("self",), no_key=True)
        rows = rows.select_related("event", "source").defer("event__body", "event__detail")
        return rows.filter(source=source, **self._keys(data)).first()

    def _create(self, source: Source, data: RecordT, event: InboundEvent | None) -> RowT | None:
        """None if another worker was first."""
        row = self.model(source=source, event=event, version_at=self.version_at(data), **self._keys(data))
        self._fill(row, data, event)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return None
        self.accepted(row, event)
        return row

    def _update(
        self, row: RowT, data: RecordT, event: InboundEvent | None, *, is_latest: bool
    ) -> RecordResult[RowT]:
        version_at = self.version_at(data)
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

    def _fill(self, row: RowT, data: RecordT, event: InboundEvent | None) -> None:
        row.content_hash = data.content_hash()
        row.data = data.to_json()
        self.fill(row, data, event)
