"""The sweep: whatever is due gets done, with or without a broker.

What is due is rung for, a little at a time, so that workers take it, however long it is due. What they leave,
because the message was lost or nobody listens, is worked on right here: one at a time while they take others,
else as fast as it goes. So is what a dead worker left behind. Any number of sweeps may run at once, for the
leases decide.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection

from background.wakeup import wake
from carts.services.checkouts import checkout_close, checkouts_due
from carts.services.processing import event_process
from carts.source_selectors import events_due
from cascade.endings import process_name
from cascade.models import Attempt
from cascade.opening import RUN_REPLICATION
from cascade.ranges import range_work, ranges_due
from cascade.selectors import Due, replications_due
from cascade.services import replication_work
from mappings.quota.clock import DATABASE_CLOCK

logger = logging.getLogger(__name__)

BATCH = 200
THREADS = 4
BACKFILL_AT_ONCE = 3  # one thread is left to what is fresh
# So many may stand in the workers' queue, where what is just coming in stands behind them.
MOST_RUNG = 64
MOST_RUNG_BACKFILL = 16

Job = tuple[str, int]


class Sweep:
    """Call `once` again and again; `close` waits for what is in progress."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="sweep")
        self._busy: set[Job] = set()
        self._rung: dict[int, datetime] = {}  # what workers were rung for, and when
        self._heard_at = datetime.min.replace(tzinfo=UTC)  # when they last took something of it
        self._lock = threading.Lock()

    def once(self) -> int:
        """Look for due work and start it; how many jobs were started here rather than rung for."""
        now = DATABASE_CLOCK.now()
        started = 0
        started += self._replications(now)
        for event_id in events_due(now, BATCH):
            started += self._start(("event", event_id), event_process)
        for checkout_id in checkouts_due(now, BATCH):
            started += self._start(("checkout", checkout_id), checkout_close)
        for run_id in ranges_due(now):
            started += self._start(("range", run_id), range_work)
        return started

    def _replications(self, now: datetime) -> int:
        found = replications_due(now, limit=BATCH)
        self._listen({due.id for due in found}, now)
        patience = timedelta(seconds=settings.SWEEP_DIRECT_AFTER_SECONDS)
        listening = now - self._heard_at <= patience
        backfills = sum(due.backfill for due in found if due.id in self._rung)
        started = 0
        for due in found:
            if due.abandoned:
                started += self._start(("replication", due.id), replication_work)
            elif due.id in self._rung:
                if now - self._rung[due.id] > patience:
                    started += self._take(due, 1 if listening else BATCH)
            elif len(self._rung) < MOST_RUNG and (not due.backfill or backfills < MOST_RUNG_BACKFILL):
                if wake(RUN_REPLICATION, due.id):
                    self._rung[due.id] = now
                    backfills += due.backfill
                else:
                    started += self._take(due, BATCH)
        return started

    def _listen(self, due: set[int], now: datetime) -> None:
        """Notice whether workers took any of what they were rung for."""
        gone = [id for id in self._rung if id not in due]
        if not gone:
            return
        since = min(self._rung.pop(id) for id in gone)
        taken = Attempt.objects.filter(replication_id__in=gone, started_at__gte=since)
        if taken.exclude(worker__startswith=process_name()).exists():
            self._heard_at = now

    def _take(self, due: Due, most: int) -> bool:
        if due.backfill:
            taken = self._start(("backfill", due.id), replication_work, most=min(most, BACKFILL_AT_ONCE))
        else:
            taken = self._start(("replication", due.id), replication_work, most=most)
        if taken:
            self._rung.pop(due.id, None)
        return taken

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self, job: Job, work: Callable[[int], object], *, most: int = BATCH) -> bool:
        """Start it unless it is in progress, or as many of its sort are as may be at once."""
        with self._lock:
            alike = sum(name == job[0] for name, _ in self._busy)
            if job in self._busy or alike >= most or len(self._busy) >= BATCH:
                return False
            self._busy.add(job)
        self._pool.submit(self._work, job, work)
        return True

    def _work(self, job: Job, work: Callable[[int], object]) -> None:
        try:
            work(job[1])
        except Exception:
            logger.exception("The sweep could not finish %s %s; it stays due.", *job)
        finally:
            connection.close()  # this thread may have nothing to do for hours
            with self._lock:
                self._busy.discard(job)
