"""The same from many threads on a real database."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier

import pytest
from django.db import connection

from carts.ingest.orders import order_ingest
from carts.ingest.records import cart_ingest, refund_ingest
from carts.models import AbandonedCart, Order, Refund
from intake.deliveries import delivery_store
from intake.models import InboundEvent
from intake.processing import event_process
from intake.records import IngestOutcome
from tests.carts.payloads import as_body, paid_order
from tests.carts.records import cart_data, refund_data
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
    assert sorted(outcomes) == [IngestOutcome.CREATED] + [IngestOutcome.REPEATED] * 7  # type: ignore[type-var]
    assert sorted(signals) == ["completed", "received"]


def test_a_refund_handed_over_eight_times_changes_the_order_once(signals):
    source = SourceFactory()
    order_ingest(source, order_data())
    at_once(lambda: refund_ingest(source, refund_data()))
    assert (Refund.objects.get().version, Order.objects.get().version) == (1, 2)
    assert signals == ["received", "completed", "changed"]


def test_a_cart_and_the_order_that_buys_it_at_the_same_moment(signals):
    source, numbers = SourceFactory(), count()

    def either() -> None:
        if next(numbers) % 2:
            cart_ingest(source, cart_data())
        else:
            order_ingest(source, order_data())

    at_once(either)
    assert AbandonedCart.objects.get().bought_by == Order.objects.get()
    assert signals.count("received") == 1
    assert signals.count("cart") in (1, 2)
