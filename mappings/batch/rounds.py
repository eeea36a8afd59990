"""The scheduler's part: rings for uploads that wait, and does the work itself where nobody answers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.conf import settings
from django.db import connection
from django.utils import timezone

from mappings.batch.holding import batches_due
from mappings.batch.work import batch_work

logger = logging.getLogger(__name__)
WORK_BATCH = "mappings.tasks.work_batch"


class BatchRounds:
    """Call `once` again and again; `ring` wakes a worker for an id and says whether the broker took it."""

    def __init__(self, ring: Callable[[int], bool]) -> None:
        self._ring = ring
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="batch")
        self._work_now: Future[None] | None = None
        self._rung_at: dict[int, float] = {}

    def once(self) -> int:
        """Ring for what is new, and work on what was rung for in vain; how many uploads are due."""
        due, now = batches_due(timezone.now()), time.monotonic()
        self._rung_at = {batch_id: at for batch_id, at in self._rung_at.items() if batch_id in due}
        for batch_id in due:
            if batch_id not in self._rung_at and self._ring(batch_id):
                self._rung_at[batch_id] = now
            elif now - self._rung_at.get(batch_id, float("-inf")) >= settings.SWEEP_DIRECT_AFTER_SECONDS:
                self._start(batch_id)
        return len(due)

    def close(self) -> None:
        """Wait for the file under way."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self, batch_id: int) -> None:
        if self._work_now is None or self._work_now.done():
            self._work_now = self._pool.submit(self._work, batch_id)

    def _work(self, batch_id: int) -> None:
        try:
            batch_work(batch_id)
        except Exception:
            logger.exception("The upload %s could not be worked on.", batch_id)
        finally:
            connection.close()
