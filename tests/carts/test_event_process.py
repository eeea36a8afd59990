"""From a stored delivery to an order: splitting, parking, retrying, merging."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from carts.models import AbandonedCart, Order
from carts.order_data import Stage
from carts.signals import order_received
from intake.deliveries import delivery_store, event_reprocess
from intake.models import InboundEvent, Source
from intake.processing import event_process, events_due
from tests.carts.payloads import as_body, compressed, fixture, needs_samples, paid_order, sample
from tests.factories import SourceFactory

pytestmark = pytest.mark.django_db

State = InboundEvent.State


@pytest.fixture
def source() -> Source:
    return SourceFactory()


def deliver(source: Source, value: Any) -> InboundEvent:
    """Store, process, and return the one event of it."""
    event = store(source, value)
    event_process(event.pk)
    event.refresh_from_db()
    return event.children.get() if event.state == State.SPLIT else event


def store(source: Source, value: Any) -> InboundEvent:
    body = value if isinstance(value, bytes) else as_body(value)
    return delivery_store(source, body, "application/json", "webhook")


def test_a_delivery_becomes_an_order(source, signals):
    event = deliver(source, {"events": [{"order_create": paid_order()}]})
    assert (event.state, event.name) == (State.APPLIED, "order_create")
    order = Order.objects.get()
    assert (order.source, order.event, order.shop_order_id) == (source, event, "SHOP-0000000101")
    assert signals == ["received", "completed"]


def test_a_compressed_delivery(source, signals):
    deliver(source, compressed([{"order_create": paid_order()}]).encode())
    assert Order.objects.count() == 1


def test_one_bad_event_of_a_batch_parks_alone(source, signals):
    delivery = store(source, fixture("batch_with_one_bad_event.json"))
    event_process(delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == State.SPLIT
    states = list(delivery.children.order_by("position").values_list("state", flat=True))
    assert states == [State.APPLIED, State.PARKED, State.APPLIED, State.APPLIED, State.PARKED]
    assert "summary.total" in delivery.children.get(position=1).problem
    assert AbandonedCart.objects.get().event == delivery.children.get(position=2)
    assert Order.objects.count() == 2


def test_garbage_is_parked_with_a_sentence(source):
    event = deliver(source, b"order=1&total=2")
    assert event.state == State.PARKED
    assert "not JSON" in event.problem
    assert "order=1" in event.detail


def test_a_repeat_is_recognised(source, signals):
    deliver(source, [{"order_create": paid_order()}])
    assert deliver(source, [{"order_create": paid_order()}]).state == State.REPEATED
    assert signals == ["received", "completed"]


def test_processing_twice_does_it_once(source, signals):
    delivery = store(source, [{"order_create": paid_order()}])
    event_process(delivery.pk)
    event_process(delivery.pk)
    event_process(delivery.children.get().pk)
    assert signals == ["received", "completed"]
    assert Order.objects.get().version == 1


def test_a_partial_update_keeps_the_items(source, signals):
    deliver(source, [{"order_create": paid_order(current_stage="Accounts Receivable", payment={})}])
    update = {
        "order_id": "SHOP-0000000101",
        "current_stage": "Completed Order",
        "creation_dts": "2026-03-02T10:04:05-05:00",
        "payment": {"payment_dts": "2026-03-02T11:00:00-05:00", "payment_status": "Processed"},
    }
    event = deliver(source, [{"order_payment_process": update}])
    assert event.state == State.APPLIED
    order = Order.objects.get()
    assert (order.stage, order.lines.count(), order.version) == (Stage.PAID, 3, 2)
    assert signals == ["received", "received", "completed"]


def test_an_older_event_changes_nothing_but_brings_what_was_never_sent(source, signals):
    newer = paid_order(current_stage="Completed Order", refund_dts="2026-03-09T09:00:00-05:00")
    del newer["items"]
    deliver(source, [{"order_refund": newer}])
    assert Order.objects.get().order_data.lines is None
    event = deliver(source, [{"order_create": paid_order(current_stage="Accounts Receivable")}])
    assert event.state == State.APPLIED
    order = Order.objects.get()
    assert (order.shop_stage, order.lines.count()) == ("Completed Order", 3)
    again = deliver(source, [{"order_create": paid_order(current_stage="Accounts Receivable")}])
    assert again.state == State.OUTDATED
    assert Order.objects.get().version == 2


def test_any_order_of_deliveries_ends_the_same(source, signals):
    """Partial ones too: per key the latest sent counts, not the one that was worked on last."""
    items = paid_order()["items"]
    at = "2026-03-{:02}T10:00:00-05:00".format
    versions = [
        paid_order(current_stage="Accounts Receivable", items=items[:1]),
        paid_order(items=items[:2], refund_dts=at(3)),
        {**paid_order(current_stage="Completed Order", refund_dts=at(4)), "items": None},
        {"order_id": "SHOP-0000000101", "creation_dts": at(2), "reject_dts": at(5), "current_stage": "Hold"},
    ]
    deliveries = [store(source, [{"order_update": version}]) for version in versions]
    ends = set()
    for seed in range(8):
        Order.objects.all().delete()
        for delivery in random.Random(seed).sample(deliveries * 2, 8):
            delivery.children.all().delete()
            InboundEvent.objects.filter(pk=delivery.pk).update(state=State.STORED)
            event_process(delivery.pk)
        order = Order.objects.get()
        ends.add((order.content_hash, order.version_at, order.shop_stage, order.lines.count()))
    assert {(stage, lines) for _, _, stage, lines in ends} == {("Hold", 2)}
    assert len(ends) == 1


def test_an_incomplete_first_event_names_the_cure(source):
    event = deliver(source, [{"order_create": {"order_id": "X1"}}])
    assert event.state == State.PARKED
    assert "creation_dts" in event.problem
    assert "Send the order again" in event.problem


def test_a_receiver_that_fails_parks_the_event_and_rolls_it_back(source, receivers_away):
    def refuse(**kwargs: object) -> None:
        raise RuntimeError("boom")

    order_received.connect(refuse)
    event = deliver(source, [{"order_create": paid_order()}])
    assert event.state == State.PARKED
    assert "RuntimeError" in event.problem
    assert "boom" in event.detail
    assert not Order.objects.exists()
    order_received.disconnect(refuse)
    assert event_reprocess(event.pk)
    event_process(event.pk)
    event.refresh_from_db()
    assert (event.state, event.problem) == (State.APPLIED, "")
    assert not event_reprocess(event.pk)


@pytest.mark.parametrize(("error", "attempts"), [(IntegrityError, 3), (OperationalError, None)])
def test_database_trouble_is_tried_again(source, receivers_away, error, attempts):
    """What the database refuses parks at the third time; a database that is away never parks anything."""

    def refuse(**kwargs: object) -> None:
        raise error("trouble")

    order_received.connect(refuse)
    event = deliver(source, [{"order_create": paid_order()}])
    now = timezone.now()
    for attempt in range(1, 6):
        assert event.state == State.STORED
        assert event.attempts == attempt
        assert event.not_before is not None and event.not_before > now
        event_process(event.pk, now)
        event.refresh_from_db()
        assert event.attempts == attempt
        now = event.not_before + timedelta(seconds=1)
        event_process(event.pk, now)
        event.refresh_from_db()
        if attempts == attempt + 1:
            break
    assert (event.state == State.PARKED) == (attempts is not None)
    assert not Order.objects.exists()


def test_an_unknown_platform_parks(source):
    Source.objects.update(platform="gone")
    event = deliver(source, [{"order_create": paid_order()}])
    assert event.state == State.PARKED
    assert "'gone'" in event.problem


def test_strange_text_is_stored_whole(source, signals):
    deliver(source, [{"order_create": fixture("order_strange_text.json")}])
    order = Order.objects.get()
    assert order.order_data.billing.last_name == "אבגדה"
    deliver(
        source, b'[{"order_create": {"order_id": "N\\u0000\\ud800", "creation_dts": "2026-03-02T10:00:00Z"}}]'
    )
    assert Order.objects.filter(shop_order_id="N��").exists()


def test_due_are_those_whose_bell_was_missed(source):
    missed, fresh, later, done = (store(source, []) for _ in range(4))
    now = timezone.now()
    InboundEvent.objects.filter(pk=missed.pk).update(received_at=now - timedelta(seconds=5))
    InboundEvent.objects.filter(pk=later.pk).update(
        received_at=now - timedelta(seconds=5), not_before=now + timedelta(seconds=5)
    )
    InboundEvent.objects.filter(pk=done.pk).update(
        received_at=now - timedelta(seconds=5), state=State.APPLIED
    )
    assert events_due(now, 10) == [missed.pk]
    assert events_due(now + timedelta(seconds=6), 10) == [missed.pk, fresh.pk, later.pk]
    assert events_due(now + timedelta(seconds=6), 1) == [missed.pk]


@needs_samples
def test_the_captured_samples(source, signals):
    for order_id in ("DEMO-0009103110", "DEMO-0009103116", "DEMO-0009104390", "DEMO-0009105091"):
        assert deliver(source, sample(f"order-{order_id}.json")).state == State.APPLIED
    assert deliver(source, sample("webhook-order_create-no-expansion.json")).state == State.APPLIED
    stages = dict(Order.objects.values_list("shop_order_id", "stage"))
    assert stages["DEMO-0009104420"] == Stage.UNPAID
    assert list(stages.values()).count(Stage.PAID) == 4


def bare(stage: str, order_id: str = "SHOP-0000000101") -> dict[str, Any]:
    """What UltraCart sends for an event that was subscribed to without expansion."""
    created = paid_order()["creation_dts"]
    return {"order_id": order_id, "current_stage": stage, "creation_dts": created}


def test_a_bare_stage_change_moves_an_order_forward_though_it_tells_no_time(source, signals):
    unpaid = paid_order(current_stage="Accounts Receivable")
    assert "payment_dts" in unpaid["payment"]
    deliver(source, [{"order_create": unpaid}])
    event = deliver(source, [{"order_stage_change": bare("Shipping Department")}])
    assert event.state == State.APPLIED
    order = Order.objects.get()
    assert (order.stage, order.lines.count() > 0) == (Stage.PAID, True)
    assert signals == ["received", "received", "completed"]


def test_a_bare_delivery_never_moves_an_order_back(source, signals):
    deliver(source, [{"order_create": paid_order()}])
    event = deliver(source, [{"order_update": bare("Accounts Receivable")}])
    assert event.state in (State.OUTDATED, State.REPEATED)
    assert Order.objects.get().stage == Stage.PAID
    assert signals == ["received", "completed"]
