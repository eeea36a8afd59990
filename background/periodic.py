"""What is done again and again beside the workers, as data: the scheduler runs every registered duty.

Any number of schedulers may run at once: what a duty works on is leased, or taken by a conditional update.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

logger = logging.getLogger(__name__)

LONG_AGO = datetime.min.replace(tzinfo=UTC)
WAKE_AGAIN_SECONDS = 10.0  # while workers are alive: a message may have been lost


class Rounds:
    """One duty at work. Call `once` again and again; `close` waits for what is in progress."""

    def __init__(self, duty: Duty) -> None:
        self._duty = duty
        self._pool = ThreadPoolExecutor(duty.threads, thread_name_prefix=duty.name)
        self._stop = threading.Event()
        self._busy: set[Any] = set()
        self._lock = threading.Lock()
        self._woken: dict[Any, datetime] = {}  # what workers were woken for, and when
        self._heard_at = LONG_AGO  # when they last took some of it
        self._next_at = float("-inf")

    def once(self, now: datetime) -> int:
        """Look for what is due and start it; how much of it was started here rather than left to workers."""
        if time.monotonic() < self._next_at:
            return 0
        self._next_at = time.monotonic() + self._duty.every
        due = self._duty.due(now, self._duty.most - len(self._busy))
        return sum(self._start(item) for item in self._left(list(due), now))

    def close(self) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _left(self, due: list[Any], now: datetime) -> list[Any]:
        """What no worker can be woken for, or none took for a while, as none takes any."""
        if self._duty.wake is None:
            return due
        left = []
        if any(item not in due and item not in self._busy for item in self._woken):
            self._heard_at = now
        self._woken = {item: at for item, at in self._woken.items() if item in due}
        for item in due:
            wanted = item not in self._woken or (self._listening(now) and self._unheard(item, now))
            if wanted and self._duty.wake(item):
                self._woken[item] = now
            elif self._unheard(item, now):
                left.append(item)
                self._woken.pop(item, None)
        return left

    def _listening(self, now: datetime) -> bool:
        """Whether workers are alive, as far as was seen lately."""
        return now - self._heard_at <= timedelta(seconds=settings.SWEEP_DIRECT_AFTER_SECONDS)

    def _unheard(self, item: Any, now: datetime) -> bool:
        """Whether it was left for a while: for a short one where no worker is alive."""
        seconds = WAKE_AGAIN_SECONDS if self._listening(now) else settings.SWEEP_DIRECT_AFTER_SECONDS
        return now - self._woken.get(item, LONG_AGO) >= timedelta(seconds=seconds)

    def _start(self, item: Any) -> bool:
        """Start it unless it is in progress, or as much as may be at once."""
        with self._lock:
            if item in self._busy or len(self._busy) >= self._duty.most:
                return False
            self._busy.add(item)
        self._pool.submit(self._work, item)
        return True

    def _work(self, item: Any) -> None:
        try:
            if self._duty.stops:
                self._duty.work(item, stop=self._stop.is_set)
            else:
                self._duty.work(item)
        except Exception:
            logger.exception("The scheduler could not finish %s %s; it stays due.", self._duty.name, item)
        finally:
            connection.close()  # this thread may have nothing to do for hours
            with self._lock:
                self._busy.discard(item)


@dataclass(frozen=True, kw_only=True, slots=True)
class Duty:
    """`due` says what is to be done now, for how many there is a place; `work` does one of them.

    Of `most` at once as many are worked on as there are `threads`; the others wait in order. `every` is how
    often it is looked, in seconds; 0 is each time. With `wake`, which says whether the broker took a message,
    only what workers leave is worked on here. A `work` that `stops` takes `stop`, and ends once that is true.
    """

    name: str
    due: Callable[[datetime, int], Iterable[Any]]
    work: Callable[..., object]
    threads: int = 1
    most: int = 20
    every: float = 0.0
    wake: Callable[[Any], bool] | None = None
    stops: bool = False
    rounds: type[Rounds] = Rounds


_duties: dict[str, Duty] = {}


def register(duty: Duty) -> None:
    _duties[duty.name] = duty


def duties() -> Sequence[Duty]:
    return tuple(_duties.values())
