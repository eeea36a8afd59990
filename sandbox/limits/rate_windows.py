"""How calls are counted against one limit. `now` is in seconds since 1970 UTC and may also go back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import floor
from typing import Protocol

TOLERANCE = 1e-6  # a double near 1.8e9 holds no less


class Window(Protocol):
    def has_room(self, limit: int, now: float) -> bool: ...

    def wait_seconds(self, limit: int, now: float) -> float:
        """Seconds until there is room, if nobody else calls; 0 when there is."""

    def add(self, now: float, calls: int = 1) -> None: ...

    def used(self, now: float) -> int: ...


class FixedWindow:
    """Aligned to the clock: a UTC day, a minute from its second 0."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._number = 0
        self._calls = 0

    def has_room(self, limit: int, now: float) -> bool:
        return self.used(now) < limit

    def wait_seconds(self, limit: int, now: float) -> float:
        if self.has_room(limit, now):
            return 0.0
        return (floor(now / self._seconds) + 1) * self._seconds - now

    def add(self, now: float, calls: int = 1) -> None:
        self._calls = self.used(now) + calls
        self._number = floor(now / self._seconds)

    def used(self, now: float) -> int:
        return self._calls if floor(now / self._seconds) == self._number else 0


class SlidingWindow:
    """The calls of the last so many seconds, to the call."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque()

    def has_room(self, limit: int, now: float) -> bool:
        return self.used(now) < limit

    def wait_seconds(self, limit: int, now: float) -> float:
        if self.has_room(limit, now):
            return 0.0
        return self._times[-limit] + self._seconds - now if limit else float(self._seconds)

    def add(self, now: float, calls: int = 1) -> None:
        self.used(now)
        self._times.extend([now] * calls)

    def used(self, now: float) -> int:
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        while self._times and self._times[-1] > now:
            self._times.pop()
        return len(self._times)


class SpikeArrest:
    """Apigee's way: no counting, calls are spread evenly; `10ps` lets one through per 100 ms."""

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self._last: float | None = None

    def has_room(self, limit: int, now: float) -> bool:
        return self.wait_seconds(limit, now) == 0.0

    def wait_seconds(self, limit: int, now: float) -> float:
        if self._last is None or now < self._last:
            return float(self._seconds) if limit == 0 else 0.0
        if limit == 0:
            return float(self._seconds)
        wait = self._last + self._seconds / limit - now
        return wait if wait > TOLERANCE else 0.0

    def add(self, now: float, calls: int = 1) -> None:
        self._last = now

    def used(self, now: float) -> int:
        return 0


class Bucket:
    """A store of calls that refills with time; the legacy door's way."""

    def __init__(self, stored: int, now: float) -> None:
        self._stored = float(stored)
        self._at = now

    def take(self, per_second: float, most: int, now: float) -> bool:
        grown = max(now - self._at, 0.0) * per_second
        self._stored, self._at = min(self._stored + grown, float(most)), now
        if self._stored < 1 - TOLERANCE:
            return False
        self._stored -= 1
        return True


KINDS: dict[str, Callable[[int], Window]] = {
    "fixed": FixedWindow,
    "sliding": SlidingWindow,
    "spike": SpikeArrest,
}
