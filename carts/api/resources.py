"""The kinds of what shops put in over the API, and the one way in for all: stored, applied, found again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from carts.api.order_serializers import OrderSerializer, StoredOrderSerializer
from carts.api.record_serializers import (
    AffiliateSerializer,
    CartSerializer,
    RefundSerializer,
    ShipmentSerializer,
    StoredAffiliateSerializer,
    StoredCartSerializer,
    StoredRefundSerializer,
    StoredShipmentSerializer,
)
from carts.models.orders import Order
from carts.models.records import AbandonedCart, Affiliate, Refund, Shipment
from carts.order_data import OrderData
from carts.record_data import AffiliateData, CartData, RefundData, ShipmentData
from intake.api.fields import StrictSerializer
from intake.deliveries import delivery_store
from intake.models.events import InboundEvent
from intake.models.record import ReportedRecord
from intake.models.sources import Source
from intake.processing import event_process

# The names under which what was posted is stored; `history` in place of an order that only has to be known.
ORDER, HISTORY = "order", "order_history"
CART, AFFILIATE, SHIPMENT, REFUND = "cart", "affiliate", "shipment", "refund"
LATER = "It is stored and will be applied in a moment."


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of record. `identity` names the fields that tell two of them apart."""

    kind: str
    model: type[Order | ReportedRecord]
    data: type[Any]
    serializer: type[StrictSerializer]
    stored: type[serializers.Serializer[Any]]
    identity: tuple[str, ...]

    def find(self, source: Source, values: dict[str, Any]) -> Order | ReportedRecord | None:
        identity = {name: values[name] for name in self.identity}
        return self.model._default_manager.filter(source=source, **identity).first()


RESOURCES = {
    resource.kind: resource
    for resource in (
        Resource(ORDER, Order, OrderData, OrderSerializer, StoredOrderSerializer, ("shop_order_id",)),
        Resource(CART, AbandonedCart, CartData, CartSerializer, StoredCartSerializer, ("cart_id",)),
        Resource(
            *(AFFILIATE, Affiliate, AffiliateData, AffiliateSerializer, StoredAffiliateSerializer),
            ("shop_affiliate_id",),
        ),
        Resource(
            *(SHIPMENT, Shipment, ShipmentData, ShipmentSerializer, StoredShipmentSerializer),
            ("shop_order_id", "shipment_id"),
        ),
        Resource(
            *(REFUND, Refund, RefundData, RefundSerializer, StoredRefundSerializer),
            ("shop_order_id", "refund_id"),
        ),
    )
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """What became of what was put in; `row` is what is now known under its id."""

    event: InboundEvent
    row: Order | ReportedRecord | None

    @property
    def status(self) -> int:
        """201 if the row is new, 200 if it is known, 202 if it is stored but could not be applied at once."""
        if self.row is None or self.event.state in (InboundEvent.State.STORED, InboundEvent.State.PARKED):
            return 202
        is_new = self.event.state == InboundEvent.State.APPLIED
        return 201 if is_new and self.row.created_at >= self.event.received_at else 200

    @property
    def detail(self) -> str:
        """Why it is not applied yet."""
        return self.event.problem or LATER


def accept(
    source: Source,
    resource: Resource,
    body: bytes,
    values: dict[str, Any],
    content_type: str,
    *,
    history: bool = False,
    apply: bool = True,
) -> Accepted:
    """Store what was put in, apply it, and tell what became of it. `values` are what `body` says.

    With `apply` false it is stored all the same, and a worker is woken for the rest.
    """
    name = HISTORY if history else resource.kind
    event = delivery_store(source, body, content_type, InboundEvent.Channel.API, name=name, wake=not apply)
    if not apply:
        return Accepted(event=event, row=None)
    event_process(event.pk, timezone.now())
    event.refresh_from_db(fields=["state", "problem"])
    return Accepted(event=event, row=resource.find(source, values))


def stored(row: Order | ReportedRecord) -> dict[str, Any]:
    """The row as the API tells it."""
    known: dict[str, Any] = {**row.data, "version": row.version}
    if isinstance(row, Order):
        known["completed_at"] = row.completed_at.isoformat() if row.completed_at else None
        known["is_history"] = row.is_history
        outstanding = row.order_data.outstanding
        known["outstanding"] = None if outstanding is None else str(outstanding)
        known.pop("doubt", None)  # a platform's; who tells an order here does not doubt it
    if isinstance(row, AbandonedCart):
        known["bought_at"] = row.bought_at.isoformat() if row.bought_at else None
    return known
