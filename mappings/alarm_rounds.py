"""The quiet thread of the scheduler that checks hourly for what needs a person, and mails within a minute."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection
from django.utils import timezone

from mappings.alarms import notices_check
from mappings.notices import notices_mail

logger = logging.getLogger(__name__)

CHECK_SECONDS = 3600.0
MAIL_SECONDS = 60.0


class AlarmRounds:
    """Call `once` again and again; `close` waits for the renewal or mail that is under way."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="alarms")
        self._round: Future[None] | None = None
        self._checked_at = self._mailed_at = float("-inf")

    def once(self) -> bool:
        """Start what is due; whether anything was."""
        now = time.monotonic()
        under_way = self._round is not None and not self._round.done()
        if under_way or now - self._mailed_at < MAIL_SECONDS:
            return False
        checks = now - self._checked_at >= CHECK_SECONDS
        self._mailed_at = now
        self._checked_at = now if checks else self._checked_at
        self._round = self._pool.submit(self._work, checks)
        return True

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, checks: bool) -> None:
        try:
            if checks:
                notices_check(timezone.now())
            else:
                notices_mail(timezone.now())
        except Exception:
            logger.exception("Notices could not be seen to; they are again in a minute.")
            self._checked_at = float("-inf")
        finally:
            connection.close()
