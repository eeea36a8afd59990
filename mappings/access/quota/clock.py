"""The time all workers agree on, and how they wait."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Protocol

from django.db import connection
from django.utils import timezone

ASKED_AGAIN_SECONDS = 5.0
PASSED = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Simulations bring their own."""

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class DatabaseClock:
    """The server's time where the database is one: the clocks of the workers' machines may differ.

    It is asked now and then; in between, what has passed on this machine is added, its sleep included.
    """

    _asked: tuple[float, datetime] | None = None

    def now(self) -> datetime:
        if connection.vendor != "postgresql":
            return timezone.now()
        passed = time.clock_gettime(PASSED)
        if self._asked is None or passed - self._asked[0] >= ASKED_AGAIN_SECONDS:
            with connection.cursor() as cursor:
                cursor.execute("SELECT clock_timestamp()")
                self._asked = (passed, cursor.fetchone()[0])
        began, moment = self._asked
        return moment + timedelta(seconds=passed - began)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


DATABASE_CLOCK = DatabaseClock()
