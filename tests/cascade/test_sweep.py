"""What the sweep finds, and that it delivers when nobody listens to the bell."""

from __future__ import annotations

import os
import time
from datetime import timedelta

from django.utils import timezone

from background.periodic import WAKE_AGAIN_SECONDS
from background.wakeup import broker_pause
from cascade.engine.selectors import replications_due
from cascade.models import Attempt, Replication
from cascade.periodic import REPLICATIONS, Sweep
from cascade.services import replication_work
from tests.cascade.conftest import Shop, assert_delivered_once, lease_claim
from tests.cascade.test_crash_sweep import run_in_child


def due(limit: int = 10) -> list[int]:
    return [row.id for row in replications_due(timezone.now(), limit=limit)]


def test_the_longest_due_comes_first_and_what_is_not_due_not_at_all(shop: Shop):
    late, later, not_yet = (
        shop.replication(shop_order_id=name, email=f"{name}@example.com") for name in ("a", "b", "c")
    )
    now = timezone.now()
    Replication.objects.filter(pk=late.pk).update(not_before=now - timedelta(minutes=2))
    Replication.objects.filter(pk=later.pk).update(not_before=now - timedelta(minutes=1))
    Replication.objects.filter(pk=not_yet.pk).update(not_before=now + timedelta(minutes=1))
    assert due() == [late.pk, later.pk]
    assert due(limit=1) == [late.pk]


def test_a_busy_contact_and_a_paused_connection_are_left_out(shop: Shop):
    running, waiting = (shop.replication(shop_order_id=name) for name in ("a", "b"))
    other = shop.replication(shop_order_id="c", email="other@example.com")
    lease_claim(running.pk, timezone.now())
    assert due() == [other.pk]
    Replication.objects.filter(pk=running.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert set(due()) == {running.pk, waiting.pk, other.pk}
    shop.connection.paused_at = timezone.now()
    shop.connection.save()
    assert due() == []


def test_it_rings_first_and_delivers_itself_when_that_had_no_effect(shop: Shop, settings):
    settings.SWEEP_DIRECT_AFTER_SECONDS = 0.3
    replication = shop.replication(shop_order_id="DEMO-1001")
    sweep = Sweep(REPLICATIONS)
    try:
        assert sweep.once(timezone.now()) == 0
        time.sleep(0.4)
        assert sweep.once(timezone.now()) == 1
    finally:
        sweep._pool.shutdown(wait=True)
    replication.refresh_from_db()
    assert replication.state == "succeeded"
    assert_delivered_once(shop.sandbox)


def test_it_takes_up_at_once_what_a_dead_worker_left(shop: Shop, settings):
    settings.SWEEP_DIRECT_AFTER_SECONDS, settings.LEASE_SECONDS = 3600, 0.5
    replication = shop.replication(shop_order_id="DEMO-1001")
    lease_claim(replication.pk, timezone.now())
    time.sleep(0.6)
    settings.LEASE_SECONDS = 3.0
    sweep = Sweep(REPLICATIONS)
    assert sweep.once(timezone.now()) == 1
    sweep._pool.shutdown(wait=True)
    assert_delivered_once(shop.sandbox)


def overdue(shop: Shop, count: int) -> list[Replication]:
    rows = [shop.replication(shop_order_id=str(n), email=f"{n}@example.com") for n in range(count)]
    Replication.objects.update(not_before=timezone.now() - timedelta(hours=1))
    return rows


def test_a_backlog_is_left_to_workers_that_take_it(shop: Shop, settings):
    settings.SWEEP_DIRECT_AFTER_SECONDS = 2.0
    rows = overdue(shop, 6)
    sweep, now = Sweep(REPLICATIONS), timezone.now()
    assert sweep.once(now) == 0
    # Another process takes two of them; what else was rung for is left to it, and rung for again.
    for row in rows[:2]:
        child = run_in_child(lambda pk=row.pk: replication_work(pk))
        os.waitpid(child, 0)
    later = now + timedelta(seconds=1.5)
    assert sweep.once(later) == 0
    long_after = now + timedelta(seconds=WAKE_AGAIN_SECONDS)
    sweep._heard_at = long_after
    assert sweep.once(long_after) == 0
    assert set(sweep._woken.values()) == {long_after}
    # It dies: nobody is heard of any more.
    assert sweep.once(long_after + timedelta(seconds=3)) == 4
    sweep.close()


def test_workers_that_only_hold_leases_are_alive(shop: Shop, settings):
    """However long their calls take, and whatever else waits meanwhile."""
    settings.SWEEP_DIRECT_AFTER_SECONDS, settings.LEASE_SECONDS = 0.5, 60
    rows, now = overdue(shop, 3), timezone.now()
    sweep = Sweep(REPLICATIONS)
    assert lease_claim(rows[0].pk, now) is not None
    assert sweep.once(now) == 0
    assert sweep.once(now + timedelta(seconds=5)) == 0
    Attempt.objects.update(worker="another-host:7:replications_0")  # that one is a scheduler, and no worker
    assert sweep.once(now + timedelta(seconds=10)) == 2
    sweep.close()


def test_a_backlog_that_nobody_takes_is_worked_on_here(shop: Shop, settings):
    settings.SWEEP_DIRECT_AFTER_SECONDS = 2.0
    rows = overdue(shop, 6)
    sweep = Sweep(REPLICATIONS)
    assert sweep.once(timezone.now()) == 0
    sweep._woken = {id: at - timedelta(seconds=5) for id, at in sweep._woken.items()}
    assert sweep.once(timezone.now()) == len(rows)
    sweep.close()


def test_without_a_broker_a_backlog_is_worked_on_at_once(shop: Shop):
    rows = overdue(shop, 3)
    sweep = Sweep(REPLICATIONS)
    broker_pause.begin()  # it was found absent a moment ago
    try:
        assert sweep.once(timezone.now()) == len(rows)
    finally:
        broker_pause.end()
    sweep.close()
    assert {row.state for row in Replication.objects.all()} == {"succeeded"}
