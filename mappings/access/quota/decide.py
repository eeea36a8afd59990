"""The ledger's decisions, free of storage: what a scope has used, and whether one call or an order may go.

All scopes of a call must grant it. Times are seconds since 1970 by the clock all workers share. What the
CRM's own clock and the network do to a call is met by two guards: the minute's window is a second longer
than a minute, so that any alignment of the CRM's windows fits in it, and the day begins five seconds late,
with the calls around midnight in both days.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from crm.errors import HeldBack
from mappings.access.quota.limits import Limits

TICKS_PER_SECOND = 2
WINDOW_TICKS = 61 * TICKS_PER_SECOND
SLOTS = 64 * TICKS_PER_SECOND  # more than the window: a slow reply speaks of an earlier one
SLACK_SECONDS = (SLOTS - WINDOW_TICKS) / TICKS_PER_SECOND
DAY_SECONDS = 86_400
DAY_GUARD_SECONDS = 5.0
SET_BACK_SECONDS = 5.0  # a clock further behind than this was set back
PACE_MARGIN = 0.98  # of the rate allowed per second
SLOWEST_PACE = 0.5  # calls a second
RECOVERY_PER_SECOND = 0.1  # calls a second, each second after the CRM refused one
REFUSED_SECONDS = 2.0
RESERVE = 0.02  # of the day, for orders that have begun
BACKFILL_RESERVE = 0.3  # of the day, left to fresh orders by what a person sends again in bulk
LONGEST_SLEEP_SECONDS = 0.25
RESET_JITTER_SECONDS = 15.0  # so that a whole day's waiters do not come back at once


@dataclass(slots=True)
class ScopeState:
    """What one scope has used. `reported` are limits the CRM's replies named, by the field of `Limits`.

    `day` counts from 1970; `sent` is a ring of the calls per half second, `tick` its newest; `pace` is the
    rate at `slowed_at`, when the CRM last refused a call, or 0; `held_until` is when it takes calls again.
    """

    day: int = 0
    used: int = 0
    tick: int = 0
    sent: list[int] = field(default_factory=lambda: [0] * SLOTS)
    next_slot: float = 0.0
    held_until: float = 0.0
    pace: float = 0.0
    slowed_at: float = 0.0
    reported: dict[str, Any] = field(default_factory=dict)


def roll(state: ScopeState, now: float) -> None:
    """Move the windows up to `now`. Repeat: safe."""
    tick = int(now * TICKS_PER_SECOND)
    behind = state.tick - tick
    if behind > SET_BACK_SECONDS * TICKS_PER_SECOND:
        # A clock was set back: what is in the window counts as sent just now.
        count = sum(state.sent)
        state.sent = [0] * SLOTS
        state.sent[tick % SLOTS] = count
        state.tick = tick
        state.next_slot = min(state.next_slot, now)
        state.held_until = min(state.held_until, now + REFUSED_SECONDS)
        state.slowed_at = min(state.slowed_at, now)
    elif behind > 0:
        return  # another machine's clock is a little ahead
    elif behind < 0:
        for passed in range(max(state.tick + 1, tick - SLOTS + 1), tick + 1):
            state.sent[passed % SLOTS] = 0
        state.tick = tick
    day = int((now - DAY_GUARD_SECONDS) // DAY_SECONDS)
    if day != state.day:
        state.day = day
        state.used = sent_within(state, now - day * DAY_SECONDS + DAY_GUARD_SECONDS)


def sent_within(state: ScopeState, seconds: float) -> int:
    """How many calls left in the last so many seconds, as far as the ring remembers."""
    ticks = min(math.ceil(seconds * TICKS_PER_SECOND) + 1, SLOTS)
    return sum(state.sent[(state.tick - back) % SLOTS] for back in range(ticks))


def in_window(state: ScopeState) -> int:
    """How many calls left in the minute's window; the ring must be rolled."""
    oldest = (state.tick + 1) % SLOTS
    return sum((state.sent[oldest:] + state.sent[:oldest])[-WINDOW_TICKS:])


def effective(state: ScopeState, limits: Limits) -> Limits:
    """The limits, corrected by the CRM's replies; what a deployment set is never exceeded."""
    if not state.reported:
        return limits
    corrected = {
        name: min(reported, getattr(limits, name) or reported) if limits.is_ceiling else reported
        for name, reported in state.reported.items()
    }
    return replace(limits, **corrected)


def rate(state: ScopeState, limits: Limits, now: float) -> float:
    """Calls a second: as many as are allowed, or fewer for a while after the CRM refused one."""
    if not state.pace:
        return limits.per_second
    return min(limits.per_second, state.pace + max(now - state.slowed_at, 0.0) * RECOVERY_PER_SECOND)


def wait_seconds(state: ScopeState, limits: Limits, now: float) -> float:
    """Seconds until one call may leave by second and minute; 0 is now. The state must be rolled to `now`."""
    pace = rate(state, limits, now)
    spread = (limits.burst - 1) / (pace * PACE_MARGIN)
    wait = max(state.held_until - now, state.next_slot - spread - now, 0.0)
    if limits.per_minute is not None:
        share = min(1.0, pace / limits.per_second)
        wait = max(wait, _minute_wait(state, max(1, int(limits.per_minute * share)), now))
    return wait


def _minute_wait(state: ScopeState, per_minute: int, now: float) -> float:
    surplus = in_window(state) + 1 - per_minute
    if surplus <= 0:
        return 0.0
    for age in range(WINDOW_TICKS - 1, -1, -1):  # the oldest calls leave the window first
        tick = state.tick - age
        surplus -= state.sent[tick % SLOTS]
        if surplus <= 0:
            return max((tick + WINDOW_TICKS) / TICKS_PER_SECOND - now, 0.0)
    return WINDOW_TICKS / TICKS_PER_SECOND


def book(state: ScopeState, limits: Limits, moment: float) -> None:
    """Count one call that leaves at `moment`, which `wait_seconds` has allowed."""
    roll(state, moment)
    state.sent[state.tick % SLOTS] += 1
    state.used += 1
    state.next_slot = max(state.next_slot, moment) + 1 / (rate(state, limits, moment) * PACE_MARGIN)


def day_ends(state: ScopeState) -> float:
    """When the ledger's day ends: a little after the CRM's."""
    return (state.day + 1) * DAY_SECONDS + DAY_GUARD_SECONDS


def day_wait(
    state: ScopeState, limits: Limits, now: float, *, calls: int, reserved: int, kept: float
) -> float:
    """Seconds until so many calls may be had of the day; 0 is now. `reserved` are those promised to others,
    `kept` the share of the day that is not for the asker.

    What is larger than a whole day begins with a whole day left.
    """
    if limits.per_day is None:
        return 0.0
    budget = limits.per_day - int(limits.per_day * kept)
    if state.used + reserved + min(calls, budget) <= budget:
        return 0.0
    return day_ends(state) - now


def slow_down(
    state: ScopeState, limits: Limits, now: float, *, started_at: float, wait: float | None
) -> None:
    """The CRM refused a call: halve the pace, once for all that were on their way, and wait as told.

    Without being told, the wait grows with every refusal of a pace that was halved before.
    """
    if started_at >= state.slowed_at:
        pace = max(rate(state, limits, now), SLOWEST_PACE)
        state.pace, state.slowed_at = max(pace / 2, SLOWEST_PACE), now
        wait = REFUSED_SECONDS * limits.per_second / pace if wait is None else wait
    state.held_until = max(state.held_until, now + min(wait or 0.0, DAY_SECONDS))


@dataclass(slots=True)
class ScopeCount:
    """One scope with what it has used. `reserved` are the day's calls kept for others than who asks."""

    kind: str
    configured: Limits
    state: ScopeState
    reserved: int = 0

    @property
    def limits(self) -> Limits:
        return effective(self.state, self.configured)


def take(counts: Sequence[ScopeCount], now: float, *, begun: bool, backfill: bool = False) -> float:
    """Count one call in every scope; the seconds to sleep before it leaves, a quarter of one at most.

    A `backfill` leaves a share of the day to fresh orders.

    Repeat: counts again. Raises: HeldBack, having counted nothing, if it would have to wait longer.
    """
    sleep = max(_check_pace(count, now) for count in counts)
    for count in counts:
        _check_day(count, now, calls=1, begun=begun, backfill=backfill)
    for count in counts:
        book(count.state, count.limits, now + sleep)
    return sleep


def check_order(
    counts: Sequence[ScopeCount], now: float, calls: int, *, begun: bool, backfill: bool = False
) -> None:
    """Raise HeldBack unless every scope has so many calls of the day left and lets the first one go now."""
    for count in counts:
        _check_pace(count, now)
        _check_day(count, now, calls=calls, begun=begun, backfill=backfill)


def idle_seconds(counts: Sequence[ScopeCount], now: float) -> float:
    """Seconds for which not even an order of one call could begin: 0 while one could."""
    try:
        check_order(counts, now, 1, begun=False)
    except HeldBack as held:
        return held.retry_after_seconds or 0.0
    return 0.0


def _check_pace(count: ScopeCount, now: float) -> float:
    """Seconds to sleep, or HeldBack until so shortly before the call's moment that the rest can be slept."""
    roll(count.state, now)
    wait = wait_seconds(count.state, count.limits, now)
    if wait > LONGEST_SLEEP_SECONDS:
        wait -= LONGEST_SLEEP_SECONDS / 2
        raise held_for_pace(count.state, count.limits, count.kind, now, wait)
    return wait


def _check_day(count: ScopeCount, now: float, *, calls: int, begun: bool, backfill: bool = False) -> None:
    limits = count.limits
    kept = 0.0 if begun else BACKFILL_RESERVE if backfill else RESERVE
    wait = day_wait(count.state, limits, now, calls=calls, reserved=count.reserved, kept=kept)
    if wait:
        jitter = random.uniform(0, RESET_JITTER_SECONDS)  # noqa: S311
        raise held_for_day(count.state, limits, count.kind, calls, wait + jitter)


WHOSE = {
    "app": "of the whole CRM account",
    "oauth": "of this installation, which all its connections share",
    "oauth_older": "of this installation, which all its connections share",
    "legacy": "of the CRM's old address",
    "service_key": "of the key",
}
WAITS = "The rest is sent by itself; nothing needs to be done."


def held_for_pace(state: ScopeState, limits: Limits, kind: str, now: float, wait: float) -> HeldBack:
    """For a second or a minute that is full, or a pause the CRM asked for."""
    if state.held_until > now:
        reason = "The CRM asked for a pause because of too many calls"
    else:
        per_minute = f" and {limits.per_minute:,} a minute" if limits.per_minute else ""
        reason = f"The CRM's limit {WHOSE[kind]} is {limits.per_second:g} calls a second{per_minute}"
    return HeldBack(f"{reason}. {WAITS}", label="quota-pace", retry_after_seconds=wait)


def held_for_day(state: ScopeState, limits: Limits, kind: str, calls: int, wait: float) -> HeldBack:
    """For a day that has not so many calls left."""
    return HeldBack(
        f"Of the CRM's daily quota {WHOSE[kind]}, {state.used:,} of {limits.per_day:,} calls are used, and "
        "the rest is kept for what has begun. More is sent after 00:00 UTC; nothing needs to be done.",
        detail=f"{calls} calls wanted",
        label="quota-day",
        retry_after_seconds=wait,
    )
