"""The scheduler's probes of protocols that do not answer, side by side: a slow one holds up no other."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from cascade.standstill import outages_ring
from mappings.breaker import probe_take
from mappings.models import Outage
from mappings.outage_probes import outage_probe
from mappings.quota.clock import DATABASE_CLOCK

logger = logging.getLogger(__name__)

THREADS = 8


class OutageRounds:
    """Call `once` again and again; `close` waits for the probes that are under way.

    A probe is taken only when a thread is free for it, so that several machines share the work.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="probes")
        self._busy: set[int] = set()

    def once(self) -> int:
        """Ring for what came back and send the probes that are due; how many."""
        now = DATABASE_CLOCK.now()
        outages_ring(now)
        taken = probe_take(now, limit=THREADS - len(self._busy))
        for outage in taken:
            self._busy.add(outage.pk)
            self._pool.submit(self._work, outage)
        return len(taken)

    def close(self) -> None:
        self._pool.shutdown(wait=True)

    def _work(self, outage: Outage) -> None:
        try:
            outage_probe(outage)
        except Exception:
            logger.exception("The probe of outage %s did not end; it is sent again.", outage.pk)
        finally:
            connection.close()
            self._busy.discard(outage.pk)
