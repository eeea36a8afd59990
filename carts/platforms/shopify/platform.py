"""Shopify: signed webhooks, whose topic names the event, and the Admin REST API.

Docs: shopify.dev, Webhooks: the signature is the raw body's HMAC-SHA256 in base64, for up to an hour after a
change of the secret with the old one; deliveries come at least once, and X-Shopify-Webhook-Id numbers them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from carts.order_data import OrderData
from carts.platforms.shop_platform import NativeOrder, ReadEvent, ShopPlatform
from carts.platforms.shopify.admin_api import CHECKOUTS, ORDERS, AdminApi
from carts.platforms.shopify.buyer import PERSONAL
from carts.platforms.shopify.checkout import checkout_gone, checkout_parse
from carts.platforms.shopify.envelope import (
    TOPIC_HEADER,
    check_topic,
    envelope_open,
    name_of,
    resource_of,
)
from carts.platforms.shopify.fulfillment import fulfillment_parse, fulfillments_of
from carts.platforms.shopify.order import order_parse, order_stage, order_version_at
from carts.platforms.shopify.refunds import refund_parse
from carts.platforms.shopify.sample_delivery import delivery_headers, order_body
from carts.platforms.shopify.unused import unused
from carts.record_data import ShipmentData
from intake.models.sources import Source
from intake.payload import Node, delivery_read
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed, signed_with
from intake.shop_api import Credential, Feed, Shop

SIGNATURE_HEADER = "X-Shopify-Hmac-Sha256"

_ORDERS = ("", "create", "paid", "updated", "fulfilled", "partially_fulfilled", "cancelled", "edited")
_CREATED_OR_UPDATED = ("", "create", "update")


class Shopify(ShopPlatform):
    name = "shopify"
    title = "Shopify"
    signs = True
    kept_headers = (
        TOPIC_HEADER,
        "x-shopify-shop-domain",
        "x-shopify-api-version",
        "x-shopify-triggered-at",
        "x-shopify-event-id",
    )
    delivery_id_header = "x-shopify-webhook-id"
    dates_shipments = True
    numbers_in_sequence = True
    credentials = (
        Credential(
            field="shop_url",
            label="Address of the shop",
            help="https://your-shop.myshopify.com, as it stands in Shopify under Settings → Domains.",
        ),
        Credential(
            field="api_secret",
            label="Admin API access token",
            help="Of an app with the right read_orders, in Shopify under Settings → Apps and sales channels "
            "→ Develop apps. It begins with shpat_ and is shown there only once.",
        ),
    )
    refresh_id_help = "the long number at the end of the address of the order's page in the shop"
    feeds = (
        Feed(name=ORDERS, title="Orders"),
        Feed(name=CHECKOUTS, title="Abandoned checkouts"),
    )

    def authenticate(self, source: Source, headers: Mapping[str, str], body: bytes) -> bool:
        secrets = [source.signing_secret, source.signing_secret_before]
        return signed_with(secrets, body, headers.get(SIGNATURE_HEADER, ""))

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        return envelope_open(delivery)

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> ReadEvent:
        value = delivery_read(event.body)
        name = event.name or name_of(value)
        if not name:
            raise BadPayload(
                "The delivery names no topic, and its fields do not show what it is. "
                "Send it with the header X-Shopify-Topic.",
                f"It is {value!r:.200}.",
            )
        resource, _, action = name.partition("/")
        payload = resource_of(value)
        check_topic(resource, payload)
        node = Node(payload)
        if resource == "orders" and action in _ORDERS and "order_edit" not in payload:
            return _order(payload)
        if resource == "checkouts" and action in _CREATED_OR_UPDATED:
            return checkout_parse(node, source.currency, received_at)
        if name == "checkouts/delete":
            return checkout_gone(node, received_at) or unused(name)
        if resource == "fulfillments" and action in _CREATED_OR_UPDATED:
            return fulfillment_parse(node, received_at)
        if name in ("refunds", "refunds/create"):
            return refund_parse(node, source.currency, received_at)
        return unused(name)

    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        return order_parse(Node(payload), source.currency)

    def shipments(
        self, source: Source, payload: dict[str, Any], version_at: datetime
    ) -> Sequence[ShipmentData]:
        return fulfillments_of(Node(payload), version_at)

    def reach(self, source: Source) -> Shop:
        return AdminApi(source)

    def test_delivery(self, source: Source, now: datetime) -> tuple[bytes, dict[str, str]]:
        body = order_body(source, now)
        return body, delivery_headers(source, body, now)


def _order(value: dict[str, Any]) -> NativeOrder | NotUsed:
    payload = {key: item for key, item in value.items() if item is not None or key not in PERSONAL}
    order = Node(payload)
    order_id = order.identifier("id", 100)
    if not order_id:
        raise BadPayload(
            "The event has no id, so it cannot be told which order it is about. "
            "Take all fields into the webhook again."
        )
    tells_stage = order.has("financial_status") or order.has("cancelled_at")
    return NativeOrder(
        payload=payload,
        shop_order_id=order_id,
        version_at=order_version_at(order),
        stage=order_stage(order) if tells_stage else None,
        undated=not order.has("updated_at"),
    )
