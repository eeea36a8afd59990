"""The only place where a shop's data starts a replication, in the transaction that stored it."""

from __future__ import annotations

from typing import Any

from carts.models import AbandonedCart, Affiliate, Order, Shipment
from carts.order_data import Stage
from carts.signals import (
    affiliate_registered,
    cart_abandoned,
    order_changed,
    order_completed,
    order_received,
    order_shipped,
)
from cascade.engine.create import replication_changed, replication_open, replication_skip
from cascade.shop.orders.views import views_look_again_on_commit
from cascade.shop.shipments import ShippedOrder


def connect() -> None:
    order_received.connect(on_order_received, dispatch_uid="cascade.order_received")
    order_completed.connect(on_order_completed, dispatch_uid="cascade.order_completed")
    order_changed.connect(on_order_changed, dispatch_uid="cascade.order_changed")
    cart_abandoned.connect(on_cart_abandoned, dispatch_uid="cascade.cart_abandoned")
    affiliate_registered.connect(on_affiliate_registered, dispatch_uid="cascade.affiliate_registered")
    order_shipped.connect(on_order_shipped, dispatch_uid="cascade.order_shipped")


def on_order_received(sender: object, *, order: Order, **kwargs: Any) -> None:
    """An order that is not past payment is shown with the reason why nothing is sent."""
    if order.stage != Stage.PAID and order.completed_at is None:
        replication_skip(order)
    views_look_again_on_commit(order)


def on_order_completed(sender: object, *, order: Order, **kwargs: Any) -> None:
    replication_open(order)


def on_order_changed(sender: object, *, order: Order, **kwargs: Any) -> None:
    replication_changed(order)


def on_cart_abandoned(sender: object, *, cart: AbandonedCart, **kwargs: Any) -> None:
    replication_changed(cart)


def on_affiliate_registered(sender: object, *, affiliate: Affiliate, **kwargs: Any) -> None:
    replication_changed(affiliate)


def on_order_shipped(sender: object, *, shipment: Shipment, **kwargs: Any) -> None:
    """All parcels of an order are replicated together."""
    replication_changed(ShippedOrder(shipment.source, shipment.shop_order_id))
