"""Which lists of the CRM are to be read, and when: on a schedule, when asked for, or found outdated."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q
from django.utils import timezone

from background.lease import lease_free
from crm.list_records import DirectoryKind
from mappings.models import Connection, DirectoryList

KINDS = tuple(kind.value for kind in DirectoryKind)
STALE_EVERY = timedelta(minutes=10)
SPREAD_SECONDS = 2 * 3600
MOST_NEW = 50


def directories_due(now: datetime, *, limit: int = 20) -> list[int]:
    """The lists to read on or anew, longest due first, and those of connections that have none yet.

    A connection is asked only after its first successful test and while it is not paused; one that is
    switched off only for what somebody wants.
    """
    lists = Count("directory_lists", filter=Q(directory_lists__kind__in=KINDS))
    new = (
        Connection.objects.exclude(bound_app="")
        .filter(paused_at__isnull=True)
        .annotate(lists=lists)
        .filter(lists__lt=len(KINDS))
        .only("pk")
    )
    for connection in new[:MOST_NEW]:
        lists_ensure(connection, now)
    due = DirectoryList.objects.filter(
        lease_free(now),
        Q(connection__enabled=True) | Q(wanted_at__isnull=False),
        due_at__lte=now,
        connection__paused_at__isnull=True,
        kind__in=KINDS,
    ).exclude(connection__bound_app="")
    if not settings.DIRECTORY_HOURS:
        due = due.filter(wanted_at__isnull=False)
    return list(due.order_by("due_at", "id").values_list("id", flat=True)[:limit])


def lists_want(connection: Connection, kinds: Iterable[str] = KINDS) -> None:
    """Have the lists read now; one that is being read goes on at once. Repeat: safe."""
    now = timezone.now()
    lists_ensure(connection, now)
    wanted = DirectoryList.objects.filter(connection_id=connection.pk, kind__in=list(kinds))
    wanted.update(due_at=now, failures=0)
    wanted.filter(started_at__isnull=True).update(wanted_at=now)
    wanted.filter(wanted_at__isnull=True).update(wanted_at=F("started_at"))


def list_stale(connection: Connection, kind: str) -> None:
    """Have a list read again soon, at most every ten minutes: the CRM said something is not there.

    Repeat: safe. A list that was never read stays as it is.
    """
    now = timezone.now()
    listing = DirectoryList.objects.filter(connection_id=connection.pk, kind=kind, supported=True).first()
    if listing is None or listing.refreshed_at is None:
        return
    again = max(listing.refreshed_at + STALE_EVERY, now)
    row = DirectoryList.objects.filter(pk=listing.pk)
    row.update(wanted_at=now)
    row.filter(due_at__gt=again).update(due_at=again)


def lists_ensure(connection: Connection, now: datetime) -> None:
    """Give the connection a row for every list it has none for. Repeat: safe."""
    DirectoryList.objects.bulk_create(
        [DirectoryList(connection_id=connection.pk, kind=kind, wanted_at=now, due_at=now) for kind in KINDS],
        ignore_conflicts=True,
    )


def next_due(listing: DirectoryList, now: datetime) -> datetime:
    """When the schedule reads the list again: spread, so that not all connections ask in one minute."""
    spread = zlib.crc32(f"{listing.connection_id} {listing.kind}".encode()) % SPREAD_SECONDS
    hours = settings.DIRECTORY_HOURS or 24.0
    return now + timedelta(hours=hours) - timedelta(seconds=min(spread, hours * 3600 / 4))
