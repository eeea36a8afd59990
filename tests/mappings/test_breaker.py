"""The circuit breaker: a protocol's outage is one row, opened by a harmless read that fails as well."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crm.errors import HeldBack
from crm.http.observe import Call, CallOutcome
from mappings.access.breaker import FAILURES_TO_OPEN, Breaker, is_answer, is_outage, probe_take
from mappings.models import Connection, Outage
from tests.factories import ConnectionFactory
from tests.mappings.quota.clocks import StandingClock
from tests.outages import outages_of


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
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.let_out("xmlrpc")
        clock.advance(1)
        breaker.note(dead())
    probe(connection, clock, dead())
    return breaker


def probe(connection: Connection, clock: StandingClock, end: CallOutcome) -> None:
    """The scheduler's harmless read, which ends so."""
    clock.advance(1)
    prober = Breaker(connection.pk, clock, probing="xmlrpc")
    prober.let_out("xmlrpc")
    prober.note(replace(end, duration_ms=0))


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


def test_errors_of_records_open_nothing_while_a_harmless_read_is_answered(
    connection: Connection, clock: StandingClock
) -> None:
    breaker = Breaker(connection.pk, clock)
    for _ in range(10):
        for _ in range(3 * FAILURES_TO_OPEN):
            breaker.let_out("xmlrpc")
            clock.advance(1)
            breaker.note(outcome(http_status=200, error_class="unknown", label="unclear"))
        probe(connection, clock, well())
    assert not Outage.objects.exists() and breaker.alive("xmlrpc")


def test_a_protocol_in_doubt_is_not_alive_but_let_out(connection: Connection, clock: StandingClock) -> None:
    breaker = Breaker(connection.pk, clock)
    breaker.note(dead())
    assert not breaker.alive("xmlrpc") and breaker.alive("rest_v2")
    breaker.let_out("xmlrpc")


def test_one_probe_when_in_doubt_and_every_half_minute_over_all_machines(
    connection: Connection, clock: StandingClock
) -> None:
    breaker = Breaker(connection.pk, clock)
    breaker.note(dead())
    assert probe_take(clock.now(), limit=9) == []
    clock.advance(5)
    assert [len(probe_take(clock.now(), limit=9)) for _ in range(3)] == [1, 0, 0]
    for _ in range(FAILURES_TO_OPEN - 1):  # many at once: it is found out at once
        breaker.note(dead())
    assert len(probe_take(clock.now(), limit=9)) == 1
    probe(connection, clock, dead())
    clock.advance(29)
    assert probe_take(clock.now(), limit=9) == []
    clock.advance(1)
    assert [len(probe_take(clock.now(), limit=9)) for _ in range(3)] == [1, 0, 0]
    assert held(Breaker(connection.pk, clock)) == 30
    Connection.objects.update(paused_at=clock.now())
    clock.advance(30)
    assert probe_take(clock.now(), limit=9) == []


def test_an_answer_closes_it_and_leaves_one_row_of_the_outage(
    connection: Connection, clock: StandingClock
) -> None:
    opened(connection, clock)
    for _ in range(20):
        probe(connection, clock, dead())
    probe(connection, clock, well())
    row = outages_of(connection.pk).get()
    assert row.until == clock.now() and row.failures == FAILURES_TO_OPEN + 20
    assert not row.announced  # who waited is to be told
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
    {"http_status": 403, "error_class": "transient", "label": "firewall"},
    {"http_status": 410, "error_class": "transient", "label": "gateway"},  # a protocol that was switched off
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
        probe(connection, clock, outcome(http_status=status, error_class="quota"))
    assert outages_of(connection.pk, open_only=True).get().failures == FAILURES_TO_OPEN
