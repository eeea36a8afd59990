"""The custom fields of a connection as last read, for an adapter that would otherwise ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from crm.contract import FieldCache
from crm.list_records import CustomField, DirectoryKind, FieldObject
from mappings.directory.rows import field_record, rows_remove_unseen, rows_store
from mappings.directory.schedule import next_due
from mappings.models import Connection, DirectoryList, DirectoryRow

# As of names: a merchant who was told "absent" creates the field next.
ABSENT_KEPT_FOR = timedelta(minutes=10)

# A partner's fields are no pick list: only an adapter reads them.
KINDS = {
    FieldObject.CONTACT: DirectoryKind.CONTACT_FIELD.value,
    FieldObject.ORDER: DirectoryKind.ORDER_FIELD.value,
    FieldObject.COMPANY: DirectoryKind.COMPANY_FIELD.value,
    FieldObject.OPPORTUNITY: DirectoryKind.OPPORTUNITY_FIELD.value,
    FieldObject.ACTIVITY: DirectoryKind.ACTIVITY_FIELD.value,
    FieldObject.AFFILIATE: "affiliate_field",
}


class ConnectionFieldCache:
    """Implements `crm.contract.FieldCache` on our copy of the lists; keeps nothing for an unsaved
    connection.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection_id: int | None = connection.pk

    def custom_fields(self, of: FieldObject) -> list[CustomField] | None:
        """The fields as last read, lowest id first, or None if nobody has read them."""
        mine = {"connection_id": self.connection_id, "kind": KINDS[of]}
        if self.connection_id is None:
            return None
        fields = [_field(of, row) for row in DirectoryRow.objects.filter(**mine).order_by("crm_id")]
        if fields or DirectoryList.objects.filter(**mine, refreshed_at__isnull=False).exists():
            return fields
        return None

    def is_fresh(self, of: FieldObject, now: datetime) -> bool:
        """Whether the list was read so lately that a field it lacks need not be asked for again."""
        if self.connection_id is None:
            return False
        rows = DirectoryList.objects.filter(connection_id=self.connection_id, kind=KINDS[of])
        return rows.filter(refreshed_at__gt=now - ABSENT_KEPT_FOR).exists()

    def remember_custom_fields(self, of: FieldObject, fields: Sequence[CustomField]) -> None:
        """Keep all fields of the object in place of what was known. Repeat: safe."""
        if self.connection_id is None:
            return
        now, kind = timezone.now(), KINDS[of]
        with transaction.atomic():
            listing, _ = DirectoryList.objects.get_or_create(
                connection_id=self.connection_id, kind=kind, defaults={"due_at": now}
            )
            records = [field_record(DirectoryKind.CONTACT_FIELD, field) for field in fields]
            rows_store(listing, records, seen_at=now)
            DirectoryList.objects.filter(pk=listing.pk).update(
                refreshed_at=now,
                count=rows_remove_unseen(listing, before=now),
                supported=True,
                error="",
                due_at=next_due(listing, now),
            )


def _field(of: FieldObject, row: DirectoryRow) -> CustomField:
    detail = row.detail
    return CustomField(
        object=of,
        id=row.crm_id,
        name=row.name,
        label=detail.get("label", ""),
        type=detail.get("type", ""),
        options=tuple(detail["options"].split("\n")) if detail.get("options") else (),
    )


def _is_field_cache(field_cache: ConnectionFieldCache) -> FieldCache:
    return field_cache
