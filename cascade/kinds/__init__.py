"""The kinds of replication, one file each."""

from __future__ import annotations

from typing import Any

from carts.models import AbandonedCart, Affiliate, Order
from cascade.kinds.affiliates import AffiliateKind
from cascade.kinds.base import SubjectKind
from cascade.kinds.carts import CartKind
from cascade.kinds.orders import OrderKind
from cascade.kinds.shipments import ShipmentKind, ShippedOrder
from cascade.models import Replication

Kind = Replication.Kind
Subject = Order | AbandonedCart | Affiliate | ShippedOrder

KINDS: dict[str, SubjectKind[Any]] = {
    Kind.ORDER: OrderKind(),
    Kind.CART: CartKind(),
    Kind.AFFILIATE: AffiliateKind(),
    Kind.SHIPMENT: ShipmentKind(),
}
_OF_TYPE: dict[type, str] = {
    Order: Kind.ORDER,
    AbandonedCart: Kind.CART,
    Affiliate: Kind.AFFILIATE,
    ShippedOrder: Kind.SHIPMENT,
}

__all__ = ["KINDS", "ShippedOrder", "Subject", "SubjectKind", "kind_of"]


def kind_of(subject: Subject) -> SubjectKind[Any]:
    return KINDS[_OF_TYPE[type(subject)]]
