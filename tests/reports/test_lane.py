"""Reports below backfill: no call while an order waits, one a second, a share of the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.errors import HeldBack
from mappings.access.quota.scopes import scopes_of
from mappings.models import Connection, QuotaScope
from reports.models import ReportAllowance, Run
from reports.reading.pace import call_take, calls_of_day
from reports.reading.reader import run_work
from reports.services import run_start
from tests.logs_ui.factories import ReplicationFactory
from tests.reports.conftest import MakeDataSet, contacts, run_whole
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
OF_CONTACTS = {"arguments": {"table": "Contact"}, "columns": ["Id", "FirstName"]}


@pytest.mark.parametrize(
    ("order", "waits"),
    [
        ({"state": "waiting"}, True),
        ({"state": "retrying", "not_before": NOON + timedelta(hours=1)}, False),
        ({"state": "retrying", "not_before": NOON + timedelta(hours=1), "held_since": NOON}, True),
        ({"state": "running", "lease_until": NOON + timedelta(seconds=9), "lease_token": "a"}, True),
        ({"state": "succeeded"}, False),
        ({"state": "parked"}, False),
    ],
)
def test_no_call_is_made_while_an_order_waits_for_one(
    connection: Connection, order: dict[str, Any], waits: bool
) -> None:
    ReplicationFactory(connection=connection, **order)
    if waits:
        with pytest.raises(HeldBack) as held:
            call_take(connection, NOON)
        assert (held.value.label, held.value.retry_after_seconds) == ("orders-first", 5.0)
        assert not ReportAllowance.objects.exists()
    else:
        call_take(connection, NOON)


def test_a_run_waits_for_orders_without_an_attempt_and_goes_on(
    make: MakeDataSet, crm: Sandbox, connection: Connection
) -> None:
    crm.seed(Contact=contacts(3))
    order = ReplicationFactory(connection=connection, state="waiting")
    run = run_start(make(**OF_CONTACTS), Run.Trigger.PERSON)
    assert run is not None
    found = run_work(run.pk)
    assert found is not None
    assert (found.state, found.failures, found.calls) == (Run.State.READING, 0, 0)
    assert found.not_before is not None and found.not_before > timezone.now()
    assert "Orders are being sent, and go first." in found.error
    assert crm.calls() == []
    order.delete()
    Run.objects.update(not_before=None)
    found = run_work(run.pk)
    assert found is not None and (found.state, found.error) == (Run.State.COMPLETE, "")


def test_one_call_a_second_and_a_fifth_of_the_day(connection: Connection, settings: Any) -> None:
    settings.REPORTS_PACE_SECONDS = 1.0
    settings.CRM_LIMITS = {"service_key": {"per_day": 20}}
    assert calls_of_day(connection) == 4
    call_take(connection, NOON)
    with pytest.raises(HeldBack) as held:
        call_take(connection, NOON + timedelta(seconds=0.4))
    assert (held.value.label, held.value.retry_after_seconds) == ("reports-pace", 0.6)
    for second in range(1, 4):
        call_take(connection, NOON + timedelta(seconds=second))
    with pytest.raises(HeldBack) as held:
        call_take(connection, NOON + timedelta(seconds=9))
    assert held.value.label == "reports-day" and "their share of the day, 4 calls" in held.value.message
    assert held.value.retry_after_seconds == 12 * 3600 - 9 + 10
    call_take(connection, NOON + timedelta(hours=12, seconds=10))


def test_the_rest_of_the_day_is_left_to_orders(
    make: MakeDataSet, crm: Sandbox, connection: Connection, settings: Any
) -> None:
    """As backfill: once 70 % of the day is used, not even a count is asked for."""
    settings.CRM_LIMITS = {"service_key": {"per_second": 1000, "per_minute": None, "per_day": 1000}}
    crm.seed(Contact=contacts(3))
    data_set = make(**OF_CONTACTS)
    run_whole(data_set)
    asked = len(crm.calls())
    key = scopes_of(connection)[0].key
    QuotaScope.objects.filter(key=key).update(used=700)
    run = run_start(data_set, Run.Trigger.PERSON)
    assert run is not None
    found = run_work(run.pk)
    assert found is not None and "daily quota" in found.error
    assert found.not_before is not None and found.not_before > timezone.now() + timedelta(seconds=5)
    assert len(crm.calls()) == asked
