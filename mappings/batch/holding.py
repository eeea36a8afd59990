"""Who works on an upload: a lease by conditional update, renewed with the progress that people see."""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from django.db.models import F, Q
from django.utils import timezone

from mappings.models import BatchImport

State = BatchImport.State
WORKED_ON = (State.CHECKING, State.APPLYING)
LEASE = timedelta(seconds=60)
TELL_SECONDS = 0.5
MOST_ATTEMPTS = 3


class Overtaken(Exception):
    """Another worker has the upload, or a person withdrew it."""


class Hold:
    """An upload that this worker has. Its body is loaded on first use."""

    def __init__(self, batch: BatchImport, lease_until: datetime) -> None:
        self.batch = batch
        self._lease = lease_until
        self._told_at = monotonic()

    def keep(self, **changes: object) -> None:
        """Renew the lease, with changes; a short statement of its own. Raises Overtaken."""
        lease = timezone.now() + LEASE
        self._update({"lease_until": lease, **changes})
        self._lease = lease

    def release(self, **changes: object) -> None:
        """End the work with its outcome. Raises Overtaken."""
        self._update({"lease_until": None, "finished_at": timezone.now(), **changes})

    def tell(self, **progress: object) -> None:
        """`keep`, at most twice a second."""
        if monotonic() - self._told_at >= TELL_SECONDS:
            self.keep(**progress)
            self._told_at = monotonic()

    def _update(self, changes: dict[str, object]) -> None:
        mine = BatchImport.objects.filter(pk=self.batch.pk, state=self.batch.state, lease_until=self._lease)
        if mine.update(**changes) != 1:
            raise Overtaken


def batches_due(now: datetime, *, limit: int = 20) -> list[int]:
    """Uploads that wait for work, or whose worker fell silent; the oldest first."""
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
    due = BatchImport.objects.filter(free, state__in=WORKED_ON)
    return list(due.order_by("id").values_list("id", flat=True)[:limit])


def batch_claim(batch_id: int, now: datetime) -> Hold | None:
    """Take the upload if it is due. Repeat: safe, from any number of workers at once; one gets it."""
    rows = BatchImport.objects.select_related("connection").defer("body", "report", "connection__api_key")
    row = rows.filter(pk=batch_id, state__in=WORKED_ON).first()
    if row is None or (row.lease_until is not None and row.lease_until > now):
        return None
    lease = now + LEASE
    as_seen = BatchImport.objects.filter(pk=row.pk, state=row.state, lease_until=row.lease_until)
    if row.lease_until is None:
        as_seen = BatchImport.objects.filter(pk=row.pk, state=row.state, lease_until__isnull=True)
    if as_seen.update(lease_until=lease, attempts=F("attempts") + 1) != 1:
        return None
    row.attempts += 1
    return Hold(row, lease)
