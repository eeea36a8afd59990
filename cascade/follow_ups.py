"""What the end of one run makes possible: newer versions, shipments that waited, carts that were bought; and
what another view of a purchase changes.
"""

from __future__ import annotations

from functools import partial

from django.db import transaction

from background.wakeup import wake_on_commit
from carts.models import AbandonedCart, Order, Shipment
from carts.models.sources import OrderViews
from carts.services import cart_bought_check, carts_bought_by
from cascade.kinds import KINDS, ShippedOrder
from cascade.kinds.shipments import order_awaited
from cascade.models import Replication
from cascade.opening import RUN_REPLICATION, replication_changed, replication_latest
from cascade.views import MOST_VIEWS
from mappings.quota.clock import DATABASE_CLOCK

State = Replication.State


def follow_at_once(replication: Replication) -> None:
    """See to what would be forgotten if a crash came between: a newer version, and shipments that waited.

    Must run in the transaction that writes the end. Repeat: safe.
    """
    kind = KINDS[replication.kind]
    subject = kind.subject_of(replication)
    if subject is None:
        return
    ended = replication.state not in Replication.OPEN
    if isinstance(subject, Order) and ended:
        shipments_wake(subject)
    if isinstance(subject, ShippedOrder) and _no_longer_waits(replication, subject):
        _wake(replication)
    if ended and kind.version(subject) > replication.subject_version:
        replication_changed(subject)


def follow_up(replication: Replication) -> None:
    """Look once more for carts that were bought meanwhile. Repeat: safe."""
    subject = KINDS[replication.kind].subject_of(replication)
    if isinstance(subject, AbandonedCart):
        cart_bought_check(subject)
    if isinstance(subject, Order):
        carts_bought_by(subject)


def shipments_wake(order: Order) -> None:
    """Have an order's shipments looked at again: those that wait for it, and those it had kept out.

    Repeat: safe; shipments that are in the CRM as they are now stay so.
    """
    if not Shipment.objects.filter(source_id=order.source_id, shop_order_id=order.shop_order_id).exists():
        return
    subject = ShippedOrder(order.source, order.shop_order_id)
    with transaction.atomic():
        latest = replication_latest(subject)  # a worker that is just ending it sees our order's end
        if latest is not None and latest.state == State.WAITING:
            _wake(latest)
        elif latest is None or latest.state not in Replication.OPEN:
            replication_changed(subject)


def _no_longer_waits(replication: Replication, subject: ShippedOrder) -> bool:
    """Whether the order ended while its shipments were just told to wait for it."""
    return replication.state == State.WAITING and not order_awaited(replication, subject)


def _wake(replication: Replication) -> None:
    rows = Replication.objects.filter(pk=replication.pk, state=State.WAITING)
    if rows.update(not_before=DATABASE_CLOCK.now()):
        wake_on_commit(RUN_REPLICATION, replication.pk)


def views_look_again_on_commit(order: Order) -> None:
    """Have the other views of its purchase looked at again. Repeat: safe."""
    transaction.on_commit(partial(_look_again, order.pk), robust=True)


def _look_again(order_id: int) -> None:
    order = Order.objects.select_related("source").filter(pk=order_id).first()
    if order is None or order.source.order_views == OrderViews.EACH:
        return
    others = Order.objects.filter(source=order.source_id, completed_at__isnull=False).select_related("source")
    name = {"shop_order_id": order.view_of} if order.view_of else {"view_of": order.shop_order_id}
    for other in others.filter(**name)[:MOST_VIEWS]:
        with transaction.atomic():
            latest = replication_latest(other)
            if latest is not None and latest.state == State.WAITING:
                _wake(latest)
            else:
                replication_changed(other)
