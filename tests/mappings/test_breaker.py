"""The circuit breaker: a protocol's outage is one row, gets one probe per half minute, stops nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crm.errors import HeldBack
from crm.observe import Call, CallOutcome
from mappings.breaker import FAILURES_TO_OPEN, Breaker, is_answer, is_outage, outages_of
from mappings.models import Connection, Outage
from tests.factories import ConnectionFactory
from tests.mappings.quota.clocks import StandingClock


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def connection(db: None) -> Connection:
    return ConnectionFactory()


def outcome(protocol: str = "xmlrpc", **changes: Any) -> CallOutcome:
    call = Call(operation="find_tags", method="m", protocol=protocol, writes=False, request="")
    return CallOutcome(call=call, started_at=datetime(2026, 3, 4, tzinfo=UTC), duration_ms=50, **changes)


def dead(protocol: str = "xmlrpc") -> CallOutcome:
    return outcome(protocol, http_status=503, error_class="transient", error="Not there.", label="overloaded")


def well(protocol: str = "xmlrpc") -> CallOutcome:
    return outcome(protocol, http_status=200)


def opened(connection: Connection, clock: StandingClock) -> Breaker:
    breaker = Breaker(connection.pk, clock)
    for _ in range(FAILURES_TO_OPEN):
        breaker.let_out("xmlrpc")
        clock.advance(1)
        breaker.note(dead())
    return breaker


def held(breaker: Breaker, protocol: str = "xmlrpc") -> float:
    with pytest.raises(HeldBack) as error:
        breaker.let_out(protocol)
    assert "has not answered over XML-RPC since 12:00 UTC" in error.value.message
    return error.value.retry_after_seconds or 0.0


def test_failures_in_a_row_open_it_for_every_worker(connection: Connection, clock: StandingClock) -> None:
    opened(connection, clock)
    assert held(Breaker(connection.pk, clock)) == 30
    clock.advance(12)
    assert held(Breaker(connection.pk, clock)) == 18
    row = outages_of(connection.pk, open_only=True).get()
    assert (row.protocol, row.failures, row.last_error) == ("xmlrpc", FAILURES_TO_OPEN, "Not there.")


def test_other_protocols_and_connections_go_on(connection: Connection, clock: StandingClock) -> None:
    opened(connection, clock)
    breaker = Breaker(connection.pk, clock)
    breaker.let_out("rest_v2")
    assert breaker.alive("rest_v2") and breaker.alive("rest_v1") and not breaker.alive("xmlrpc")
    Breaker(ConnectionFactory().pk, clock).let_out("xmlrpc")


def test_a_success_in_between_starts_the_count_anew(connection: Connection, clock: StandingClock) -> None:
    breaker = Breaker(connection.pk, clock)
    for _ in range(3 * FAILURES_TO_OPEN):
        for end in (dead(), dead(), well()):
            breaker.let_out("xmlrpc")
            clock.advance(1)
            breaker.note(end)
    assert not Outage.objects.exists()


def test_one_probe_per_half_minute_over_all_workers(connection: Connection, clock: StandingClock) -> None:
    opened(connection, clock)
    clock.advance(30)
    workers = [Breaker(connection.pk, clock) for _ in range(5)]
    assert [worker.alive("xmlrpc") for worker in workers] == [True, False, False, False, False]
    workers[0].let_out("xmlrpc")  # the probe it took by asking
    workers[0].note(dead())
    assert [held(worker) for worker in workers] == [30] * 5
    assert Outage.objects.get().failures == FAILURES_TO_OPEN + 1


def test_the_probe_of_a_dead_worker_is_taken_by_another(connection: Connection, clock: StandingClock) -> None:
    opened(connection, clock)
    clock.advance(30)
    Breaker(connection.pk, clock).let_out("xmlrpc")  # and is never heard of again
    assert held(Breaker(connection.pk, clock)) == 30
    clock.advance(30)
    Breaker(connection.pk, clock).let_out("xmlrpc")


def test_a_probe_that_was_not_sent_is_given_back(connection: Connection, clock: StandingClock) -> None:
    opened(connection, clock)
    clock.advance(30)
    first, second = Breaker(connection.pk, clock), Breaker(connection.pk, clock)
    first.let_out("xmlrpc")
    first.give_probe_back("xmlrpc")
    second.let_out("xmlrpc")


def test_an_answer_closes_it_and_leaves_one_row_of_the_outage(
    connection: Connection, clock: StandingClock
) -> None:
    opened(connection, clock)
    for _ in range(20):
        clock.advance(30)
        probe = Breaker(connection.pk, clock)
        probe.let_out("xmlrpc")
        probe.note(dead())
    clock.advance(30)
    probe = Breaker(connection.pk, clock)
    probe.let_out("xmlrpc")
    clock.advance(1)
    probe.note(well())
    row = outages_of(connection.pk).get()
    assert row.until == clock.now() and row.failures == FAILURES_TO_OPEN + 20
    assert not outages_of(connection.pk, open_only=True)
    Breaker(connection.pk, clock).let_out("xmlrpc")


def test_an_answer_to_a_call_from_before_does_not_close_it(
    connection: Connection, clock: StandingClock
) -> None:
    late = Breaker(connection.pk, clock)
    late.let_out("xmlrpc")
    opened(connection, clock)
    late.alive("xmlrpc")
    late.note(replace(well(), duration_ms=60_000))
    assert outages_of(connection.pk, open_only=True).count() == 1


def test_while_all_is_well_it_writes_nothing_and_looks_once(
    connection: Connection, clock: StandingClock
) -> None:
    breaker = Breaker(connection.pk, clock)
    with CaptureQueriesContext(database) as queries:
        breaker.let_out("xmlrpc")
        breaker.note(well())
    assert len(queries) == 1


NO_OUTAGE = [
    {"http_status": 429, "error_class": "quota", "label": "quota"},
    {"http_status": 401, "error_class": "configuration", "label": "key-refused"},
    {"http_status": 200, "error_class": "permanent", "label": "value-refused"},
    {"http_status": 200, "error_class": "transient", "label": "database"},
    {"error_class": "internal"},
]
OUTAGE = [
    {"http_status": 503, "error_class": "transient", "label": "overloaded"},
    {"http_status": 500, "error_class": "unknown", "label": "unclear"},
    {"error_class": "transient", "label": "no-connection"},
    {"error_class": "transient", "label": "no-address"},
    {"error_class": "unknown", "label": "no-reply-in-time"},
    {"error_class": "unknown", "label": "connection-broken"},
    {"http_status": 200, "error_class": "unknown", "label": "reply-unusable"},
    {"http_status": 410, "error_class": "unknown", "label": "unclear"},  # a protocol that was switched off
    {"http_status": 404, "error_class": "transient", "label": "unclear"},
]


@pytest.mark.parametrize("how", NO_OUTAGE)
def test_refusals_are_no_outage(how: dict[str, Any]) -> None:
    assert not is_outage(outcome(**how))


@pytest.mark.parametrize("how", OUTAGE)
def test_silence_and_nonsense_are_an_outage(how: dict[str, Any]) -> None:
    assert is_outage(outcome(**how)) and not is_answer(outcome(**how))


def test_a_missing_record_over_rest_is_an_answer() -> None:
    assert is_answer(outcome("rest_v2", http_status=404, error_class="configuration"))


def test_a_refused_key_or_a_full_quota_neither_opens_nor_closes_it(
    connection: Connection, clock: StandingClock
) -> None:
    opened(connection, clock)
    for status in (401, 429):
        clock.advance(30)
        probe = Breaker(connection.pk, clock)
        probe.let_out("xmlrpc")
        clock.advance(1)
        probe.note(outcome(http_status=status, error_class="quota"))
        clock.advance(29)
    assert outages_of(connection.pk, open_only=True).get().failures == FAILURES_TO_OPEN
