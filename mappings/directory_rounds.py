"""The quiet thread of the scheduler that reads the CRM's lists, one at a time beside the sweep."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection
from django.utils import timezone

from mappings.directory_lists import directories_due
from mappings.directory_pass import directory_refresh

logger = logging.getLogger(__name__)


class DirectoryRounds:
    """Call `once` again and again; `close` waits for the page that is being read."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="directory")
        self._stop = threading.Event()
        self._round: Future[None] | None = None

    def once(self) -> int:
        """Start a round over what is due; how many lists those are, none while a round is under way."""
        if self._round is not None and not self._round.done():
            return 0
        due = directories_due(timezone.now())
        if due:
            self._round = self._pool.submit(self._work, due)
        return len(due)

    def close(self) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, due: list[int]) -> None:
        try:
            for list_id in due:
                if self._stop.is_set():
                    return
                self._read(list_id)
        except Exception:
            logger.exception("A round over the lists ended early; what is due stays due.")
        finally:
            connection.close()

    def _read(self, list_id: int) -> None:
        try:
            directory_refresh(list_id, stop=self._stop.is_set)
        except Exception:
            logger.exception("List %s could not be read.", list_id)
