"""Orders in our own words, as the REST API takes them: for shops that no other platform here describes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from carts.api.serializers import OrderSerializer, order_from
from carts.json_text import NotJson, json_read
from carts.models import Source
from carts.order_data import OrderData
from carts.platforms.base import BadPayload, NativeEvent, NativeOrder, NotUsed, Platform


class RestApi(Platform):
    name = "api"
    title = "REST API (/api/v1/orders/)"
    takes_hooks = False
    merges = False  # each delivery is a whole order

    def split(self, source: Source, body: bytes, content_type: str) -> list[NativeEvent]:
        return [NativeEvent(name="order", body=body)]

    def read(self, name: str, body: bytes) -> NativeOrder | NotUsed:
        values = self._validated(body)
        return NativeOrder(
            payload=values, shop_order_id=values["shop_order_id"], version_at=values.get("version_at")
        )

    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        return order_from(payload, received_at)

    def _validated(self, body: bytes) -> dict[str, Any]:
        try:
            serializer = OrderSerializer(data=json_read(body))
        except NotJson as err:
            raise BadPayload(str(err)) from err
        if not serializer.is_valid():
            raise BadPayload(
                "The order does not have the shape that the API asks for.", str(serializer.errors)
            )
        values: dict[str, Any] = serializer.validated_data
        return values
