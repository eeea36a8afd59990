"""New or repeat is a question about the merchant, whatever number of connections it has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carts.selectors import order_history
from tests.factories import PLACED_AT, ConnectionFactory, OrderFactory, SourceFactory, order_data

pytestmark = pytest.mark.django_db


def test_an_earlier_order_under_another_connection_of_the_merchant_counts() -> None:
    first = ConnectionFactory(name="One account")
    second = ConnectionFactory(merchant=first.merchant, name="Another account")
    OrderFactory(source=SourceFactory(connection=first), order=order_data(shop_order_id="1"))
    later = order_data(shop_order_id="2", placed_at=PLACED_AT + timedelta(days=1))
    order = OrderFactory(source=SourceFactory(connection=second), order=later)
    assert not order_history(order).is_first


def test_an_order_of_another_merchant_does_not_count() -> None:
    OrderFactory(order=order_data(shop_order_id="1"))
    later = order_data(shop_order_id="2", placed_at=PLACED_AT + timedelta(days=1))
    assert order_history(OrderFactory(order=later)).is_first
