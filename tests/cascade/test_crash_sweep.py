"""Every way to lose a reply or a worker, at every call of one order: the CRM ends with it exactly once.

The points are found by recording a run, so a new step or call is swept without touching this file.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from cascade.engine.replicate import replication_run
from cascade.models import ContactLink, JournalEntry, Replication
from mappings.models import DirectoryEntry
from tests.cascade.conftest import Shop, assert_delivered_once, seed_catalogue

State = Replication.State


@pytest.fixture(autouse=True)
def short_settle(shop: Shop, settings: Any) -> None:
    """Only where an effect lands late is the settle time worth waiting for."""
    settings.SETTLE_SECONDS = 0.2


class Killed(BaseException):
    """The process is gone: nothing after this runs, except that tests go on."""


def start_over(shop: Shop) -> Replication:
    """A CRM, a journal and a directory that know of nothing, and the reference order waiting."""
    Replication.objects.all().delete()
    JournalEntry.objects.all().delete()
    DirectoryEntry.objects.all().delete()
    ContactLink.objects.all().delete()
    shop.source.orders.all().delete()
    shop.sandbox.reset()
    seed_catalogue(shop.sandbox)
    return shop.replication(shop_order_id="DEMO-1001")


def recorded_moments(shop: Shop) -> list[str]:
    moments: list[str] = []
    replication = start_over(shop)
    replication_run(replication.pk, watch=moments.append)
    assert_delivered_once(shop.sandbox)
    return moments


def recorded_calls(shop: Shop) -> list[str]:
    """The methods of every request of one order, in order."""
    shop.drive(start_over(shop))
    return [call["method"] for call in shop.sandbox.calls()]


def kill_at(number: int, kill: Callable[[], None]) -> Callable[[str], None]:
    seen = 0

    def watch(moment: str) -> None:
        nonlocal seen
        seen += 1
        if seen == number:
            kill()

    return watch


def lease_end(replication: Replication) -> None:
    """Let the lease of a worker that is surely dead run out at once."""
    history = timezone.now() - timedelta(seconds=1)
    Replication.objects.filter(pk=replication.pk, state=State.RUNNING).update(lease_until=history)


def assert_recovers(shop: Shop, replication: Replication, point: str) -> None:
    lease_end(replication)
    ended = shop.drive(replication)
    assert ended.state == State.SUCCEEDED, f"{point}: {ended.state} {ended.reason}"
    try:
        assert_delivered_once(shop.sandbox)
    except AssertionError as error:
        raise AssertionError(f"after {point}: {error}") from error


def test_a_run_has_its_moments_and_a_call_for_each_effect(shop):
    moments = recorded_moments(shop)
    assert moments[:1] == ["claimed"]
    assert moments[-2:] == ["ended", "written"]
    assert moments.count("before add_line") == moments.count("after add_line") == 5
    assert moments[-3] == "after apply_tags"


def test_a_worker_that_vanishes_at_any_moment_loses_and_doubles_nothing(shop):
    def vanish() -> None:
        raise Killed

    for number, moment in enumerate(recorded_moments(shop), start=1):
        replication = start_over(shop)
        with pytest.raises(Killed):
            replication_run(replication.pk, watch=kill_at(number, vanish))
        assert_recovers(shop, replication, f"vanishing {moment} ({number})")


@pytest.mark.parametrize(
    "fault",
    [
        "drop_after",
        *(pytest.param(fault, marks=pytest.mark.embedded) for fault in ("drop_before", "empty", "truncated")),
    ],
)
def test_a_lost_reply_at_any_call_loses_and_doubles_nothing(shop, fault):
    for number, method in enumerate(recorded_calls(shop), start=1):
        replication = start_over(shop)
        shop.sandbox.faults({"method": "*", "call": number, "do": fault})
        assert_recovers(shop, replication, f"{fault} at {method} ({number})")


@pytest.mark.embedded
def test_an_effect_that_lands_after_our_first_probe_is_not_doubled(shop, settings):
    settings.SETTLE_SECONDS = 0.8
    for number, method in enumerate(recorded_calls(shop), start=1):
        replication = start_over(shop)
        shop.sandbox.faults({"method": "*", "call": number, "do": "drop_late", "seconds": 0.4})
        shop.drive(replication)
        wait_until(partial(has_landed, shop, number))  # only now can a second one be seen
        assert_recovers(shop, replication, f"late effect of {method} ({number})")


@pytest.mark.embedded
@pytest.mark.crash
def test_sigkill_before_sending_and_after_the_reply_at_every_call(shop):
    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    for number, moment in enumerate(recorded_moments(shop), start=1):
        replication = start_over(shop)
        child = run_in_child(partial(replication_run, replication.pk, watch=kill_at(number, kill)))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        assert_recovers(shop, replication, f"SIGKILL {moment} ({number})")


@pytest.mark.embedded
@pytest.mark.crash
def test_sigkill_while_the_reply_is_on_its_way_at_every_call(shop):
    for number, method in enumerate(recorded_calls(shop), start=1):
        replication = start_over(shop)
        shop.sandbox.faults({"method": "*", "call": number, "do": "hold", "seconds": 30})
        child = run_in_child(partial(replication_run, replication.pk))
        wait_until(partial(applied, shop, number))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        shop.sandbox.clear_faults()
        assert_recovers(shop, replication, f"SIGKILL after sending {method} ({number})")


def has_landed(shop: Shop, number: int) -> bool:
    return bool(shop.sandbox.calls()[number - 1]["applied"])


def applied(shop: Shop, number: int) -> bool:
    calls = shop.sandbox.calls()
    return len(calls) >= number and calls[number - 1]["state"] == "applied"


def wait_until(is_true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def run_in_child(work: Callable[[], object]) -> int:
    """A process of its own for the work: neither a database connection nor a socket is shared with it."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    try:
        work()
    finally:
        os._exit(0)
