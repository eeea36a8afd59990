"""Objects taken in: the latest version counts, and one that differs is sent."""

from __future__ import annotations

from typing import Any

from cascade.services import replication_changed
from crm.emails import email_key
from intake.models.events import InboundEvent
from intake.models.sources import Source
from intake.records import IngestOutcome, RecordResult, RecordStore
from objects.models import CrmObject
from objects.object_data import ObjectData


def _fill(row: CrmObject, data: ObjectData, event: InboundEvent | None) -> None:
    row.title = data.title[:255]
    row.contact_email = data.contact_email[:320]
    row.email_key = email_key(data.contact_email)[:320]


def _accepted(row: CrmObject, event: InboundEvent | None) -> None:
    replication_changed(row)


OBJECTS: RecordStore[CrmObject, ObjectData] = RecordStore(
    model=CrmObject, identity=("type", "object_id"), fill=_fill, accepted=_accepted
)


def object_ingest(source: Source, data: ObjectData) -> RecordResult[CrmObject]:
    """Take in one object, for a Django program. Repeat: safe."""
    return OBJECTS.ingest(source, data)


def event_ingest(event: InboundEvent, _platform: Any, data: ObjectData) -> IngestOutcome:
    return OBJECTS.ingest(event.source, data, event).outcome
