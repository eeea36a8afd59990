"""What the REST API takes, in our own words: for whoever has no platform of their own here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from carts.order_data import OrderData
from carts.platforms.shop_platform import ShopPlatform
from intake.api.resources import put_read
from intake.models.sources import Source
from intake.payload import event_read
from intake.platform import Delivery, NativeEvent
from intake.stored_data import data_from


class RestApi(ShopPlatform):
    name = "api"
    title = "REST API (/api/v1/)"
    takes_hooks = False
    merges = False  # each delivery is a whole order

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        return [NativeEvent(name="order", body=delivery.body)]

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> Any:
        return put_read(event.name, event_read(event.body), received_at)

    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        return data_from(OrderData, {"version_at": received_at, **payload})
