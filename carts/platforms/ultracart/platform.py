"""UltraCart: JSON webhooks, the older XML postback, and its REST API v2.

Nothing is signed; basic authentication is all that its deliveries offer (Docs: UltraCart REST API v2, Webhook
`authentication_type`). Deliveries have no id: they are told apart by what they hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from carts.order_data import OrderData
from carts.platforms.shop_platform import NativeOrder, ReadEvent, ShopPlatform
from carts.platforms.ultracart.cart import cart_parse
from carts.platforms.ultracart.envelope import envelope_open, event_open
from carts.platforms.ultracart.events import (
    AFFILIATE_READ,
    CART_EVENT,
    ITEM_READ,
    READ_NAMES,
    carries_order,
    why_not_used,
)
from carts.platforms.ultracart.order import order_parse, order_version_at, stage_of
from carts.platforms.ultracart.postback import (
    XML_SUBSCRIPTION,
    is_postback,
    postback_open,
    postback_order,
)
from carts.platforms.ultracart.records import affiliate_parse, item_folder_parse
from carts.platforms.ultracart.sample_delivery import delivery_body, delivery_headers
from carts.platforms.ultracart.shipment import shipment_parse
from carts.platforms.ultracart.shop import FEEDS, UltraCartShop
from carts.record_data import ShipmentData
from intake.models.sources import Source
from intake.payload import Node, event_read
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed
from intake.shop_api import Credential, Shop


class UltraCart(ShopPlatform):
    name = "ultracart"
    title = "UltraCart"
    credentials = (
        Credential(
            field="api_secret",
            label="API key (simple key)",
            help="In UltraCart under Configuration → Development → Authorized Applications / API Keys: an "
            "application with a simple key and the right to read orders, and items and affiliates if wanted.",
        ),
    )
    refresh_id_help = "such as DEMO-0009104390"
    feeds = FEEDS

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        if is_postback(delivery.body):
            return postback_open(delivery.body)
        return envelope_open(delivery.body)

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> ReadEvent:
        if event.name in READ_NAMES:
            value = event_read(event.body)
            if not isinstance(value, dict):
                raise BadPayload("What was read from the shop is no object.", f"It is {value!r:.200}.")
            if event.name == AFFILIATE_READ:
                return affiliate_parse(Node(value), received_at)
            if event.name == ITEM_READ:
                return item_folder_parse(Node(value))
            return replace(_order(value, undated=False), read_back=True, ask_again=False)
        if event.name == XML_SUBSCRIPTION:
            return NotUsed(reason=why_not_used("auto_order_update"))
        if is_postback(event.body):
            # An XML order tells no time of a rejection, nor of a move from one stage to the next.
            return _order(postback_order(event.body), undated=True)
        name, value = event_open(event_read(event.body))
        if not isinstance(value, dict):
            raise BadPayload(f"The event {name[:60]} holds no object.", f"It is {value!r:.200}.")
        if name == CART_EVENT:
            return cart_parse(Node(value), source.currency, received_at)
        if carries_order(name):
            return _order(value, undated="payment" not in value)
        return NotUsed(reason=why_not_used(name))

    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        return order_parse(Node(payload), source.currency)

    def shipments(
        self, source: Source, payload: dict[str, Any], version_at: datetime
    ) -> Sequence[ShipmentData]:
        shipment = shipment_parse(Node(payload), version_at)
        return () if shipment is None else (shipment,)

    def reach(self, source: Source) -> Shop:
        return UltraCartShop(source.api_secret)

    def test_delivery(self, source: Source, now: datetime) -> tuple[bytes, dict[str, str]]:
        return delivery_body(now), delivery_headers(source)


def _order(value: dict[str, Any], *, undated: bool) -> NativeOrder:
    payload = {key: item for key, item in value.items() if item is not None}
    order = Node(payload)
    order_id = order.identifier("order_id", 100)
    if not order_id:
        raise BadPayload(
            "The event has no order_id, so it cannot be told which order it is about. "
            "Send it again from the webhook log of the shop."
        )
    return NativeOrder(
        payload=payload,
        shop_order_id=order_id,
        version_at=order_version_at(order),
        stage=stage_of(order.text("current_stage")),
        undated=undated,
        ask_again=True,
    )
