"""What belongs together: an order, its parcels, its refunds, and the carts it was made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Q

from carts.models import AbandonedCart, Order, Refund, Shipment
from cascade.models import Replication
from logs_ui.presenters import Sibling, siblings
from logs_ui.subjects import told_order_id

MAX_ROWS = 50
Kind = Replication.Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Related:
    """`replications` are of other kinds than the one that is shown."""

    order: Order | None = None
    parcels: list[Shipment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    carts: list[AbandonedCart] = field(default_factory=list)
    replications: list[Sibling] = field(default_factory=list)

    @property
    def refunded(self) -> Decimal:
        return sum((refund.amount for refund in self.refunds), Decimal(0))


def related_to(row: Replication) -> Related:
    """What the shop told about the same order: four queries for an order or its shipment, one for a cart."""
    order = row.order or (row.cart.bought_by if row.cart else None)
    if order is None:
        parcels = Shipment.objects.filter(source=row.source_id, shop_order_id=told_order_id(row))
        return Related(parcels=list(parcels[:MAX_ROWS]) if row.kind == Kind.SHIPMENT else [])
    others = siblings(_replications(row, order), named=True)
    if row.kind == Kind.CART:
        return Related(order=order, replications=others)
    told = {"source": order.source_id, "shop_order_id": order.shop_order_id}
    carts = AbandonedCart.objects.filter(bought_by=order).defer("data")
    return Related(
        order=order,
        parcels=list(Shipment.objects.filter(**told)[:MAX_ROWS]),
        refunds=list(Refund.objects.filter(**told)[:MAX_ROWS]),
        carts=list(carts[:MAX_ROWS]),
        replications=others,
    )


def _replications(row: Replication, order: Order) -> list[Replication]:
    rows = Replication.objects.filter(
        Q(order=order) | Q(cart__bought_by=order), connection=row.connection_id
    ).exclude(kind=row.kind, subject_key=row.subject_key)
    related = rows.select_related("order", "cart", "affiliate").defer("plan", "order__data", "order__payload")
    return list(related.order_by("-id")[:MAX_ROWS])
