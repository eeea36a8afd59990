"""OpenMage and Magento 1: asked by their SOAP API v2. They send no events of their own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from carts.order_data import OrderData
from carts.platforms.magento.client import MagentoClient
from carts.platforms.magento.order import order_parse, order_stage, order_version_at
from carts.platforms.magento.shipment import shipments_parse
from carts.platforms.magento.shop import ORDER_READ, ORDER_UNREADABLE, ORDERS, SHIPMENTS, MagentoShop
from carts.platforms.shop_platform import NativeOrder, ReadEvent, ShopPlatform
from carts.record_data import ShipmentData
from intake.models.sources import Source
from intake.payload import Node, event_read
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed
from intake.polling.http import check_address, shop_session
from intake.shop_api import Credential, Feed, Shop, ShopRefused

# salesOrderList has no pages: all that matches comes in one answer, so windows are short.
_WINDOW = timedelta(hours=6)


class Magento(ShopPlatform):
    """Order numbers leave gaps: a cart reserves one that it may never use, an edited order gets `…-1`, and
    each store view counts by itself.
    """

    name = "magento"
    title = "OpenMage / Magento 1"
    takes_hooks = False
    credentials = (
        Credential(
            field="shop_url",
            label="Base address of the shop",
            help="As under System → Configuration → Web, such as https://shop.example.com.",
        ),
        Credential(
            field="api_user",
            label="API user name",
            help="Of a user under System → Web Services → SOAP/XML-RPC Users. Its role needs Sales (orders "
            "and shipments) and Customers, to read.",
        ),
        Credential(
            field="api_secret",
            label="API key",
            help="The API key set for that user; the shop shows it nowhere again.",
        ),
    )
    refresh_id_help = "the number that the shop shows, such as 100000001"
    feeds = (
        Feed(name=ORDERS, title="Orders that changed", window=_WINDOW),
        Feed(name=SHIPMENTS, title="Shipments that changed", window=_WINDOW),
    )

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        raise BadPayload(
            "OpenMage and Magento 1 send no events. Their orders are read from the shop's API: enter its "
            "credentials."
        )

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> ReadEvent:
        if event.name not in (ORDER_READ, ORDER_UNREADABLE):
            return NotUsed(reason=f"Events of the kind {event.name[:60]!r} are not replicated; orders are.")
        payload = event_read(event.body)
        if not isinstance(payload, dict) or not isinstance(payload.get("order"), dict):
            raise BadPayload("The event holds no order.", f"It is {payload!r:.200}.")
        order_id = Node(payload["order"], "order").identifier("increment_id", 100)
        if not order_id:
            raise BadPayload("The order has no increment_id, so it cannot be told which one it is.")
        if event.name == ORDER_UNREADABLE:
            raise BadPayload(
                f"The shop fails whenever it is asked for order {order_id}; its log says why. Once that is "
                "cured, fetch the last days once more.",
                f"{payload.get('problem')!s:.1000}",
            )
        return NativeOrder(
            payload=payload,
            shop_order_id=order_id,
            version_at=order_version_at(payload),
            stage=order_stage(payload),
            read_back=True,
        )

    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        return order_parse(payload, source.currency)

    def shipments(
        self, source: Source, payload: dict[str, Any], version_at: datetime
    ) -> Sequence[ShipmentData]:
        return tuple(shipments_parse(Node(payload), version_at))

    def reach(self, source: Source) -> Shop:
        if not source.api_user or not source.api_secret:
            raise ShopRefused("Enter the name and the API key of an API user of the shop.")
        base = check_address(source.shop_url).removesuffix("/index.php")
        return MagentoShop(MagentoClient(shop_session(), base, source.api_user, source.api_secret))
