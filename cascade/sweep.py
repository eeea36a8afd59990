"""The sweep: whatever is due gets done, with or without a broker.

What has just become due is rung for, so that a worker takes it; a backfill is worked on here, behind it.
What stays due, because the message was lost or no worker listens, is worked on right here; so is what a dead
worker left behind. Any number of sweeps may run at once, for the leases decide.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection

from carts.services import checkout_close, checkouts_due, event_process, events_due
from cascade.doorbell import replication_ring
from cascade.ranges import range_work, ranges_due
from cascade.selectors import replications_due
from cascade.services import replication_work
from mappings.quota.clock import DATABASE_CLOCK

logger = logging.getLogger(__name__)

BATCH = 200
THREADS = 4
BACKFILL_AT_ONCE = 3  # one thread is left to what is fresh and was not rung for

Job = tuple[str, int]


class Sweep:
    """Call `once` again and again; `close` waits for what is in progress."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="sweep")
        self._busy: set[Job] = set()
        self._rung: dict[int, datetime] = {}
        self._lock = threading.Lock()

    def once(self) -> int:
        """Look for due work and start it; how many jobs were started here rather than rung for."""
        now = DATABASE_CLOCK.now()
        started = 0
        for due in replications_due(now, limit=BATCH):
            if due.backfill:
                started += self._start(("backfill", due.id), replication_work, most=BACKFILL_AT_ONCE)
            elif due.abandoned or now - due.since > timedelta(seconds=settings.SWEEP_DIRECT_AFTER_SECONDS):
                started += self._start(("replication", due.id), replication_work)
            elif self._rung.get(due.id) != due.since:
                self._rung[due.id] = due.since
                replication_ring(due.id)
        for event_id in events_due(now, BATCH):
            started += self._start(("event", event_id), event_process)
        for checkout_id in checkouts_due(now, BATCH):
            started += self._start(("checkout", checkout_id), checkout_close)
        for run_id in ranges_due(now):
            started += self._start(("range", run_id), range_work)
        if len(self._rung) > 10 * BATCH:
            self._rung.clear()
        return started

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
