"""When a data set is read again: cron in the account's zone, missed runs once, one at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from background.periodic import Rounds
from mappings.models import Connection
from reports.models import DataSet, Run
from reports.periodic import RUNS, SCHEDULES
from reports.schedule import CronRefused, cron_check, cron_next, cron_times
from reports.services import schedule_work, schedules_due
from tests.reports.conftest import MakeDataSet, contacts, run_whole, shown
from tests.sandbox_client import Sandbox
from tests.stack import wait_until

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
OF_CONTACTS = {"arguments": {"table": "Contact"}, "columns": ["Id", "FirstName", "LastUpdated"]}


def test_a_time_is_the_account_s_and_comes_once_on_the_autumn_night() -> None:
    assert cron_next("0 5 * * *", NEW_YORK, NOON) == datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
    night = datetime(2026, 10, 31, 12, 0, tzinfo=UTC)  # clocks go back on 1 November at 02:00
    assert cron_times("30 1 * * *", NEW_YORK, night, 3) == [
        datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        datetime(2026, 11, 2, 6, 30, tzinfo=UTC),
        datetime(2026, 11, 3, 6, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("cron", "changes_only", "said"),
    [
        ("0 5 * * *", False, ""),
        ("0 5 * * 1", False, ""),
        ("0 5,17 * * *", False, "once a day at most"),
        ("*/15 * * * *", True, ""),
        ("*/10 * * * *", True, "every 15 minutes at most"),
        ("0 0 5 * * *", False, "five parts"),
        ("61 5 * * *", False, "cannot be read"),
        ("0 5 30 2 *", False, "never comes"),
        ("", False, "five parts"),
        ("@daily", False, "five parts"),
    ],
)
def test_what_a_schedule_may_be(cron: str, changes_only: bool, said: str) -> None:
    if said:
        with pytest.raises(CronRefused, match=said):
            cron_check(cron, NEW_YORK, NOON, changes_only=changes_only)
    else:
        cron_check(cron, NEW_YORK, NOON, changes_only=changes_only)


@pytest.mark.django_db
def test_missed_times_give_one_run_and_none_beside_another(make: MakeDataSet) -> None:
    data_set = make(**OF_CONTACTS, cron="0 5 * * *", next_run_at=NOON - timedelta(days=3))
    assert schedules_due(NOON) == [data_set.pk]
    run = schedule_work(data_set.pk, NOON)
    assert run is not None and run.triggered_by == Run.Trigger.SCHEDULE
    assert DataSet.objects.get().next_run_at == datetime(2026, 11, 29, 10, 0, tzinfo=UTC)
    assert schedule_work(data_set.pk, NOON) is None
    assert schedule_work(data_set.pk, NOON + timedelta(days=1)) is None  # the first is still under way
    assert Run.objects.count() == 1
    Connection.objects.update(enabled=False)
    assert schedules_due(NOON + timedelta(days=9)) == []


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_s_rounds_begin_and_finish_a_run(make: MakeDataSet, crm: Sandbox) -> None:
    crm.seed(Contact=contacts(3))
    data_set = make(**OF_CONTACTS, cron="0 5 * * *", next_run_at=timezone.now() - timedelta(hours=1))
    schedules, runs = Rounds(SCHEDULES), Rounds(RUNS)
    try:
        assert schedules.once(timezone.now()) == 1
        wait_until(lambda: Run.objects.exists(), seconds=20)
        assert runs.once(timezone.now()) == 1
        wait_until(lambda: DataSet.objects.get().shown_run == 1, seconds=20)
    finally:
        schedules.close()
        runs.close()
    assert len(shown(data_set)) == 3


@pytest.mark.django_db
def test_a_run_that_is_not_complete_leaves_the_last_successful_run(make: MakeDataSet, crm: Sandbox) -> None:
    crm.clock(set="2026-11-28T12:00:00Z", frozen=True)
    crm.seed(Contact=contacts(2))
    crm.clock(advance=1800)
    data_set = make(
        arguments={"table": "Contact", "query": "'LastUpdated':'~>=~LastSuccessfulRun'"},
        columns=["Id", "FirstName"],
        mode="merge",
    )
    first = run_whole(data_set)
    assert (first.since, first.rows) == (None, 2)
    crm.clock(advance=3600)
    crm.seed(Contact=contacts(1, first=9))
    second = run_whole(data_set)
    assert second.since is not None and first.began_at is not None
    assert second.since == first.began_at - timedelta(minutes=10)
    assert (second.rows, second.added) == (1, 1)
    crm.faults({"method": "DataService.query", "do": "fault", "code": 9, "text": "[NoTableFound]No table"})
    assert run_whole(data_set).state == Run.State.FAILED
    assert DataSet.objects.get().began_at == second.began_at
    crm.clock(real=True)
