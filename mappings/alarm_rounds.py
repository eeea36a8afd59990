"""The quiet thread of the scheduler that looks every minute for what needs a person, and mails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from django.db import connection
from django.utils import timezone

from mappings.alarms import notices_check, pauses_check
from mappings.credential_probes import paused_probe
from mappings.notice_mails import notices_mail

logger = logging.getLogger(__name__)

CHECK_SECONDS = 3600.0
MAIL_SECONDS = 60.0
Check = Callable[[datetime], object]


class AlarmRounds:
    """Call `once` again and again; `close` waits for the renewal or mail that is under way.

    `checks` are what upper layers look at every minute, before the mails.
    """

    def __init__(self, *checks: Check) -> None:
        self._checks = (*checks, paused_probe, pauses_check)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="alarms")
        self._round: Future[None] | None = None
        self._checked_at = self._mailed_at = float("-inf")

    def once(self) -> bool:
        """Start what is due; whether anything was."""
        now = time.monotonic()
        under_way = self._round is not None and not self._round.done()
        if under_way or now - self._mailed_at < MAIL_SECONDS:
            return False
        hourly = now - self._checked_at >= CHECK_SECONDS
        self._mailed_at = now
        self._checked_at = now if hourly else self._checked_at
        self._round = self._pool.submit(self._work, hourly)
        return True

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, hourly: bool) -> None:
        """Every part by itself: one that fails keeps no other from its work."""
        try:
            for check in self._checks:
                self._try(check)
            if not self._try(notices_check if hourly else notices_mail) and hourly:
                self._checked_at = float("-inf")
        finally:
            connection.close()

    def _try(self, work: Check) -> bool:
        try:
            work(timezone.now())
        except Exception:
            logger.exception("Notices could not be seen to; they are again in a minute.")
            return False
        return True
