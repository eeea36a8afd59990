"""The time all workers agree on, and how they wait."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Protocol

from django.db import connection
from django.utils import timezone


class Clock(Protocol):
    """Simulations bring their own."""

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...


class DatabaseClock:
    """The server's time where the database is one: the clocks of the workers' machines may differ."""

    def now(self) -> datetime:
        if connection.vendor != "postgresql":
            return timezone.now()
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            moment: datetime = cursor.fetchone()[0]
        return moment

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


DATABASE_CLOCK = DatabaseClock()
