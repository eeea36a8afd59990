"""The sweep: whatever is due gets done, with or without a broker.

Workers are woken for what is due, a little at a time, however long it is due. While they are alive all of it
is theirs, and what they do not come to they are woken for again: their backlog is not their absence. That
they are alive is seen in the database. Where none is, or the broker takes no message, it is worked on right
here, as fast as it goes; so is what a dead worker left behind. Any number of sweeps may run at once, for the
leases decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from background.periodic import Duty, Rounds, register
from background.wakeup import wake
from cascade.engine.create import RUN_REPLICATION
from cascade.engine.selectors import Due, replications_due
from cascade.models import Attempt, Replication
from cascade.services import replication_work
from mappings.access.breaker import probe_take
from mappings.checks.outage_probes import outage_probe
from mappings.models import Outage

WAITS_FOR_ANSWERS = ("transient", "unknown")

BATCH = 200
BACKFILL_AT_ONCE = 3  # one thread is left to what is fresh
# So many may stand in the workers' queue, where what is just coming in stands behind them.
MOST_WOKEN = 64
MOST_WOKEN_BACKFILL = 16


class Sweep(Rounds):
    """The rounds over replications: they watch whether workers take what they were woken for."""

    def once(self, now: datetime) -> int:
        found: Sequence[Due] = replications_due(now, limit=BATCH)
        self._listen([id for id in self._woken if id not in {due.id for due in found}], now)
        backfills = sum(due.backfill for due in found if due.id in self._woken)
        started = 0
        for due in found:
            if due.abandoned:
                started += self._start(("fresh", due.id))
            elif due.id in self._woken:
                if self._unheard(due.id, now) and not self._wake_again(due.id, now):
                    started += self._take(due)
            elif len(self._woken) < MOST_WOKEN and (not due.backfill or backfills < MOST_WOKEN_BACKFILL):
                if wake(RUN_REPLICATION, due.id):
                    self._woken[due.id] = now
                    backfills += due.backfill
                else:
                    started += self._take(due)
        return started

    def _listen(self, gone: Sequence[int], now: datetime) -> None:
        """Workers are alive if one has a replication under its lease, or has taken what it was woken for."""
        theirs = Attempt.objects.exclude(worker__contains=f":{REPLICATIONS.name}_")
        at_work = theirs.filter(
            replication__state=Replication.State.RUNNING,
            replication__lease_until__gte=now,
            number=F("replication__attempts"),
        )
        heard = at_work.exists()
        if gone:
            since = min(self._woken.pop(id) for id in gone)
            heard = heard or theirs.filter(replication_id__in=gone, started_at__gte=since).exists()
        if heard:
            self._heard_at = now

    def _wake_again(self, id: int, now: datetime) -> bool:
        if not self._listening(now) or not wake(RUN_REPLICATION, id):
            return False
        self._woken[id] = now
        return True

    def _take(self, due: Due) -> bool:
        """Work on it here, unless as much of a backfill is worked on as may be at once."""
        sort = "backfill" if due.backfill else "fresh"
        with self._lock:
            alike = sum(name == sort for name, _ in self._busy)
        if due.backfill and alike >= BACKFILL_AT_ONCE:
            return False
        taken = self._start((sort, due.id))
        if taken:
            self._woken.pop(due.id, None)
        return taken


def outages_announce(now: datetime) -> None:
    """Let what waits be due at once, not at its schedule's time: a protocol is back, or surely away, so that
    the other one must do. Repeat: safe. The sweep rings for what is due, at the pace of the quota.
    """
    for outage in Outage.objects.filter(announced=False):
        with transaction.atomic():
            Outage.objects.filter(pk=outage.pk).update(announced=True)
            Replication.objects.filter(
                connection=outage.connection_id,
                state=Replication.State.RETRYING,
                error_class__in=WAITS_FOR_ANSWERS,
                not_before__gt=now,
            ).update(not_before=now)


def _probes_due(now: datetime, most: int) -> Sequence[Outage]:
    """A probe is taken only when a thread is free for it, so that several machines share the work."""
    outages_announce(now)
    return probe_take(now, limit=most)


PROBES = Duty(name="probes", due=_probes_due, work=outage_probe, threads=8, most=8)
REPLICATIONS = Duty(
    name="replications",
    due=lambda now, most: replications_due(now, limit=most),
    work=lambda job: replication_work(job[1]),
    threads=4,
    most=BATCH,
    rounds=Sweep,
)


def connect() -> None:
    for duty in (PROBES, REPLICATIONS):
        register(duty)
