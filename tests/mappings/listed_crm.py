"""A CRM that holds one list in memory, and what reading it leaves behind."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, cast

from django.utils import timezone

from crm.contract import Crm
from crm.errors import CrmError
from crm.list_records import CustomField, DirectoryKind, DirectoryPage, DirectoryRecord, FieldObject
from mappings.directory.schedule import directories_due, lists_ensure
from mappings.directory_reader import directory_refresh
from mappings.models import Connection, DirectoryList, DirectoryRow

TAG = DirectoryKind.TAG
PAGE = 3


class ListedCrm:
    """Holds tags by id, gives them three at a time, and raises what it is told for a page."""

    def __init__(self, *names: str) -> None:
        self.tags = dict(enumerate(names, start=1))
        self.errors: dict[str, CrmError] = {}
        self.asked: list[str] = []
        self.fields: list[CustomField] = []
        self.records: tuple[DirectoryRecord, ...] = ()

    def list_directory(self, kind: DirectoryKind, page: str = "") -> DirectoryPage:
        self.asked.append(page)
        if page in self.errors:
            raise self.errors[page]
        if kind != TAG:
            return DirectoryPage(records=self.records)
        first = int(page or 0)
        some = sorted(self.tags.items())[first : first + PAGE]
        rest = len(self.tags) > first + PAGE
        return DirectoryPage(
            records=tuple(DirectoryRecord(kind=kind, id=key, name=name) for key, name in some),
            next_page=str(first + PAGE) if rest else "",
        )

    def list_custom_fields(self, of: FieldObject) -> list[CustomField]:
        return self.fields


def listing_of(connection: Connection, kind: str = TAG) -> DirectoryList:
    lists_ensure(connection, timezone.now() - timedelta(seconds=1))
    return DirectoryList.objects.get(connection=connection, kind=kind)


def read(connection: Connection, crm: ListedCrm, kind: str = TAG, **options: Any) -> DirectoryList:
    """Have the list read now, as the scheduler would."""
    listing = listing_of(connection, kind)
    DirectoryList.objects.filter(pk=listing.pk).update(due_at=timezone.now())
    refreshed = directory_refresh(listing.pk, connect=lambda *_: cast(Crm, crm), **options)
    assert refreshed is not None
    return refreshed


def names(connection: Connection, kind: str = TAG) -> list[str]:
    rows = DirectoryRow.objects.filter(connection=connection, kind=kind)
    return list(rows.order_by("crm_id", "slot").values_list("name", flat=True))


def due_kinds(now: datetime | None = None) -> Counter[str]:
    ids = directories_due(now or timezone.now() + timedelta(seconds=1), limit=100)
    return Counter(DirectoryList.objects.filter(pk__in=ids).values_list("kind", flat=True))
