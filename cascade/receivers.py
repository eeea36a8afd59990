"""The only place where a shop's data starts a replication, in the transaction that stored it."""

from __future__ import annotations

from typing import Any

from carts.models import Order
from carts.order_data import Stage
from carts.signals import order_changed, order_completed, order_received
from cascade.services import replication_changed, replication_open, replication_skip


def connect() -> None:
    order_received.connect(on_order_received, dispatch_uid="cascade.order_received")
    order_completed.connect(on_order_completed, dispatch_uid="cascade.order_completed")
    order_changed.connect(on_order_changed, dispatch_uid="cascade.order_changed")


def on_order_received(sender: object, *, order: Order, **kwargs: Any) -> None:
    """An order that is not past payment is shown with the reason why nothing is sent."""
    if order.stage != Stage.PAID and order.completed_at is None:
        replication_skip(order)


def on_order_completed(sender: object, *, order: Order, **kwargs: Any) -> None:
    replication_open(order)


def on_order_changed(sender: object, *, order: Order, **kwargs: Any) -> None:
    replication_changed(order)
