"""What the sweep finds, and that it delivers when nobody listens to the bell."""

from __future__ import annotations

import time
from datetime import timedelta

from django.utils import timezone

from cascade.leases import lease_claim
from cascade.models import Replication
from cascade.selectors import replications_due
from cascade.sweep import Sweep
from tests.cascade.conftest import Shop, assert_delivered_once


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
    sweep = Sweep()
    try:
        assert sweep.once() == 0
        time.sleep(0.4)
        assert sweep.once() == 1
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
    sweep = Sweep()
    assert sweep.once() == 1
    sweep._pool.shutdown(wait=True)
    assert_delivered_once(shop.sandbox)
