"""What is read of an order beside its own row: refunds, and the buyer's other orders."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from carts.ingest.orders import order_ingest
from carts.ingest.records import refund_ingest
from carts.models import Order
from carts.order_data import OrderData, Stage
from carts.selectors import order_facts, order_history
from intake.models import Source
from tests.carts.records import refund_data
from tests.factories import PLACED_AT, SourceFactory, order_data

pytestmark = pytest.mark.django_db

LATER = PLACED_AT + timedelta(days=1)


@pytest.fixture
def source(receivers_away: None) -> Source:
    return SourceFactory()


def stored(source: Source, shop_order_id: str, *, history: bool = False, **changes: Any) -> Order:
    data = order_data(shop_order_id=shop_order_id, **changes)
    return order_ingest(source, data, history=history).order


def refunded(source: Source, *refunds: Any, **changes: Any) -> OrderData:
    for refund in refunds:
        refund_ingest(source, refund)
    return order_facts(stored(source, "DEMO-1001", **changes))


def told(refund_id: str, amount: str, day: int, **changes: Any) -> Any:
    moment = PLACED_AT + timedelta(days=day)
    return refund_data(refund_id=refund_id, amount=Decimal(amount), refunded_at=moment, **changes)


def test_without_refunds_the_facts_are_the_order(source):
    assert refunded(source) == order_data(shop_order_id="DEMO-1001")


def test_refunds_are_added_up_and_the_latest_names_the_reason(source):
    facts = refunded(source, told("R1", "10.10", 2, reason="second"), told("R2", "0.20", 1, reason="first"))
    assert facts.refunded_total == Decimal("10.30")
    assert (facts.refunded_at, facts.refund_reason) == (PLACED_AT + timedelta(days=2), "second")


@pytest.mark.parametrize(("total", "counted"), [("5", "10"), ("20", "20")])
def test_the_larger_of_the_shops_total_and_the_sum_counts(source, total, counted):
    facts = refunded(
        source, told("R1", "10", 1), refunded_total=Decimal(total), refunded_at=LATER + timedelta(days=3)
    )
    assert facts.refunded_total == Decimal(counted)
    assert (facts.refunded_at, facts.refund_reason) == (LATER + timedelta(days=3), "")


def test_a_refund_in_another_currency_gives_no_amount(source):
    facts = refunded(source, told("R1", "10", 1, currency="EUR"))
    assert (facts.refunded_total, facts.refunded_at) == (None, LATER)


def test_the_earliest_order_of_an_address_is_the_first(source):
    second = stored(source, "B", placed_at=LATER)
    assert order_history(second).is_first
    first = stored(source, "A", email=" ADA@example.com")
    assert not order_history(second).is_first
    history = order_history(first)
    assert (history.is_first, history.later_ids) == (True, [second.pk])


def test_of_two_at_the_same_moment_the_one_known_first(source):
    one, two = stored(source, "A"), stored(source, "B")
    assert order_history(one).later_ids == [two.pk]
    assert not order_history(two).is_first


@pytest.mark.parametrize(
    "changes", [{"is_test": True}, {"stage": Stage.REJECTED}, {"stage": Stage.UNPAID}, {"email": "b@x.com"}]
)
def test_orders_that_do_not_count(source, changes):
    order = stored(source, "B", placed_at=LATER)
    stored(source, "A", **changes)
    stored(SourceFactory(), "A")
    assert order_history(order).is_first


def test_a_rejected_order_that_was_paid_once_does_not_count(source):
    order = stored(source, "B", placed_at=LATER)
    stored(source, "A")
    stored(source, "A", stage=Stage.REJECTED, version_at=LATER)
    assert order_history(order).is_first


def test_history_and_the_merchants_other_shops_count(source):
    order = stored(source, "B", placed_at=LATER)
    other = SourceFactory(connection=source.connection)
    old = stored(other, "OLD", history=True)
    assert not order_history(order).is_first
    assert order_history(old).later_ids == [order.pk]


def test_without_an_address_there_is_no_history(source):
    stored(source, "A", email="")
    order = stored(source, "B", email="", placed_at=LATER)
    assert order_history(order).is_first


def test_the_queries_are_fixed(source, django_assert_num_queries):
    for number in range(10):
        stored(source, str(number))
        refund_ingest(source, told(str(number), "1", 1, shop_order_id="0"))
    order = Order.objects.select_related("source__connection").get(shop_order_id="0")
    with django_assert_num_queries(5):
        assert order_facts(order).refunded_total == 10
        assert len(order_history(order).later_ids) == 9
