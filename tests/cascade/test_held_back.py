"""What our own ledger holds back: it costs no attempt and no time, and what was begun goes on."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from cascade.engine.outcome import LONGEST_TROUBLE
from cascade.engine.replicate import replication_run
from cascade.engine.selectors import replications_due
from cascade.models import Attempt, Replication
from mappings.models import QuotaReservation, QuotaScope
from tests.cascade.conftest import Shop
from tests.conftest import NO_LIMITS

State = Replication.State
PER_DAY = 1000
# Of a step that needs no probe: what comes next is the rest of the order.
REFUSED = {"method": "ContactService.addToGroup", "call": 1, "do": "http", "status": 503, "body": ""}


@pytest.fixture
def rationed(shop: Shop, settings: Any) -> Shop:
    """A key with a thousand calls a day, and the names known."""
    if (left := seconds_to_midnight()) < 30:
        time.sleep(left + 6)  # the ledger's day would end under the test
    settings.CRM_LIMITS = {kind: {**limits, "per_day": PER_DAY} for kind, limits in NO_LIMITS.items()}
    shop.drive(shop.replication(shop_order_id="first", email="first@example.com"))
    return shop


def left_today(calls: int) -> None:
    QuotaScope.objects.update(used=PER_DAY - calls, version=F("version") + 1)


def new_day() -> None:
    QuotaScope.objects.update(used=0)
    Replication.objects.filter(state=State.RETRYING).update(not_before=timezone.now())


def seconds_to_midnight() -> float:
    now = timezone.now()
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    return (midnight - now).total_seconds()


def test_an_order_larger_than_what_is_left_waits_for_the_day_and_costs_no_attempt(rationed):
    left_today(PER_DAY // 50 + 5)  # beyond the reserve five calls: fewer than an order takes
    calls = len(rationed.sandbox.calls())
    waiting = replication_run(rationed.replication().pk)
    assert (waiting.state, waiting.error_class, waiting.failures) == (State.RETRYING, "quota", 0)
    assert waiting.first_failure_at is None
    assert (waiting.not_before - timezone.now()).total_seconds() > seconds_to_midnight() - 60
    assert "daily quota of the key" in waiting.reason
    assert (len(rationed.sandbox.calls()), QuotaReservation.objects.count()) == (calls, 0)
    rationed.connection.skip_order_creation = True
    rationed.connection.save()
    small = rationed.replication(shop_order_id="small", email="ben@example.com")
    assert replication_run(small.pk).state == State.SUCCEEDED
    new_day()
    assert rationed.drive(waiting).state == State.SUCCEEDED
    assert len(rationed.sandbox.rows("Job")) == 2


def test_with_the_day_used_up_new_orders_are_not_even_claimed(rationed):
    left_today(0)
    replication = rationed.replication()
    assert replication in Replication.objects.filter(pk__in=[due.id for due in due_now()])
    assert replication_run(replication.pk) is None
    rationed.connection.refresh_from_db()
    assert rationed.connection.throttled_until > timezone.now()
    assert due_now() == []
    replication.refresh_from_db()
    assert (replication.state, replication.attempts) == (State.WAITING, 0)
    assert not Attempt.objects.filter(replication=replication).exists()
    new_day()
    type(rationed.connection).objects.update(throttled_until=timezone.now())
    assert [due.id for due in due_now()] == [replication.pk]
    assert rationed.drive(replication).state == State.SUCCEEDED


def due_now() -> list[Any]:
    return replications_due(timezone.now(), limit=10)


def test_an_order_that_was_begun_goes_on_with_the_days_reserve(rationed):
    begun = rationed.replication(shop_order_id="DEMO-1001")
    rationed.sandbox.faults(REFUSED)
    assert replication_run(begun.pk).state == State.RETRYING
    left_today(PER_DAY // 50)  # the reserve alone
    new = rationed.replication(shop_order_id="new", email="new@example.com")
    assert replication_run(new.pk) is None
    Replication.objects.filter(pk=begun.pk).update(not_before=timezone.now())
    assert begun.pk in [due.id for due in due_now()]
    assert rationed.drive(begun).state == State.SUCCEEDED
    assert [row["Email"] for row in rationed.sandbox.rows("Contact")] == [
        "first@example.com",
        "ada@example.com",
    ]


def test_the_72_hours_stand_still_while_it_waits(rationed):
    replication = rationed.replication(shop_order_id="DEMO-1001")
    rationed.sandbox.faults(REFUSED)
    began = timezone.now() - LONGEST_TROUBLE + timedelta(hours=1)
    assert replication_run(replication.pk).failures == 1
    Replication.objects.filter(pk=replication.pk).update(first_failure_at=began, not_before=timezone.now())
    left_today(0)
    held = replication_run(replication.pk)
    assert (held.state, held.error_class, held.failures) == (State.RETRYING, "quota", 1)
    waited = held.not_before - timezone.now()
    assert abs(held.first_failure_at - began - waited) < timedelta(seconds=30)
    new_day()
    assert rationed.drive(held).state == State.SUCCEEDED


def test_a_real_failure_does_count(rationed):
    replication = rationed.replication(shop_order_id="DEMO-1001")
    rationed.sandbox.faults({**REFUSED, "times": 2})
    replication_run(replication.pk)
    began = timezone.now() - LONGEST_TROUBLE - timedelta(minutes=1)
    Replication.objects.filter(pk=replication.pk).update(first_failure_at=began, not_before=timezone.now())
    ended = rationed.drive(replication)
    assert (ended.state, ended.error_class) == (State.PARKED, "unknown")


def test_a_wait_in_the_middle_of_an_order_loses_and_doubles_nothing(rationed):
    replication = rationed.replication(shop_order_id="DEMO-1001")

    def use_up(moment: str) -> None:
        if moment == "after read_invoice":
            QuotaReservation.objects.update(remaining=0)
            left_today(0)

    held = replication_run(replication.pk, watch=use_up)
    assert (held.state, held.error_class, held.failures) == (State.RETRYING, "quota", 0)
    assert len(rationed.sandbox.rows("Payment")) == 1
    new_day()
    assert rationed.drive(held).state == State.SUCCEEDED
    assert [row["TotalDue"] for row in rationed.sandbox.rows("Invoice")] == ["0.00", "0.00"]
    assert len(rationed.sandbox.rows("Payment")) == 2
