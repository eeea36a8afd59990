"""The quiet threads of the scheduler that ask shops, some shops at a time beside the sweep."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.utils import timezone

from carts.services.asking import shop_ask, sources_due
from carts.services.reading_rounds import readings_overdue

logger = logging.getLogger(__name__)

THREADS = 4
BATCH = 50


class PollRounds:
    """Call `once` again and again; `close` waits for the page that is being read."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="poll")
        self._stop = threading.Event()
        self._busy: set[int] = set()
        self._lock = threading.Lock()

    def once(self) -> int:
        """Start asking whom it is time to ask; how many shops those are."""
        now = timezone.now()
        readings_overdue(now)
        started = 0
        for source_id in sources_due(now, BATCH):
            with self._lock:
                if source_id in self._busy or len(self._busy) >= BATCH:
                    continue
                self._busy.add(source_id)
            self._pool.submit(self._work, source_id)
            started += 1
        return started

    def close(self) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, source_id: int) -> None:
        try:
            shop_ask(source_id, stop=self._stop.is_set)
        except Exception:
            logger.exception("Shop %s could not be asked; it stays due.", source_id)
        finally:
            connection.close()
            with self._lock:
                self._busy.discard(source_id)
