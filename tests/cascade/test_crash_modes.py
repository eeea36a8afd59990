"""The crash sweep in every mode, and with the protocol changed half-way through an order.

As in the sweep of the blank order, the points are recorded, not listed. A goal or action set whose reply
was lost is parked for a person: here somebody looks at the CRM and says what became of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from carts.models import Order
from cascade.engine.replicate import replication_run
from cascade.engine.resolve_by_hand import may_be_resolved, step_resolve_by_hand
from cascade.models import ContactLink, JournalEntry, Replication
from cascade.services import replication_work
from tests.cascade.test_crash_sweep import Killed, has_landed, kill_at, lease_end, wait_until
from tests.factories import UserFactory
from tests.reference import MODES, Mode, Reference, assert_sent_once
from tests.sandbox_client import Sandbox

State = Replication.State
WITNESSES = {"achieve_goal": "goal.achieved", "run_action_set": "action_set.run"}


@pytest.fixture
def account(unlimited: Sandbox, transactional_db: None, settings: Any) -> Sandbox:
    settings.CRM_GATEWAY_URL = settings.CRM_LEGACY_URL = unlimited.url
    settings.LEASE_SECONDS = 5.0
    settings.SETTLE_SECONDS = 0.2
    return unlimited


class Sweep:
    """One account, emptied and filled again before each point; names stay known."""

    def __init__(self, sandbox: Sandbox, mode: Mode) -> None:
        self.sandbox = sandbox
        self.mode = mode
        self.reference = Reference(sandbox, mode)
        self.reference.send("1000", email="first@example.com")
        self.user = UserFactory()

    def start_over(self, protocol: str = "") -> Replication:
        Replication.objects.all().delete()
        JournalEntry.objects.all().delete()
        ContactLink.objects.all().delete()
        Order.objects.all().delete()
        self.sandbox.reset()
        self.reference.seed()
        self.speak(protocol or self.mode.protocol)
        return self.reference.replication()

    def speak(self, protocol: str) -> None:
        connection = self.reference.connection
        type(connection).objects.filter(pk=connection.pk).update(protocol=protocol)

    def moments(self) -> list[str]:
        found: list[str] = []
        replication_run(self.start_over().pk, watch=found.append)
        assert_sent_once(self.sandbox, self.mode)
        return found

    def calls(self) -> list[str]:
        self.drive(self.start_over())
        return [call["method"] for call in self.sandbox.calls()]

    def recovers(
        self, replication: Replication, point: str, *, landed: Callable[[], bool] = lambda: True
    ) -> None:
        lease_end(replication)
        ended = self.drive(replication, landed)
        assert ended.state == State.SUCCEEDED, f"{point}: {ended.state} {ended.reason}"
        try:
            assert_sent_once(self.sandbox, self.mode)
        except AssertionError as error:
            raise AssertionError(f"after {point}: {error}") from error

    def drive(self, replication: Replication, landed: Callable[[], bool] = lambda: True) -> Replication:
        """Work as the sweep would, without waiting for the schedule, and settle what only a person can."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            Replication.objects.filter(pk=replication.pk, not_before__isnull=False).update(not_before=None)
            replication_work(replication.pk)
            replication.refresh_from_db()
            if replication.state == State.PARKED and (entry := self.in_doubt(replication)):
                wait_until(landed)
                happened = bool(self.sandbox.effects(WITNESSES[entry.kind]))
                replication = step_resolve_by_hand(replication, entry.pk, happened=happened, user=self.user)
            elif replication.state not in Replication.OPEN:
                return replication
            time.sleep(0.02)
        raise AssertionError(f"still {replication.state}: {replication.reason}")

    def in_doubt(self, replication: Replication) -> JournalEntry | None:
        entries = JournalEntry.objects.filter(subject_key=replication.subject_key)
        return next((entry for entry in entries if may_be_resolved(entry)), None)


@pytest.fixture(params=["XML-RPC placeOrder", "REST", "automatic"])
def sweep(request: pytest.FixtureRequest, account: Sandbox) -> Sweep:
    return Sweep(account, MODES[request.param])


def vanish() -> None:
    raise Killed


@pytest.mark.embedded
def test_a_worker_that_vanishes_at_any_moment_loses_and_doubles_nothing(sweep: Sweep) -> None:
    for number, moment in enumerate(sweep.moments(), start=1):
        replication = sweep.start_over()
        with pytest.raises(Killed):
            replication_run(replication.pk, watch=kill_at(number, vanish))
        sweep.recovers(replication, f"vanishing {moment} ({number})")


@pytest.mark.embedded
@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "empty", "truncated"])
def test_a_lost_reply_at_any_call_loses_and_doubles_nothing(sweep: Sweep, fault: str) -> None:
    for number, method in enumerate(sweep.calls(), start=1):
        replication = sweep.start_over()
        sweep.sandbox.faults({"method": "*", "call": number, "do": fault})
        sweep.recovers(replication, f"{fault} at {method} ({number})")


@pytest.mark.embedded
def test_an_effect_that_lands_after_our_first_probe_is_not_doubled(sweep: Sweep, settings: Any) -> None:
    settings.SETTLE_SECONDS = 0.6
    for number, method in enumerate(sweep.calls(), start=1):
        replication = sweep.start_over()
        sweep.sandbox.faults({"method": "*", "call": number, "do": "drop_late", "seconds": 0.3})
        landed = partial(has_landed, sweep, number)
        sweep.recovers(replication, f"late effect of {method} ({number})", landed=landed)
        wait_until(landed)  # only now can a second one be seen
        assert_sent_once(sweep.sandbox, sweep.mode)


CHANGES = [
    ("XML-RPC blank order", "rest", False),
    ("XML-RPC placeOrder", "automatic", True),
    ("REST", "xmlrpc", False),
    ("automatic", "xmlrpc", True),
]


@pytest.mark.embedded
@pytest.mark.parametrize(("before", "after", "action_set"), CHANGES)
def test_the_protocol_may_change_half_way_through_an_order(
    account: Sandbox, before: str, after: str, action_set: bool
) -> None:
    sweep = Sweep(account, replace(MODES[before], action_set=action_set))
    for number, moment in enumerate(sweep.moments(), start=1):
        replication = sweep.start_over()
        with pytest.raises(Killed):
            replication_run(replication.pk, watch=kill_at(number, vanish))
        sweep.speak(after)
        sweep.recovers(replication, f"{before} to {after} {moment} ({number})")


@pytest.mark.parametrize(("before", "after", "action_set"), CHANGES)
def test_the_protocol_may_change_after_any_lost_reply(
    account: Sandbox, before: str, after: str, action_set: bool
) -> None:
    sweep = Sweep(account, replace(MODES[before], action_set=action_set))
    for number, method in enumerate(sweep.calls(), start=1):
        replication = sweep.start_over()
        sweep.sandbox.faults({"method": "*", "call": number, "do": "drop_after"})
        replication_work(replication.pk)
        sweep.speak(after)
        sweep.recovers(replication, f"{before} to {after}, reply to {method} lost ({number})")
