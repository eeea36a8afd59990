"""One worker per row: a lease taken, kept and given back by conditional updates.

A worker that dies lets its lease run out, and another one takes the row. What is written under a lease is
written with the condition that the row is still ours, so who was overtaken changes nothing more.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from django.db import Error as DatabaseProblem
from django.db import connection, models
from django.db.models import Q, QuerySet

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.2


class LeaseLost(Exception):
    """Another worker has the row now, or a person ended the work: stop without a word."""


class Leased(models.Model):
    """A row that one worker at a time works on."""

    lease_token = models.CharField(max_length=40, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def lease_free(now: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now)


def lease_take(
    rows: QuerySet[Any],
    now: datetime,
    seconds: float,
    *,
    held: QuerySet[Any] | None = None,
    token: str = "",
    **changes: object,
) -> Lease | None:
    """Take the one row, with changes, if nobody has it and it is as the query says; else None.

    `held` is what must still be so later on, where that is not what `changes` and the query say. `now` is the
    time that all workers agree on. Repeat: safe, from any number of workers at once; one gets it.
    """
    lease = Lease(
        rows if held is None else held, token or uuid.uuid4().hex, now + timedelta(seconds=seconds), seconds
    )
    taken = rows.filter(lease_free(now)).update(lease_token=lease.token, lease_until=lease.until, **changes)
    return lease if taken == 1 else None


class Lease:
    """A row that this worker has. As a context it is renewed meanwhile, however long a call lasts.

    `rows` is the row and what must still be so of it, as long as the lease is to hold.
    """

    def __init__(self, rows: QuerySet[Any], token: str, until: datetime, seconds: float) -> None:
        self.rows = rows
        self.token = token
        self.until = until
        self.seconds = seconds
        self.ends = time.monotonic() + seconds
        self._epoch = until - timedelta(seconds=self.ends)

    def now(self) -> datetime:
        """The time as it was at the taking, with what has passed here since."""
        return self._epoch + timedelta(seconds=time.monotonic())

    def renew(self, **changes: object) -> None:
        """Hold the row for longer, with changes. Raises LeaseLost, and then nothing is changed."""
        started = time.monotonic()
        until = self._epoch + timedelta(seconds=started + self.seconds)
        self._update(lease_until=until, **changes)
        self.until, self.ends = until, started + self.seconds

    def lost(self) -> None:
        """Raise LeaseLost, and send nothing more: the row was seen to be another's."""
        self.ends = 0.0
        raise LeaseLost

    def release(self, **changes: object) -> None:
        """Give the row back, with changes. Raises LeaseLost, and then nothing is changed."""
        self._update(lease_token="", lease_until=None, **changes)

    def _update(self, **changes: object) -> None:
        if self.rows.filter(lease_token=self.token).update(**changes) != 1:
            self.lost()

    def __enter__(self) -> Self:
        _heart.hold(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _heart.drop(self)


class _Heart:
    """Renews all leases that this process holds, each three times while it lasts, in one thread."""

    def __init__(self) -> None:
        self.empty()

    def empty(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[Lease, float] = {}
        self._renewing: Lease | None = None
        self._thread: threading.Thread | None = None

    def hold(self, lease: Lease) -> None:
        with self._changed:
            self._due[lease] = time.monotonic() + lease.seconds / 3
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="leases", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def drop(self, lease: Lease) -> None:
        """Nothing of the lease is written any more once this returns."""
        with self._changed:
            self._due.pop(lease, None)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._renewing is not lease)

    def _beat(self) -> None:
        while True:
            with self._changed:
                lease = min(self._due, key=self._due.__getitem__, default=None)
                if lease is None:
                    connection.close()
                    self._changed.wait()
                    continue
                pause = self._due[lease] - time.monotonic()
                if pause > 0:
                    self._changed.wait(pause)
                    continue
                self._renewing = lease
            again = _renewed(lease)
            with self._changed:
                self._renewing = None
                if again is None:
                    self._due.pop(lease, None)
                elif lease in self._due:
                    self._due[lease] = time.monotonic() + again
                self._changed.notify_all()


def _renewed(lease: Lease) -> float | None:
    """Seconds until it is to be renewed again: soon where the database is away, never where it was lost."""
    try:
        lease.renew()
    except LeaseLost:
        return None  # its worker finds out at the next write
    except DatabaseProblem:
        logger.warning("The lease of a %s could not be renewed.", lease.rows.model.__name__)
    except Exception:  # the others' leases are not to end with this one's
        logger.exception("The lease of a %s could not be renewed.", lease.rows.model.__name__)
    else:
        return lease.seconds / 3
    connection.close()
    return min(lease.seconds / 3, RETRY_SECONDS)


_heart = _Heart()
os.register_at_fork(after_in_child=_heart.empty)
