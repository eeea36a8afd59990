"""What shops put in over the REST API: orders, carts, affiliates, shipments and refunds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from rest_framework import serializers

from carts.api import examples
from carts.api.order_serializers import HISTORY_HELP, OrderSerializer, StoredOrderSerializer
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
from carts.order_data import Stage
from carts.platforms.shop_platform import NativeOrder
from carts.record_data import AffiliateData, CartData, RefundData, ShipmentData
from intake.api.fields import MomentField, QueryFlagField, TextField
from intake.api.filters import Filters
from intake.api.resources import Resource
from intake.models.record import ReportedRecord
from intake.stored_data import data_from

HISTORY = "history"


class OrderFilters(Filters):
    shop_order_id = TextField(max_length=100)
    email = TextField(max_length=320, source="email_key")
    stage = serializers.ChoiceField([stage.value for stage in Stage], required=False)
    placed_after = MomentField(required=False, source="placed_at__gte", help_text="At this moment or later.")
    placed_before = MomentField(required=False, source="placed_at__lt", help_text="Before this moment.")


class CartFilters(Filters):
    cart_id = TextField(max_length=100)
    email = TextField(max_length=320, source="email_key")
    bought = QueryFlagField(
        required=False, source="bought_at__isnull", help_text="Whether it was bought after all."
    )
    arrived_after = MomentField(
        required=False, source="arrived_at__gte", help_text="At this moment or later."
    )
    arrived_before = MomentField(required=False, source="arrived_at__lt", help_text="Before this moment.")

    def validate_bought(self, bought: bool) -> bool:
        return not bought


class AffiliateFilters(Filters):
    shop_affiliate_id = TextField(max_length=100)
    code = TextField(max_length=100)
    email = TextField(max_length=320, source="email_key")


class ShipmentFilters(Filters):
    shop_order_id = TextField(max_length=100)
    shipment_id = TextField(max_length=100)


class RefundFilters(Filters):
    shop_order_id = TextField(max_length=100)
    refund_id = TextField(max_length=100)


def order_stored(order: Order) -> dict[str, Any]:
    """The order as the API tells it."""
    outstanding = order.order_data.outstanding
    known: dict[str, Any] = {
        **order.data,
        "version": order.version,
        "completed_at": order.completed_at.isoformat() if order.completed_at else None,
        "is_history": order.is_history,
        "outstanding": None if outstanding is None else str(outstanding),
    }
    known.pop("doubt", None)  # a platform's; who tells an order here does not doubt it
    return known


def _cart_stored(cart: AbandonedCart) -> dict[str, Any]:
    bought_at = cart.bought_at.isoformat() if cart.bought_at else None
    return {**_record_stored(cart), "bought_at": bought_at}


def _record_stored(row: ReportedRecord) -> dict[str, Any]:
    return {**row.data, "version": row.version}


def _order_read(values: dict[str, Any], received_at: datetime, flags: Collection[str]) -> NativeOrder:
    return NativeOrder(
        payload=values,
        shop_order_id=values["shop_order_id"],
        version_at=values.get("version_at"),
        history=HISTORY in flags,
    )


def _record_reader(data: type[Any]) -> Callable[[dict[str, Any], datetime, Collection[str]], object]:
    return lambda values, received_at, flags: data_from(data, {"version_at": received_at, **values})


RESOURCES = (
    Resource(
        kind="order",
        rows=Order.objects.all,
        serializer=OrderSerializer,
        stored_serializer=StoredOrderSerializer,
        identity=("shop_order_id",),
        filters=OrderFilters,
        read=_order_read,
        stored=order_stored,
        stored_example=examples.STORED_ORDER,
        examples=examples.ORDERS,
        batch=(
            {"kind": "order", "data": examples.ORDER},
            {"kind": "order", "data": {**examples.ORDER, "shop_order_id": "0901"}, HISTORY: True},
        ),
        flags={HISTORY: HISTORY_HELP},
        listed="List the orders of the key's source, newest first.",
        put="Put an order in",
    ),
    Resource(
        kind="cart",
        rows=AbandonedCart.objects.all,
        serializer=CartSerializer,
        stored_serializer=StoredCartSerializer,
        identity=("cart_id",),
        filters=CartFilters,
        read=_record_reader(CartData),
        stored=_cart_stored,
        stored_example=examples.STORED_CART,
        examples={"A cart with one item": examples.CART},
        batch=({"kind": "cart", "data": examples.CART},),
    ),
    Resource(
        kind="affiliate",
        rows=Affiliate.objects.all,
        serializer=AffiliateSerializer,
        stored_serializer=StoredAffiliateSerializer,
        identity=("shop_affiliate_id",),
        filters=AffiliateFilters,
        read=_record_reader(AffiliateData),
        stored=_record_stored,
        stored_example=examples.STORED_AFFILIATE,
        examples={"An affiliate": examples.AFFILIATE},
        batch=({"kind": "affiliate", "data": examples.AFFILIATE},),
    ),
    Resource(
        kind="shipment",
        rows=Shipment.objects.all,
        serializer=ShipmentSerializer,
        stored_serializer=StoredShipmentSerializer,
        identity=("shop_order_id", "shipment_id"),
        filters=ShipmentFilters,
        read=_record_reader(ShipmentData),
        stored=_record_stored,
        stored_example=examples.STORED_SHIPMENT,
        examples={"A parcel": examples.SHIPMENT},
        batch=({"kind": "shipment", "data": examples.SHIPMENT},),
    ),
    Resource(
        kind="refund",
        rows=Refund.objects.all,
        serializer=RefundSerializer,
        stored_serializer=StoredRefundSerializer,
        identity=("shop_order_id", "refund_id"),
        filters=RefundFilters,
        read=_record_reader(RefundData),
        stored=_record_stored,
        stored_example=examples.STORED_REFUND,
        examples={"A part given back": examples.REFUND},
        batch=({"kind": "refund", "data": examples.REFUND},),
    ),
)
