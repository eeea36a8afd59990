"""Whether one call, or a whole order, may go: all its scopes must grant it. Free of storage."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from crm.errors import HeldBack
from mappings.access.quota.held import held_for_day, held_for_pace
from mappings.access.quota.limits import Limits
from mappings.access.quota.window import (
    BACKFILL_RESERVE,
    RESERVE,
    ScopeState,
    book,
    day_wait,
    effective,
    roll,
    wait_seconds,
)

LONGEST_SLEEP_SECONDS = 0.25
RESET_JITTER_SECONDS = 15.0  # so that a whole day's waiters do not come back at once


@dataclass(slots=True)
class Count:
    """One scope with what it has used. `reserved` are the day's calls kept for others than who asks."""

    kind: str
    configured: Limits
    state: ScopeState
    reserved: int = 0

    @property
    def limits(self) -> Limits:
        return effective(self.state, self.configured)


def take(counts: Sequence[Count], now: float, *, begun: bool) -> float:
    """Count one call in every scope; the seconds to sleep before it leaves, a quarter of one at most.

    Repeat: counts again. Raises: HeldBack, having counted nothing, if it would have to wait longer.
    """
    sleep = max(_check_pace(count, now) for count in counts)
    for count in counts:
        _check_day(count, now, calls=1, begun=begun)
    for count in counts:
        book(count.state, count.limits, now + sleep)
    return sleep


def check_order(
    counts: Sequence[Count], now: float, calls: int, *, begun: bool, backfill: bool = False
) -> None:
    """Raise HeldBack unless every scope has so many calls of the day left and lets the first one go now."""
    for count in counts:
        _check_pace(count, now)
        _check_day(count, now, calls=calls, begun=begun, backfill=backfill)


def idle_seconds(counts: Sequence[Count], now: float) -> float:
    """Seconds for which not even an order of one call could begin: 0 while one could."""
    try:
        check_order(counts, now, 1, begun=False)
    except HeldBack as held:
        return held.retry_after_seconds or 0.0
    return 0.0


def _check_pace(count: Count, now: float) -> float:
    """Seconds to sleep, or HeldBack until so shortly before the call's moment that the rest can be slept."""
    roll(count.state, now)
    wait = wait_seconds(count.state, count.limits, now)
    if wait > LONGEST_SLEEP_SECONDS:
        wait -= LONGEST_SLEEP_SECONDS / 2
        raise held_for_pace(count.state, count.limits, count.kind, now, wait)
    return wait


def _check_day(count: Count, now: float, *, calls: int, begun: bool, backfill: bool = False) -> None:
    limits = count.limits
    kept = 0.0 if begun else BACKFILL_RESERVE if backfill else RESERVE
    wait = day_wait(count.state, limits, now, calls=calls, reserved=count.reserved, kept=kept)
    if wait:
        jitter = random.uniform(0, RESET_JITTER_SECONDS)  # noqa: S311
        raise held_for_day(count.state, limits, count.kind, calls, wait + jitter)
