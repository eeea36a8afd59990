"""Checkouts of shops that call none abandoned: the last thing heard of each, until it is bought or left.

A checkout of which nothing was heard for the source's abandon interval is an abandoned cart from then on,
with the moment of its last change as the time at which it was left.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from carts.ingest.records import cart_ingest
from carts.models.orders import Order
from carts.models.records import OpenCheckout
from carts.order_data import Stage
from carts.record_data import CheckoutData
from intake.models.events import InboundEvent
from intake.records import RecordStore


def checkouts_due(now: datetime, limit: int) -> list[int]:
    """The checkouts that were left long enough ago."""
    due = OpenCheckout.objects.filter(closed_at=None, due_at__lte=now, source__enabled=True)
    return list(due.order_by("due_at").values_list("pk", flat=True)[:limit])


def checkout_close(checkout_id: int, now: datetime | None = None) -> bool:
    """Take a checkout that is due as an abandoned cart, unless an order came of it; whether it was taken.

    Repeat: safe, also at the same time.
    """
    now = now or timezone.now()
    with transaction.atomic():
        rows = OpenCheckout.objects.select_for_update(of=("self",), skip_locked=True).select_related("source")
        row = rows.filter(pk=checkout_id, closed_at=None, due_at__lte=now).first()
        if row is None:
            return False
        row.closed_at = now
        row.save(update_fields=["closed_at", "updated_at"])
        orders = Order.objects.filter(source_id=row.source_id, cart_id=row.cart_id)
        if orders.exclude(stage=Stage.REJECTED).exists():
            return False
        cart_ingest(row.source, replace(row.checkout_data.cart, version_at=row.due_at))
    return True


def _fill(row: OpenCheckout, data: CheckoutData, event: InboundEvent | None) -> None:
    row.due_at = data.changed_at + timedelta(hours=row.source.abandon_hours)
    row.closed_at = timezone.now() if data.completed else None


# No signal is sent: only what becomes of a checkout counts. One that goes on later is watched anew.
checkout_ingest = RecordStore(
    model=OpenCheckout, identity=("cart_id",), version_at=lambda data: data.changed_at, fill=_fill
).ingest
