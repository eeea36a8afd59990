"""The ledger's arithmetic: no window of the CRM, however it is aligned, holds more calls than its limit."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.errors import HeldBack
from mappings.access.quota.decide import (
    DAY_GUARD_SECONDS,
    DAY_SECONDS,
    LONGEST_SLEEP_SECONDS,
    ScopeCount,
    ScopeState,
    check_order,
    idle_seconds,
    roll,
    slow_down,
    take,
)
from mappings.access.quota.limits import LIMITS, Limits

KEY = LIMITS["service_key"]
MIDNIGHT = 20_000 * float(DAY_SECONDS)
MORNING = MIDNIGHT + 9 * 3600


def count_of(limits: Limits = KEY, kind: str = "service_key") -> ScopeCount:
    return ScopeCount(kind, limits, ScopeState())


def send(
    counts: list[ScopeCount], moment: float, until: float, pauses: list[float] | None = None
) -> list[float]:
    """Send whenever it is allowed, with pauses between the calls; the moments of the calls."""
    sent: list[float] = []
    while moment < until:
        try:
            moment += take(counts, moment, begun=True)
        except HeldBack as held:
            moment += held.retry_after_seconds or 0.0
            continue
        sent.append(moment)
        moment += pauses[len(sent) % len(pauses)] if pauses else 0.0
    return sent


def most_within(sent: list[float], seconds: float) -> int:
    return max(index + 1 - bisect_left(sent, moment - seconds + 1e-6) for index, moment in enumerate(sent))


@settings(max_examples=25, deadline=None)
@given(
    start=st.floats(0, 60),
    pauses=st.lists(st.sampled_from([0.0, 0.01, 0.3, 2.0, 17.0]), min_size=1, max_size=6),
)
def test_no_minute_and_no_second_of_any_alignment_holds_more_than_its_limit(
    start: float, pauses: list[float]
) -> None:
    sent = send([count_of()], MORNING + start, MORNING + start + 200, pauses)
    assert most_within(sent, 60) <= 240
    assert most_within(sent, 1) <= 10
    assert min(b - a for a, b in pairwise(sent)) >= 0.1  # Apigee's even spacing


def test_whoever_always_wants_to_send_gets_nearly_all_of_the_minutes() -> None:
    sent = send([count_of()], MORNING, MORNING + 3600)
    assert 0.975 * 240 * 60 <= len(sent) <= 240 * 60 + 240


def test_the_second_alone_is_used_to_98_percent() -> None:
    sent = send([count_of(Limits(per_second=25))], MORNING, MORNING + 600)
    assert 24.5 <= len(sent) / 600 <= 25


def test_longer_waits_are_told_to_the_moment_and_count_nothing() -> None:
    count = count_of(Limits(per_second=10, per_minute=5))
    send([count], MORNING, MORNING + 1)
    before = replace(count.state, sent=list(count.state.sent))
    with pytest.raises(HeldBack) as held:
        take([count], MORNING + 1, begun=True)
    roll(before, MORNING + 1)
    assert count.state == before
    wait = held.value.retry_after_seconds
    assert wait is not None and 59 < wait <= 61
    with pytest.raises(HeldBack):
        take([count], MORNING + 1 + wait - 0.3, begun=True)
    assert take([count], MORNING + 1 + wait, begun=True) <= LONGEST_SLEEP_SECONDS


def test_it_never_sleeps_longer_than_a_quarter_of_a_second() -> None:
    count = count_of()
    sleeps = []
    with pytest.raises(HeldBack) as held:
        while True:
            sleeps.append(take([count], MORNING, begun=True))
    assert max(sleeps) <= LONGEST_SLEEP_SECONDS and len(sleeps) == 3
    wait = held.value.retry_after_seconds or 0.0
    assert wait == pytest.approx(3 / 9.8 - LONGEST_SLEEP_SECONDS / 2)
    assert 0 < take([count], MORNING + wait, begun=True) <= LONGEST_SLEEP_SECONDS
    assert "10 calls a second and 240 a minute" in held.value.message


def test_every_scope_must_grant_and_one_that_refuses_leaves_the_others_uncounted() -> None:
    key, app = count_of(), count_of(Limits(per_second=1000, per_day=2), "app")
    assert len(send([key, app], MORNING, MORNING + 5)) == 2
    assert (key.state.used, app.state.used) == (2, 2)


def test_the_day_is_new_only_where_the_crm_surely_has_a_new_one_too() -> None:
    count = count_of(Limits(per_second=10, per_day=100))
    sent = send([count], MIDNIGHT - 3600, MIDNIGHT + 600)
    assert len([moment for moment in sent if moment < MIDNIGHT]) == 100
    assert min(moment for moment in sent if moment > MIDNIGHT) >= MIDNIGHT + DAY_GUARD_SECONDS


@pytest.mark.parametrize("skew", [-4.0, -1.0, 0.0, 1.0, 4.0])
def test_calls_around_midnight_count_in_both_days(skew: float) -> None:
    count = count_of(Limits(per_second=10, per_day=100))
    sent = send([count], MIDNIGHT - 6, MIDNIGHT + 60)
    midnight_of_the_crm = MIDNIGHT + skew
    assert len([moment for moment in sent if moment < midnight_of_the_crm]) <= 100
    assert len([moment for moment in sent if moment >= midnight_of_the_crm]) <= 100


def test_an_order_larger_than_the_rest_of_the_day_waits_and_a_smaller_one_does_not() -> None:
    count = count_of(Limits(per_second=10, per_day=1000))
    roll(count.state, MORNING)
    count.state.used, count.reserved = 900, 60
    check_order([count], MORNING, 20, begun=False)
    with pytest.raises(HeldBack) as held:
        check_order([count], MORNING, 21, begun=False)
    reset = MIDNIGHT + DAY_SECONDS - MORNING
    assert reset < (held.value.retry_after_seconds or 0) <= reset + 25
    assert "900 of 1,000 calls" in held.value.message
    check_order([count], MORNING, 21, begun=True)  # it may use the reserve of 2 %
    check_order([count], MORNING, 40, begun=True)
    with pytest.raises(HeldBack):
        check_order([count], MORNING, 41, begun=True)


def test_an_order_larger_than_a_whole_day_begins_with_a_whole_day() -> None:
    count = count_of(Limits(per_second=10, per_day=50))
    check_order([count], MORNING, 80, begun=False)
    count.state.used = 1
    with pytest.raises(HeldBack):
        check_order([count], MORNING, 80, begun=False)


def test_it_says_for_how_long_nothing_could_begin() -> None:
    count = count_of(Limits(per_second=10, per_minute=5))
    assert idle_seconds([count], MORNING) == 0
    send([count], MORNING, MORNING + 1)
    assert 59 < idle_seconds([count], MORNING + 1) <= 61


def test_a_refusal_halves_the_pace_once_and_it_recovers_a_call_a_second_in_ten_seconds() -> None:
    count = count_of(Limits(per_second=10))
    for started_at in (MORNING - 0.2, MORNING - 0.1, MORNING - 0.1):  # on their way together
        slow_down(count.state, count.limits, MORNING, started_at=started_at, wait=None)
    assert count.state.pace == 5
    first = take([count], MORNING + 2, begun=True)
    second = take([count], MORNING + 2, begun=True)
    assert (first, second) == (0, pytest.approx(1 / (5.2 * 0.98)))
    send([count], MORNING + 3, MORNING + 60)
    sent = send([count], MORNING + 60, MORNING + 70)
    assert len(sent) / 10 == pytest.approx(9.8, abs=0.2)


def test_without_being_told_it_waits_longer_after_every_refusal() -> None:
    count = count_of(Limits(per_second=10))
    waits, now = [], MORNING
    for _ in range(6):
        slow_down(count.state, count.limits, now, started_at=now, wait=None)
        waits.append(count.state.held_until - now)
        now = count.state.held_until
    assert waits[0] == 2 and waits[-1] > 8 and waits == sorted(waits)


def test_it_waits_as_told() -> None:
    count = count_of()
    slow_down(count.state, count.limits, MORNING, started_at=MORNING, wait=90.0)
    with pytest.raises(HeldBack) as held:
        take([count], MORNING + 30, begun=True)
    assert held.value.retry_after_seconds == pytest.approx(60, abs=0.2)
    assert "asked for a pause" in held.value.message


@pytest.mark.parametrize("seconds", [0.3, 3.0, 30.0, 7200.0])
def test_a_clock_that_is_set_back_neither_frees_the_minute_nor_stops_the_ledger(seconds: float) -> None:
    count = count_of(Limits(per_second=10, per_minute=60))
    sent = len(send([count], MORNING, MORNING + 10))
    assert sent == 60
    back = MORNING + 10 - seconds
    with pytest.raises(HeldBack) as held:
        take([count], back, begun=True)
    assert (held.value.retry_after_seconds or 0) <= 75
    assert take([count], back + 75, begun=True) == 0
    assert count.state.used == 61
