"""What the REST API takes, in our own words: for shops that no other platform here describes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from carts.api.kinds import AFFILIATE, CART, HISTORY, ORDER, REFUND, SHIPMENT
from carts.api.order_serializers import OrderSerializer, order_from
from carts.api.record_serializers import (
    AffiliateSerializer,
    CartSerializer,
    RefundSerializer,
    ShipmentSerializer,
    affiliate_from,
    cart_from,
    refund_from,
    shipment_from,
)
from carts.order_data import OrderData
from carts.platforms.payload import event_read
from carts.platforms.shop_platform import NativeOrder, ReadEvent, ShopPlatform
from intake.api.fields import StrictSerializer
from intake.models.sources import Source
from intake.platform import BadPayload, Delivery, NativeEvent

_RECORDS: dict[str, tuple[type[StrictSerializer], Callable[[dict[str, Any], datetime], ReadEvent]]] = {
    CART: (CartSerializer, cart_from),
    AFFILIATE: (AffiliateSerializer, affiliate_from),
    SHIPMENT: (ShipmentSerializer, shipment_from),
    REFUND: (RefundSerializer, refund_from),
}


class RestApi(ShopPlatform):
    name = "api"
    title = "REST API (/api/v1/)"
    takes_hooks = False
    merges = False  # each delivery is a whole order

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        return [NativeEvent(name=ORDER, body=delivery.body)]

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> ReadEvent:
        if event.name in _RECORDS:
            serializer, made_of = _RECORDS[event.name]
            return made_of(_validated(serializer, event.body), received_at)
        values = _validated(OrderSerializer, event.body)
        return NativeOrder(
            payload=values,
            shop_order_id=values["shop_order_id"],
            version_at=values.get("version_at"),
            history=event.name == HISTORY,
        )

    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        return order_from(payload, received_at)


def _validated(serializer_class: type[StrictSerializer], body: bytes) -> dict[str, Any]:
    serializer = serializer_class(data=event_read(body))
    if not serializer.is_valid():
        raise BadPayload("It does not have the shape that the API asks for.", str(serializer.errors))
    values: dict[str, Any] = serializer.validated_data
    return values
