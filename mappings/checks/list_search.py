"""Some records of one of the CRM's lists, by id or name, where the CRM cannot be asked for single ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from crm.list_records import DirectoryKind
from mappings.checks.context import CheckContext
from mappings.models import DirectoryList, DirectoryRow
from mappings.names import near_misses

FRESH_FOR = timedelta(minutes=10)  # an older copy proves nothing about now
MOST_PAGES = 50
NO_IDS: frozenset[int] = frozenset()
NO_NAMES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Listed:
    id: int
    name: str
    active: bool = True


@dataclass(slots=True)
class SearchResult:
    """What a search met. Not `complete`: what is missing here may well be in the part not read."""

    by_id: dict[int, Listed] = field(default_factory=dict)
    by_name: dict[str, Listed] = field(default_factory=dict)
    near: dict[str, str] = field(default_factory=dict)
    complete: bool = True

    def keep(self, records: Iterable[Listed], ids: Collection[int], names: Collection[str]) -> None:
        """Keep what is wanted; of several of one name the active one, then the first."""
        rest = []
        for record in records:
            if record.id in ids:
                self.by_id[record.id] = record
            if record.name in names:
                known = self.by_name.get(record.name)
                if known is None or (record.active and not known.active):
                    self.by_name[record.name] = record
            rest.append(record.name)
        missing = [name for name in names if name not in self.by_name]
        if missing:
            self.near = near_misses(missing, rest) | self.near


def list_search(
    context: CheckContext,
    kind: DirectoryKind,
    *,
    ids: Collection[int] = NO_IDS,
    names: Collection[str] = NO_NAMES,
) -> SearchResult:
    """Look for records in our copy if it is ten minutes old at most, else page by page in the CRM.

    What a fresh copy lacks is asked for all the same: it may have been made since. It ends with the last
    wanted record, the list, or the deadline. Raises: whatever reading the list raised.
    """
    found = SearchResult()
    since = timezone.now() - FRESH_FOR
    lists = DirectoryList.objects.filter(connection=context.connection.pk, kind=kind.value)
    if lists.filter(refreshed_at__gt=since).exists():
        rows = DirectoryRow.objects.filter(connection=context.connection.pk, kind=kind.value)
        wanted = rows.filter(Q(crm_id__in=ids) | Q(name__in=names)).only("crm_id", "name", "active")
        found.keep((Listed(row.crm_id, row.name, row.active) for row in wanted), ids, names)
    page = ""
    for _ in range(MOST_PAGES):
        if len(found.by_id) == len(set(ids)) and len(found.by_name) == len(set(names)):
            return found
        if context.deadline.is_over:
            break
        answer = context.crm.list_directory(kind, page)
        found.keep((Listed(row.id, row.name, row.active) for row in answer.records), ids, names)
        page = answer.next_page
        if not page:
            return found
    found.complete = False
    return found
