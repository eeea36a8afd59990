"""Objects of the CRM as programs put them in, and read them back with the id that the CRM gave."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from rest_framework import serializers

from intake.api.fields import TextField
from intake.api.filters import Filters
from intake.api.resources import Resource
from intake.stored_data import data_from
from objects.api.serializers import ObjectSerializer, StoredObjectSerializer
from objects.models import CrmObject
from objects.object_data import ObjectData, ObjectType

TASK = {
    "type": "task",
    "object_id": "T-7",
    "version_at": "2026-11-20T10:00:00Z",
    "title": "Call back",
    "text": "Asked for a teapot with two spouts.",
    "contact_email": "ada@example.com",
    "happens_at": "2026-11-23T15:30:00Z",
    "priority": "Essential",
}
COMPANY = {"type": "company", "object_id": "C-1", "title": "Smith & Doe, Inc.", "phone": "555-0101"}
STORED = {
    **ObjectData.from_json(TASK).to_json(),
    "version": 1,
    "crm_id": 4711,
    "linked_at": "2026-11-20T10:00:05+00:00",
}


class ObjectFilters(Filters):
    type = serializers.ChoiceField([each.value for each in ObjectType], required=False)
    object_id = TextField(max_length=100)
    email = TextField(max_length=320, source="email_key", help_text="Of the contact.")


def object_stored(row: CrmObject) -> dict[str, Any]:
    linked_at = row.linked_at.isoformat() if row.linked_at else None
    return {**row.data, "version": row.version, "crm_id": row.crm_id, "linked_at": linked_at}


def _read(values: dict[str, Any], received_at: datetime, flags: Collection[str]) -> ObjectData:
    return data_from(ObjectData, {"version_at": received_at, **values})


OBJECT = Resource(
    kind="object",
    rows=CrmObject.objects.all,
    serializer=ObjectSerializer,
    stored_serializer=StoredObjectSerializer,
    identity=("type", "object_id"),
    filters=ObjectFilters,
    read=_read,
    stored=object_stored,
    stored_example=STORED,
    examples={"A task": TASK, "A company": COMPANY},
    batch=({"kind": "object", "data": TASK},),
    listed="List the objects that the key's source has told, newest first.",
    put="Put a company, opportunity, task or note in",
)
