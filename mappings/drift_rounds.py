"""The quiet thread of the scheduler that tests connections at night, one at a time beside other rounds."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection
from django.utils import timezone

from mappings.drift import drift_check, drift_due

logger = logging.getLogger(__name__)

LOOK_SECONDS = 60.0


class DriftRounds:
    """Call `once` again and again; `close` waits for the test that is under way."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="drift")
        self._stop = threading.Event()
        self._round: Future[None] | None = None
        self._looked_at = float("-inf")

    def once(self) -> int:
        """Start a round over what is due, once a minute at most; how many connections those are."""
        now = time.monotonic()
        under_way = self._round is not None and not self._round.done()
        if under_way or now - self._looked_at < LOOK_SECONDS:
            return 0
        self._looked_at = now
        due = drift_due(timezone.now())
        if due:
            self._round = self._pool.submit(self._work, due)
        return len(due)

    def close(self) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, due: list[int]) -> None:
        try:
            for connection_id in due:
                if self._stop.is_set():
                    return
                self._test(connection_id)
        finally:
            connection.close()

    def _test(self, connection_id: int) -> None:
        try:
            drift_check(connection_id, timezone.now())
        except Exception:
            logger.exception("The nightly test of connection %s ended early.", connection_id)
