"""Who works on an upload: a lease by conditional update, renewed with the progress that people see."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from django.db.models import F
from django.utils import timezone

from background.lease import Lease, lease_free, lease_take
from mappings.models import BatchImport

State = BatchImport.State
WORKED_ON = (State.CHECKING, State.APPLYING)
LEASE_SECONDS = 60.0
TELL_SECONDS = 0.5
MOST_ATTEMPTS = 3


class Hold:
    """An upload that this worker has, until another takes it or a person withdraws it. Its body is loaded on
    first use."""

    def __init__(self, batch: BatchImport, lease: Lease) -> None:
        self.batch = batch
        self.keep = lease.renew
        self._lease = lease
        self._told_at = monotonic()

    def release(self, **changes: object) -> None:
        """End the work with its outcome. Raises LeaseLost."""
        self._lease.release(finished_at=timezone.now(), **changes)

    def tell(self, **progress: object) -> None:
        """`keep`, at most twice a second."""
        if monotonic() - self._told_at >= TELL_SECONDS:
            self.keep(**progress)
            self._told_at = monotonic()


def batches_due(now: datetime, *, limit: int = 20) -> list[int]:
    """Uploads that wait for work, or whose worker fell silent; the oldest first."""
    due = BatchImport.objects.filter(lease_free(now), state__in=WORKED_ON)
    return list(due.order_by("id").values_list("id", flat=True)[:limit])


def batch_claim(batch_id: int, now: datetime) -> Hold | None:
    """Take the upload if it is due. Repeat: safe, from any number of workers at once; one gets it."""
    rows = BatchImport.objects.select_related("connection").defer("body", "report", "connection__api_key")
    row = rows.filter(pk=batch_id, state__in=WORKED_ON).first()
    if row is None:
        return None
    as_seen = BatchImport.objects.filter(pk=row.pk, state=row.state)
    lease = lease_take(as_seen, now, LEASE_SECONDS, attempts=F("attempts") + 1)
    if lease is None:
        return None
    row.attempts += 1
    return Hold(row, lease)
