"""Rows of our copy of the CRM's lists: stored a page at a time, shaped to what every database stores."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from crm.list_records import CustomField, DirectoryKind, DirectoryRecord
from mappings.models import DirectoryList, DirectoryRow

LARGEST_ID = 2**63 - 1
LONGEST_DETAIL = 4000
CODES = ("sku", "code", "email")  # what of a record's detail is searched for beside its name
UPDATED = ["parent_id", "name", "code", "active", "detail", "seen_at"]


def rows_store(listing: DirectoryList, records: Iterable[DirectoryRecord], *, seen_at: datetime) -> None:
    """Add or update one page's rows as seen in this pass. Repeat: safe."""
    made = (_row(listing, record, seen_at) for record in records)
    rows = {(row.crm_id, row.slot): row for row in made if row is not None}
    DirectoryRow.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["connection", "kind", "crm_id", "slot"],
        update_fields=UPDATED,
    )


def rows_remove_unseen(listing: DirectoryList, *, before: datetime) -> int:
    """Remove what no pass met since then; how many rows are left. Repeat: safe."""
    rows = DirectoryRow.objects.filter(connection_id=listing.connection_id, kind=listing.kind)
    rows.filter(seen_at__lt=before).delete()
    return rows.count()


def field_record(kind: DirectoryKind, field: CustomField) -> DirectoryRecord:
    detail = {"type": field.type, "label": field.label, "options": "\n".join(field.options)}
    return DirectoryRecord(kind=kind, id=field.id, name=field.name, detail=detail)


def _row(listing: DirectoryList, record: DirectoryRecord, seen_at: datetime) -> DirectoryRow | None:
    """The record as a row; None for an id nothing can be mapped to."""
    parent_id = record.parent_id if 0 <= record.parent_id <= LARGEST_ID else 0
    is_assignment = listing.kind == DirectoryKind.PRODUCT_ASSIGNMENT
    if not 0 < record.id <= LARGEST_ID or (is_assignment and not parent_id):
        return None
    code = next((record.detail[key] for key in CODES if record.detail.get(key)), "")
    return DirectoryRow(
        connection_id=listing.connection_id,
        kind=listing.kind,
        crm_id=record.id,
        slot=parent_id if is_assignment else 0,
        parent_id=parent_id,
        name=bounded(record.name, 300),
        code=bounded(code, 200),
        active=record.active,
        detail={key: bounded(value, LONGEST_DETAIL) for key, value in record.detail.items()},
        seen_at=seen_at,
    )


def bounded(text: str, characters: int) -> str:
    """What any database stores: no NUL, no lone surrogate, and a sign where it was cut off."""
    text = text.replace("\x00", "").encode("utf-8", "replace").decode()
    return text if len(text) <= characters else text[: characters - 1] + "…"
