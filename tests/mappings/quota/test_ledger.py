"""The shared ledger in the database: one count for all gates of a key, whole orders, replies followed."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crm.errors import HeldBack
from crm.http.observe import Call, CallOutcome
from mappings.access.gate import CallGate
from mappings.models import Connection, QuotaReservation, QuotaScope
from tests.factories import ConnectionFactory
from tests.mappings.quota.clocks import NOON, StandingClock

CALL = Call(operation="find_tags", method="DataService.query", protocol="xmlrpc", writes=False, request="")


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def key(db: None) -> Connection:
    return ConnectionFactory(api_key="KeapAK-one", bound_app="ab123")


def reply(clock: StandingClock, **changes: Any) -> CallOutcome:
    known = {"call": CALL, "started_at": clock.now(), "duration_ms": 200, "http_status": 200}
    return CallOutcome(**{**known, **changes})


def day(limit: int, used: int, **more: str) -> dict[str, str]:
    return {
        "x-keap-product-quota-limit": str(limit),
        "x-keap-product-quota-time-unit": "day",
        "x-keap-product-quota-interval": "1",
        "x-keap-product-quota-used": str(used),
        "x-keap-product-quota-available": str(limit - used),
        **more,
    }


def scope(kind: str) -> QuotaScope:
    return QuotaScope.objects.get(kind=kind)


def test_connections_with_one_key_share_its_count_and_protocols_do_too(
    key: Connection, clock: StandingClock
) -> None:
    twin = ConnectionFactory(api_key="KeapAK-one", bound_app="ab123")
    other = ConnectionFactory(api_key="KeapAK-two", bound_app="ab123")
    for connection in (key, twin, other):
        CallGate(connection, clock=clock).sending(CALL)
    used = sorted(QuotaScope.objects.values_list("kind", "used"))
    assert used == [("app", 3), ("service_key", 1), ("service_key", 2)]
    assert not QuotaScope.objects.filter(key__contains="KeapAK").exists()


def test_all_connections_of_one_oauth_client_share_its_count(
    db: None, clock: StandingClock, settings: Any
) -> None:
    settings.KEAP_CLIENT_ID = "client-1"
    for app in ("ab123", "cd456"):
        connection = ConnectionFactory(credential_kind="oauth", api_key="", bound_app=app)
        CallGate(connection, clock=clock).sending(CALL)
    assert sorted(QuotaScope.objects.values_list("kind", "used")) == [("app", 1), ("app", 1), ("oauth", 2)]


def test_what_a_merchant_typed_is_not_taken_for_an_app(db: None, clock: StandingClock) -> None:
    CallGate(ConnectionFactory(app_name="somebody", bound_app=""), clock=clock).sending(CALL)
    assert not QuotaScope.objects.filter(kind="app").exists()


def test_a_connection_that_is_not_stored_yet_is_counted(db: None, clock: StandingClock) -> None:
    gate = CallGate(Connection(api_key="KeapAK-new", credential_kind="header_key"), clock=clock)
    gate.sending(CALL)
    gate.finished(reply(clock))
    assert scope("service_key").used == 1 and gate.alive("rest_v2")


def test_the_pace_is_slept_and_what_is_longer_is_held_back(key: Connection, clock: StandingClock) -> None:
    gates = [CallGate(key, clock=clock) for _ in range(4)]
    noon = clock.moment
    for gate in gates[:3]:
        clock.moment = noon  # all at the same moment
        gate.sending(CALL)
    clock.moment = noon
    with pytest.raises(HeldBack) as held:
        gates[3].sending(CALL)
    assert held.value.retry_after_seconds == pytest.approx(3 / 9.8 - 0.125)
    assert scope("service_key").used == 3
    assert clock.slept == pytest.approx(3 / 9.8)  # one slot and two


def test_one_call_costs_a_handful_of_statements(key: Connection, clock: StandingClock) -> None:
    gate = CallGate(key, clock=clock)
    gate.begin("order", 10, begun=False)
    gate.sending(CALL)
    clock.advance(1)
    with CaptureQueriesContext(database) as queries:
        gate.sending(CALL)
    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == 1  # the breaker's look and what all scopes count


def test_reservations_keep_the_day_for_their_orders(
    key: Connection, clock: StandingClock, settings: Any
) -> None:
    settings.CRM_LIMITS = {"service_key": {"per_day": 100}}
    first, second, third = (CallGate(key, clock=clock) for _ in range(3))
    first.begin("one", 60, begun=False)
    with pytest.raises(HeldBack) as held:
        second.begin("two", 39, begun=False)
    reset = (datetime(2026, 3, 5, tzinfo=NOON.tzinfo) - NOON).total_seconds()
    assert reset < (held.value.retry_after_seconds or 0) < reset + 25
    third.begin("three", 38, begun=False)  # a smaller one is not blocked
    for _ in range(60):
        first.sending(CALL)
    first.end()
    assert scope("service_key").used == 60
    with pytest.raises(HeldBack):
        second.begin("two", 2, begun=False)
    second.begin("two", 2, begun=True)


def test_what_was_not_used_is_given_back(key: Connection, clock: StandingClock, settings: Any) -> None:
    settings.CRM_LIMITS = {"service_key": {"per_day": 100}}
    gate = CallGate(key, clock=clock)
    gate.begin("one", 90, begun=False)
    gate.sending(CALL)
    gate.end()
    gate.end()
    CallGate(key, clock=clock).begin("two", 97, begun=False)
    assert list(QuotaReservation.objects.values_list("holder", "remaining")) == [("two", 97), ("two", 97)]


def test_a_dead_workers_reservation_ends_by_itself(
    key: Connection, clock: StandingClock, settings: Any
) -> None:
    settings.CRM_LIMITS = {"service_key": {"per_day": 100}}
    alive, dead = CallGate(key, clock=clock), CallGate(key, clock=clock)
    dead.begin("dead", 50, begun=False)
    alive.begin("alive", 40, begun=False)
    for _ in range(4):
        clock.advance(60)
        alive.sending(CALL)  # which renews its own
    CallGate(key, clock=clock).begin("next", 50, begun=False)
    holders = set(QuotaReservation.objects.values_list("holder", flat=True))
    assert holders == {"alive", "next"}


def test_a_run_that_is_taken_over_reserves_once(key: Connection, clock: StandingClock) -> None:
    for _ in range(3):
        CallGate(key, clock=clock).begin("order", 12, begun=True)
    assert [row.remaining for row in QuotaReservation.objects.all()] == [12, 12]


def test_work_without_a_reservation_leaves_the_reserve_alone(
    key: Connection, clock: StandingClock, settings: Any
) -> None:
    settings.CRM_LIMITS = {"service_key": {"per_day": 100}}
    gate = CallGate(key, clock=clock)
    for _ in range(98):
        clock.advance(1)
        gate.sending(CALL)
    clock.advance(1)
    with pytest.raises(HeldBack) as held:
        gate.sending(CALL)
    assert held.value.label == "quota-day"
    began = CallGate(key, clock=clock)
    began.begin("order", 2, begun=True)
    began.sending(CALL)
    began.sending(CALL)
    clock.advance(1)
    with pytest.raises(HeldBack):
        began.sending(CALL)
    assert scope("service_key").used == 100


def test_the_ledger_follows_when_others_use_the_key(key: Connection, clock: StandingClock) -> None:
    gate = CallGate(key, clock=clock)
    gate.sending(CALL)
    gate.finished(reply(clock, limits=day(30_000, 29_000)))
    assert scope("service_key").used == 29_000
    gate.sending(CALL)
    gate.finished(reply(clock, limits=day(30_000, 28_000)))  # an older reply overtaken by newer ones
    assert scope("service_key").used == 29_001


def test_a_reply_of_yesterday_says_nothing_of_today(key: Connection, clock: StandingClock) -> None:
    clock.moment = NOON.replace(hour=23, minute=59, second=59)
    gate = CallGate(key, clock=clock)
    gate.sending(CALL)
    clock.advance(10)
    gate.finished(reply(clock, duration_ms=10_000, limits=day(30_000, 29_999)))
    assert scope("service_key").used < 10
    clock.advance(60)
    gone = str(int((clock.moment - timedelta(minutes=1)).timestamp() * 1000))
    gate.finished(reply(clock, limits=day(30_000, 29_999, **{"x-keap-product-quota-expiry-time": gone})))
    assert scope("service_key").used < 10


def test_limits_are_what_the_crm_says_below_what_the_deployment_says(
    key: Connection, clock: StandingClock, settings: Any
) -> None:
    said = day(50_000, 1, **{"x-keap-product-spike-limit": "5ps", "x-keap-product-throttle-limit": "100"})
    gate = CallGate(key, clock=clock)
    gate.sending(CALL)
    gate.finished(reply(clock, limits=said))
    assert scope("service_key").reported == {"per_day": 50_000, "per_minute": 100, "per_second": 5}
    CallGate(key, clock=clock).begin("order", 40_000, begun=False)
    before = clock.slept
    CallGate(key, clock=clock).sending(CALL)
    assert clock.slept - before == pytest.approx(1 / (5 * 0.98))
    settings.CRM_LIMITS = {"service_key": {"per_day": 20_000}}
    QuotaReservation.objects.all().delete()
    CallGate(key, clock=clock).sending(CALL)
    with pytest.raises(HeldBack):
        CallGate(key, clock=clock).begin("order", 19_999, begun=False)


def test_a_reply_that_says_nothing_new_costs_no_query(key: Connection, clock: StandingClock) -> None:
    gate = CallGate(key, clock=clock)
    gate.sending(CALL)
    with CaptureQueriesContext(database) as queries:
        gate.finished(reply(clock, limits=day(30_000, 1)))
    assert len(queries) == 0
    CallGate(key, clock=clock).sending(CALL)
    with CaptureQueriesContext(database) as queries:
        gate.finished(reply(clock, limits=day(30_000, 2)))  # another worker's call, which the rows know
    assert len(queries) == 1


@pytest.mark.parametrize(
    "limits",
    [
        {"x-keap-product-quota-limit": "0", "x-keap-product-quota-used": "5"},
        {"x-keap-product-quota-limit": "-1", "x-keap-product-throttle-used": "many"},
        {"x-keap-product-quota-limit": "9" * 40, "x-keap-product-quota-used": "9" * 40},
        {"x-keap-product-quota-time-unit": "month", "x-keap-product-quota-used": "400000"},
        {"x-keap-product-spike-limit": "0ps", "x-keap-tenant-throttle-used": "²"},
    ],
)
def test_headers_that_make_no_sense_change_nothing(
    key: Connection, clock: StandingClock, limits: dict[str, str]
) -> None:
    gate = CallGate(key, clock=clock)
    gate.sending(CALL)
    gate.finished(reply(clock, limits=limits))
    row = scope("service_key")
    assert (row.used if "month" in str(limits) else row.reported) in (1, {})


def test_a_refusal_pauses_all_workers_of_the_key_as_told(key: Connection, clock: StandingClock) -> None:
    gate = CallGate(key, clock=clock)
    gate.sending(CALL)
    gate.finished(reply(clock, http_status=429, error_class="quota", limits={"retry-after": "40"}))
    for attempt in (CallGate(key, clock=clock).sending, lambda call: gate.begin("order", 3, begun=True)):
        with pytest.raises(HeldBack) as held:
            attempt(CALL)
        assert held.value.retry_after_seconds == pytest.approx(40, abs=0.2)
    assert scope("service_key").pace == 5 and scope("app").pace == 0
    assert 39 < gate.idle_seconds() <= 40


def test_a_refusal_for_the_whole_app_pauses_the_app(key: Connection, clock: StandingClock) -> None:
    gate = CallGate(key, clock=clock)
    gate.sending(CALL)
    gate.finished(reply(clock, http_status=429, limits={"x-keap-tenant-throttle-available": "0"}))
    assert scope("app").pace > 0 and scope("service_key").pace == 0


def test_workers_that_send_in_turn_count_every_call(key: Connection, clock: StandingClock) -> None:
    """Each decides by what it saw last, which the other has changed since."""
    gates = [CallGate(key, clock=clock) for _ in range(2)]
    for number, gate in enumerate(gates):
        gate.begin(f"order {number}", 10, begun=True)
    for gate in gates * 3:
        clock.advance(1)
        gate.sending(CALL)
    assert (scope("service_key").used, scope("app").used) == (6, 6)


def send_when_let(gate: CallGate, clock: StandingClock) -> None:
    """At one moment a quarter of a second's calls may go; who comes later waits as told."""
    while True:
        try:
            gate.sending(CALL)
        except HeldBack as held:
            clock.advance(held.retry_after_seconds or 0)
        else:
            return


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("reserved", [False, True])
def test_many_threads_count_every_call_and_keep_the_pace(reserved: bool) -> None:
    """With calls reserved, each decides by what it saw last, which the others change all the time."""
    key = ConnectionFactory(api_key="KeapAK-many", bound_app="ab123")
    CallGate(key).idle_seconds()
    moments: list[float] = []

    def work() -> None:
        try:
            clock = StandingClock()
            gate = CallGate(key, clock=clock)
            if reserved:
                gate.begin(threading.current_thread().name, 10, begun=True)
            for _ in range(10):
                clock.advance(30)
                send_when_let(gate, clock)
            moments.append(clock.slept)
        finally:
            database.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(moments) == 4
    assert sorted(QuotaScope.objects.values_list("used", flat=True)) == [40, 40]
