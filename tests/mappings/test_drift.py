"""Every night each connection is tested, and what broke since it was set is told until it is cured."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone

from background.periodic import Rounds
from mappings.access.connect import connection_pause
from mappings.checks.check import connection_test
from mappings.checks.drift import NIGHT_SECONDS, drift_check, drift_due, drift_moment
from mappings.models import Connection, Notice, SalesRepOwner
from mappings.periodic import DRIFT
from tests.factories import ConnectionFactory
from tests.mappings.pages import stored
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def connection(connection: Connection, crm: Sandbox) -> Connection:
    """Enabled, with a tag and an owner that the CRM has, and tested so yesterday."""
    ids = crm.seed(ContactGroup=[{"GroupName": "VIP"}], User=[{"FirstName": "Uma"}])
    Connection.objects.update(enabled=True, contact_tags="VIP")
    SalesRepOwner.objects.create(connection=connection, code="SUE", user_id=ids["User"][0])
    tested = stored(connection)
    assert connection_test(tested).accepted
    return tested


def deleted(crm: Sandbox) -> None:
    """The merchant's people delete what was mapped; key and settings stay."""
    crm.reset()


def night(connection: Connection) -> None:
    """The turn of the next day."""
    last = stored(connection).drift_checked_at or timezone.now().replace(hour=12)
    assert drift_check(connection.pk, last + timedelta(days=1)) is not None


def open_notices(connection: Connection) -> list[Notice]:
    return list(Notice.objects.filter(connection=connection, cause="drift", resolved_at=None))


def test_what_broke_is_told_until_it_is_cured(connection: Connection, crm: Sandbox) -> None:
    night(connection)
    assert open_notices(connection) == []
    deleted(crm)
    for _ in range(2):
        night(connection)
    (notice,) = open_notices(connection)
    assert notice.level == "error"
    assert "The CRM has no tag “VIP”" in notice.sentence
    assert "the owner for the sales rep SUE" in notice.sentence
    crm.seed(ContactGroup=[{"GroupName": "VIP"}])
    night(connection)
    (notice,) = open_notices(connection)
    assert "VIP" not in notice.sentence
    SalesRepOwner.objects.all().delete()
    night(connection)
    assert open_notices(connection) == []


def test_a_person_s_test_neither_forgets_nor_outlives_it(connection: Connection, crm: Sandbox) -> None:
    deleted(crm)
    night(connection)
    connection_test(stored(connection))
    assert open_notices(connection)
    crm.seed(ContactGroup=[{"GroupName": "VIP"}])
    SalesRepOwner.objects.all().delete()
    connection_test(stored(connection))
    assert open_notices(connection) == []


def test_what_was_wrong_when_it_was_saved_is_no_drift(connection: Connection) -> None:
    Connection.objects.update(contact_tags="VIP, Never made")
    connection_test(stored(connection))
    night(connection)
    assert open_notices(connection) == []


def test_deleted_tags_are_not_made_again_at_night(connection: Connection, crm: Sandbox) -> None:
    Connection.objects.update(unknown_tags="create")
    deleted(crm)
    night(connection)
    assert crm.rows("ContactGroup") == []
    assert "VIP" in open_notices(connection)[0].sentence


@pytest.mark.parametrize("call", [1, 2, 3])
def test_an_outage_at_night_is_no_drift_and_cures_nothing(
    connection: Connection, crm: Sandbox, call: int
) -> None:
    before = stored(connection)
    crm.faults({"method": "DataService.query", "call": call, "do": "drop_before"})
    night(connection)
    assert open_notices(connection) == []
    assert stored(connection).tested_at == before.tested_at
    crm.clear_faults()
    deleted(crm)
    night(connection)
    crm.faults({"method": "DataService.query", "call": call, "do": "drop_before"})
    night(connection)
    assert open_notices(connection)


def test_a_key_that_was_revoked_is_told_and_nothing_else_forgotten(
    connection: Connection, crm: Sandbox
) -> None:
    Connection.objects.update(contact_tags="VIP, Never made")
    connection_test(stored(connection))
    row = stored(connection)
    row.api_key = "KeapAK-dead"
    row.save(update_fields=["api_key"])
    night(connection)
    assert "does not accept" in open_notices(connection)[0].sentence
    assert stored(connection).paused_at is None
    row.api_key = crm.key
    row.save(update_fields=["api_key"])
    night(connection)
    assert open_notices(connection) == []


def test_a_merchant_account_gone_live_is_told(connection: Connection, crm: Sandbox) -> None:
    Connection.objects.update(creation_method="place_order")
    connection_test(stored(connection))
    assert stored(connection).merchant_mode == "test"
    crm.seed(MerchantAccount=[{"Name": "Main", "Type": "AUTHORIZE", "IsTest": 0, "IsDefault": 1}])
    night(connection)
    assert stored(connection).merchant_mode == "live"
    assert "merchant account is live" in open_notices(connection)[0].sentence


def test_a_test_by_a_person_meanwhile_counts_more(connection: Connection, crm: Sandbox) -> None:
    deleted(crm)

    def tested_meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith('INSERT INTO "mappings_apicall"'):
            Connection.objects.filter(pk=connection.pk).update(tested_at=timezone.now())
        return execute(sql, params, many, context)

    with database.execute_wrapper(tested_meanwhile):
        night(connection)
    assert stored(connection).test_result == connection.test_result
    assert open_notices(connection) == []


def test_switching_off_ends_the_notice(connection: Connection, crm: Sandbox) -> None:
    deleted(crm)
    night(connection)
    Connection.objects.update(enabled=False)
    connection_test(stored(connection))
    assert open_notices(connection) == []


def test_turns_are_spread_over_the_night_and_always_the_same() -> None:
    midnight = NOON.replace(hour=0)
    turns = [drift_moment(number, NOON) for number in range(1, 1001)]
    assert min(turns) >= midnight
    assert max(turns) < midnight + timedelta(seconds=NIGHT_SECONDS)
    hours = [turn.hour for turn in turns]
    assert min(hours.count(hour) for hour in range(6)) > 100
    assert drift_moment(7, NOON + timedelta(days=1)) == drift_moment(7, NOON) + timedelta(days=1)


def test_a_connection_is_due_once_a_night(merchant: Any) -> None:
    long_ago = NOON - timedelta(days=9)
    row = ConnectionFactory(merchant=merchant, bound_app="demo", tested_at=long_ago)
    turn = drift_moment(row.pk, NOON)
    assert drift_due(turn - timedelta(seconds=1)) == []
    assert drift_due(turn) == [row.pk]
    Connection.objects.update(drift_checked_at=turn)
    assert drift_due(turn + timedelta(hours=17)) == []
    assert drift_due(turn + timedelta(days=1)) == [row.pk]


@pytest.mark.parametrize("change", ["off", "paused", "unbound", "tested"])
def test_who_need_not_be_tested_is_not_due(merchant: Any, change: str) -> None:
    row = ConnectionFactory(merchant=merchant, bound_app="demo")
    if change == "off":
        Connection.objects.update(enabled=False)
    elif change == "paused":
        connection_pause(row, "The key is refused.")
    elif change == "unbound":
        Connection.objects.update(bound_app="")
    else:
        Connection.objects.update(tested_at=drift_moment(row.pk, NOON))
    assert drift_due(NOON) == []


def test_the_question_costs_one_query_however_many_there_are(
    merchant: Any, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        ConnectionFactory(merchant=merchant, name=f"App {number}", bound_app="demo")
    with django_assert_num_queries(1):
        assert len(drift_due(NOON)) == 5
    assert len(drift_due(NOON, limit=2)) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_schedulers_one_does_it(connection: Connection, crm: Sandbox) -> None:
    now, before = timezone.now().replace(hour=12), len(crm.calls())
    start, answers = threading.Barrier(2), []

    def scheduler() -> None:
        start.wait()
        answers.append(drift_check(connection.pk, now))
        database.close()

    threads = [threading.Thread(target=scheduler) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer is None for answer in answers) == [False, True]
    assert len(crm.calls()) - before <= 7


@pytest.mark.django_db(transaction=True)
def test_the_rounds_do_what_is_due_beside_the_scheduler(connection: Connection, crm: Sandbox) -> None:
    deleted(crm)
    Connection.objects.update(tested_at=timezone.now() - timedelta(days=2))
    rounds = Rounds(DRIFT)
    due = rounds.once(timezone.now())
    assert due == int(drift_moment(connection.pk, timezone.now()) <= timezone.now())
    assert rounds.once(timezone.now()) == 0
    give_up_at = time.monotonic() + 10
    while len(open_notices(connection)) < due and time.monotonic() < give_up_at:
        time.sleep(0.05)
    rounds.close()
    assert len(open_notices(connection)) == due
