"""The same from many threads on a real database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from carts.models import InboundEvent, Order
from carts.services import Outcome, delivery_store, event_process, order_ingest
from tests.carts.payloads import as_body, paid_order
from tests.factories import SourceFactory, order_data

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8


def at_once(work: Callable[[], object]) -> list[object]:
    barrier = Barrier(THREADS)

    def run(_: int) -> object:
        try:
            barrier.wait(timeout=10)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def test_the_same_delivery_eight_times_is_one_order_and_one_signal(signals):
    source = SourceFactory()
    body = as_body([{"order_create": paid_order()}])

    def deliver() -> None:
        event_process(delivery_store(source, body, "application/json", "webhook").pk)

    at_once(deliver)
    assert Order.objects.get().version == 1
    assert sorted(signals) == ["completed", "received"]
    states = sorted(InboundEvent.objects.filter(parent__isnull=False).values_list("state", flat=True))
    assert states == ["applied"] + ["repeated"] * 7


def test_one_event_on_eight_workers_is_done_once(signals):
    delivery = delivery_store(SourceFactory(), as_body([{"order_create": paid_order()}]), "", "webhook")
    at_once(lambda: event_process(delivery.pk))
    event_process(delivery.pk)
    assert delivery.children.count() == 1
    assert sorted(signals) == ["completed", "received"]


def test_an_order_handed_over_eight_times_is_one(signals):
    source = SourceFactory()
    outcomes = at_once(lambda: order_ingest(source, order_data()).outcome)
    assert sorted(outcomes) == [Outcome.CREATED] + [Outcome.REPEATED] * 7  # type: ignore[type-var]
    assert sorted(signals) == ["completed", "received"]
