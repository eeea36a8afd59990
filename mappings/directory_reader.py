"""One pass over a list of the CRM: page by page into our copy, from wherever the last reader stopped.

A page is stored in short transactions, and then the name of the next one, so a killed reader costs one page.
Rows that a whole pass did not meet are removed at its end, and only then: a list that cannot be read keeps
what it had.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from background.lease import Lease, LeaseLost, lease_take
from crm.contract import Crm
from crm.errors import (
    CrmError,
    HeldBack,
    NotSupported,
    OutcomeUnknown,
    PermanentError,
    Throttled,
    TransientError,
)
from crm.list_records import CustomField, DirectoryKind, DirectoryPage, FieldObject
from mappings.access.open import open_crm
from mappings.directory.rows import field_record, rows_remove_unseen, rows_store
from mappings.directory.schedule import STALE_EVERY, next_due
from mappings.encrypted import UNREADABLE_KEY, DecryptionFailed
from mappings.models import Connection, DirectoryEntry, DirectoryList

LEASE_SECONDS = 120.0  # longer than one call may last
SPELL_SECONDS = 20.0  # then another list has its turn
PASS_LASTS = timedelta(hours=6)  # page names age, and rows move between pages
MOST_ROWS = 1_000_000
ROWS_AT_ONCE = 250  # of one transaction: orders wait for it where the database has one writer
FIELDS_OF = {
    DirectoryKind.CONTACT_FIELD: FieldObject.CONTACT,
    DirectoryKind.ORDER_FIELD: FieldObject.ORDER,
    DirectoryKind.COMPANY_FIELD: FieldObject.COMPANY,
    DirectoryKind.OPPORTUNITY_FIELD: FieldObject.OPPORTUNITY,
    DirectoryKind.ACTIVITY_FIELD: FieldObject.ACTIVITY,
}

OURS = "An error of ours stopped the reading. What was read before is kept; tell support."
ENDLESS = "The CRM's list did not come to an end. What was read before is kept; tell support."


def never() -> bool:
    """Nobody asks the reader to stop."""
    return False


def crm_of(connection: Connection, step: str) -> Crm:
    """The CRM behind the gate that every call of the connection goes through, recorded as `step`."""
    return open_crm(connection, step=step).crm


def directory_refresh(
    list_id: int, *, connect: Callable[[Connection, str], Crm] = crm_of, stop: Callable[[], bool] = never
) -> DirectoryList | None:
    """Read a list on from where its last reader stopped, for up to 20 seconds.

    None if it is not due, or somebody else is at it. Repeat: safe, from any number of workers at once. What
    the CRM holds back or throttles goes on later from the same page.
    Raises: DatabaseError, after which the lease runs out and another reader goes on; whatever nobody foresaw,
            after the list was set aside until its next turn.
    """
    claimed = _claim(list_id, timezone.now())
    if claimed is None:
        return None
    listing, lease = claimed
    try:
        pass_go_on(listing, connect(listing.connection, f"list of {listing.kind}"), lease, stop=stop)
    except LeaseLost:
        return None
    except DecryptionFailed:
        _give_up(listing, lease, UNREADABLE_KEY)
    except CrmError as error:
        # Say why the list could not be read on, and decide when it is tried again and from where.
        if isinstance(error, TransientError | OutcomeUnknown):
            due = timezone.now() + timedelta(seconds=_wait_seconds(error, listing.failures))
            held_back = isinstance(error, HeldBack | Throttled)
            failures = listing.failures if held_back else min(listing.failures + 1, 9)
            _release(lease, error=error.message[:600], due_at=due, failures=failures)
        elif isinstance(error, PermanentError) and listing.next_page and not listing.failures:
            # the name of the page is from another time or protocol: once more from the beginning
            _release(lease, due_at=timezone.now(), failures=1, started_at=None, next_page="", seen=0)
        else:
            _give_up(listing, lease, error.message, supported=not isinstance(error, NotSupported))
    except DatabaseError:
        raise
    except Exception:
        _give_up(listing, lease, OURS)
        raise
    listing.refresh_from_db()
    return listing


def pass_go_on(listing: DirectoryList, crm: Crm, lease: Lease, *, stop: Callable[[], bool] = never) -> bool:
    """Read pages of a claimed list until its end, a stop, or the end of the spell; whether it was the end.

    Raises: CrmError; LeaseLost if another reader has the list.
    """
    began, ends = _began(listing), monotonic() + SPELL_SECONDS
    while True:
        page = _read_page(crm, DirectoryKind(listing.kind), listing.next_page)
        if page.next_page and (
            page.next_page == listing.next_page or listing.seen + len(page.records) > MOST_ROWS
        ):
            raise PermanentError(ENDLESS, detail=f"{listing.seen} rows, next page {page.next_page[:40]!r}")
        for first in range(0, len(page.records), ROWS_AT_ONCE):
            with transaction.atomic():
                lease.renew()
                rows_store(listing, page.records[first : first + ROWS_AT_ONCE], seen_at=began)
        with transaction.atomic():
            listing.next_page, listing.seen = page.next_page, listing.seen + len(page.records)
            lease.renew(next_page=listing.next_page, seen=listing.seen)
            if not page.next_page:
                _finish(listing, lease, timezone.now())
        if not page.next_page:
            return True
        if stop() or monotonic() > ends:
            lease.release(due_at=timezone.now())
            return False


def _claim(list_id: int, now: datetime) -> tuple[DirectoryList, Lease] | None:
    """Take the list if it is due and nobody reads it, and begin a pass where none is under way."""
    row = DirectoryList.objects.filter(pk=list_id, due_at__lte=now).first()
    if row is None:
        return None
    begun: dict[str, Any] = {}
    if row.started_at is None or row.started_at < now - PASS_LASTS:
        begun = {"started_at": now, "next_page": "", "seen": 0}
    rows = DirectoryList.objects.filter(pk=row.pk)
    as_seen = rows.filter(lease_token=row.lease_token, due_at=row.due_at)
    lease = lease_take(as_seen, now, LEASE_SECONDS, held=rows, **begun)
    if lease is None:
        return None
    return rows.select_related("connection").get(), lease


def _read_page(crm: Crm, kind: DirectoryKind, page: str) -> DirectoryPage:
    if kind in FIELDS_OF:
        fields: Sequence[CustomField] = crm.list_custom_fields(FIELDS_OF[kind])
        return DirectoryPage(records=tuple(field_record(kind, field) for field in fields))
    found: DirectoryPage = crm.list_directory(kind, page)
    return found


def _finish(listing: DirectoryList, lease: Lease, now: datetime) -> None:
    """End a pass that met every page: what it did not meet is gone, and so is what was asked before it."""
    began = _began(listing)
    count = rows_remove_unseen(listing, before=began)
    DirectoryEntry.objects.filter(
        connection_id=listing.connection_id, kind=listing.kind, checked_at__lt=began
    ).delete()
    lease.release(
        refreshed_at=now,
        count=count,
        supported=True,
        error="",
        failures=0,
        due_at=next_due(listing, now),
        started_at=None,
        seen=0,
    )
    row = DirectoryList.objects.filter(pk=listing.pk)
    row.filter(wanted_at__lte=began).update(wanted_at=None)
    row.filter(wanted_at__isnull=False).update(due_at=now + STALE_EVERY)  # wanted while it was being read


def _began(listing: DirectoryList) -> datetime:
    """The start of the pass that a claim began or took over."""
    assert listing.started_at is not None
    return listing.started_at


def _wait_seconds(error: CrmError, failures: int) -> float:
    """As long as the CRM or our ledger says; else a minute, 4, 16, then an hour each time."""
    told: float | None = getattr(error, "retry_after_seconds", None)
    if told and isinstance(error, HeldBack | Throttled):
        return told
    own = 60.0 * (1, 4, 16, 60)[min(failures, 3)]
    return max(told or 0.0, own)


def _give_up(listing: DirectoryList, lease: Lease, sentence: str, *, supported: bool = True) -> None:
    """End a pass that failed; the rows stay as they are, and the schedule tries again from the beginning."""
    _release(
        lease,
        error=sentence[:600],
        supported=supported,
        wanted_at=None,
        due_at=next_due(listing, timezone.now()),
        started_at=None,
        next_page="",
        seen=0,
        failures=0,
    )


def _release(lease: Lease, **changes: object) -> None:
    with suppress(LeaseLost):
        lease.release(**changes)
