"""Versions of an order: which one counts, and what it starts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from carts.ingest.orders import order_ingest
from carts.models import Order
from carts.order_data import Stage
from carts.signals import order_completed
from intake.models import InboundEvent, Source
from intake.records import IngestOutcome
from tests.factories import PLACED_AT, SourceFactory, order_data

pytestmark = pytest.mark.django_db

LATER = PLACED_AT + timedelta(hours=1)


@pytest.fixture
def source() -> Source:
    return SourceFactory()


def test_a_paid_order_is_received_and_completed(source, signals):
    result = order_ingest(source, order_data())
    assert result.outcome == IngestOutcome.CREATED
    assert signals == ["received", "completed"]
    order = Order.objects.get()
    assert order.completed_at is not None
    assert order.total == Decimal("56.85")
    assert order.order_data == order_data()
    assert list(order.lines.values_list("key", "item_id")) == [("1", "BONE"), ("2", "LEASH"), ("3", "BOWL")]


def test_an_unpaid_order_is_completed_by_the_version_that_pays_it(source, signals):
    order_ingest(source, order_data(stage=Stage.UNPAID))
    assert signals == ["received"]
    result = order_ingest(source, order_data(version_at=LATER))
    assert (result.outcome, result.order.version) == (IngestOutcome.UPDATED, 2)
    assert signals == ["received", "received", "completed"]


def test_a_later_change_is_no_second_completion(source, signals):
    order_ingest(source, order_data())
    order_ingest(source, order_data(version_at=LATER, refunded_at=LATER))
    assert signals == ["received", "completed", "received", "changed"]


def test_equal_content_is_repeated_and_moves_the_version_time(source, signals):
    order_ingest(source, order_data())
    result = order_ingest(source, order_data(version_at=LATER, total=Decimal("56.8500")))
    assert (result.outcome, result.order.version) == (IngestOutcome.REPEATED, 1)
    assert Order.objects.get().version_at == LATER
    between = order_data(version_at=LATER - timedelta(minutes=1), email="old@example.com")
    assert order_ingest(source, between).outcome == IngestOutcome.OUTDATED
    assert signals == ["received", "completed"]


def test_an_older_version_changes_nothing(source, signals):
    order_ingest(source, order_data(version_at=LATER))
    result = order_ingest(source, order_data(email="old@example.com"))
    assert result.outcome == IngestOutcome.OUTDATED
    assert Order.objects.get().email == "ada@example.com"
    assert signals == ["received", "completed"]


def test_back_to_an_earlier_content_is_a_change(source, signals):
    for email in ("a@example.com", "b@example.com", "a@example.com"):
        order_ingest(source, order_data(email=email))
    assert Order.objects.get().version == 3


def test_a_tie_goes_to_the_later_arrival_whenever_it_is_worked_on(source, signals):
    first, second = (
        InboundEvent.objects.create(source=source, body=b"{}", channel="webhook") for _ in range(2)
    )
    order_ingest(source, order_data(email="second@example.com"), event=second)
    result = order_ingest(source, order_data(email="first@example.com"), event=first)
    assert result.outcome == IngestOutcome.OUTDATED
    assert Order.objects.get().email == "second@example.com"


def test_the_same_id_in_two_shops_is_two_orders(source, signals):
    order_ingest(source, order_data())
    order_ingest(SourceFactory(connection=source.connection), order_data())
    assert Order.objects.count() == 2


def test_a_receiver_that_fails_leaves_nothing_behind(source, receivers_away):
    def refuse(**kwargs: object) -> None:
        raise ValueError("no")

    order_completed.connect(refuse)
    with pytest.raises(ValueError, match="no"):
        order_ingest(source, order_data())
    assert not Order.objects.exists()


def test_the_queries_do_not_grow_with_the_lines(source, signals, django_assert_max_num_queries):
    line = order_data().lines[0]  # type: ignore[index]

    def of(shop_order_id: str, count: int):
        lines = tuple(replace(line, key=str(number)) for number in range(count))
        return order_data(shop_order_id=shop_order_id, lines=lines)

    order_ingest(source, of("small", 2))
    with django_assert_max_num_queries(16):
        order_ingest(source, of("large", 500))
