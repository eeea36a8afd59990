"""WooCommerce: signed webhooks, and the REST API v3 that is asked because no failed delivery is repeated.

Docs: WooCommerce, Webhooks: the signature is the body's HMAC-SHA256 in base64; after more than five failures
in a row a webhook is disabled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from carts.order_data import OrderData
from carts.platforms.shop_platform import NativeOrder, ReadEvent, ShopPlatform
from carts.platforms.woocommerce.base_currency import doubt_of, in_base_currency
from carts.platforms.woocommerce.order import order_parse, order_stage, order_version_at
from carts.platforms.woocommerce.payload import ORDER, TRACKINGS, events_of, moment, tidy
from carts.platforms.woocommerce.sample_delivery import sample_delivery
from carts.platforms.woocommerce.shipment import shipment_parse
from carts.platforms.woocommerce.shop import ORDERS_FEED, WooCommerceShop
from carts.record_data import ShipmentData
from intake.models.sources import Source
from intake.payload import Node, event_read
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed, signed_with
from intake.shop_api import Credential, Feed, Shop

_PING = re.compile(rb"webhook_id=\d{1,20}\s*")
_TOPIC = "x-wc-webhook-topic"
_DELETED = "The shop deleted the order, or moved it to the trash; what was replicated stays in the CRM."
_NOT_USED = {  # by the first word of the topic
    "customer": "Customers by themselves change nothing in the CRM: contacts are made of orders.",
    "product": "Products by themselves change nothing in the CRM: items are mapped on the settings page.",
    "coupon": "Coupons by themselves change nothing in the CRM: they come with the orders that use them.",
    "subscription": "Subscriptions by themselves change nothing in the CRM: each renewal comes as an order.",
    "action": "A delivery of an action holds no order. Choose the topics Order created and Order updated.",
    TRACKINGS: (
        "A list of trackings does not name its order. Nothing is lost: trackings come with their order, by "
        "the topic Order updated."
    ),
}


class WooCommerce(ShopPlatform):
    name = "woocommerce"
    title = "WooCommerce"
    signs = True
    kept_headers = (
        _TOPIC,
        "x-wc-webhook-resource",
        "x-wc-webhook-event",
        "x-wc-webhook-source",
        "x-wc-webhook-id",
    )
    delivery_id_header = "x-wc-webhook-delivery-id"
    credentials = (
        Credential(
            field="shop_url",
            label="Site address",
            help="Where the shop's WordPress lives, with https:// and its folder if it lives in one.",
        ),
        Credential(
            field="api_user",
            label="Consumer key",
            help="Begins with ck_. WooCommerce → Settings → Advanced → REST API → Add key, permission Read.",
        ),
        Credential(
            field="api_secret",
            label="Consumer secret",
            help="Begins with cs_. WooCommerce shows it once, beside the consumer key.",
        ),
    )
    refresh_id_help = "the number in the address of the order's page, post= or id="
    feeds = (Feed(name=ORDERS_FEED, title="Orders"),)

    def is_greeting(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Saving a webhook sends a ping, its id alone as a form (WooCommerce, Webhooks)."""
        return _PING.fullmatch(body) is not None

    def authenticate(self, source: Source, headers: Mapping[str, str], body: bytes) -> bool:
        secrets = (source.signing_secret, source.signing_secret_before)
        return signed_with(secrets, body, headers.get("X-WC-Webhook-Signature") or "")

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        topic = delivery.headers.get(_TOPIC, "").strip().lower()
        if topic:
            return [NativeEvent(name=topic[:60], body=delivery.body)]
        return events_of(delivery.body)

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> ReadEvent:
        resource, _, what = event.name.partition(".")
        if resource in _NOT_USED:
            return NotUsed(reason=_NOT_USED[resource])
        if resource == ORDER and what == "deleted":
            return NotUsed(reason=_DELETED)
        if resource not in (ORDER, ""):
            return NotUsed(reason=f"Events of the kind {event.name!r} are not replicated; orders are.")
        return _order(event)

    def parse(self, source: Source, payload: dict[str, Any], received_at: datetime) -> OrderData:
        currency = payload.get("currency")
        if currency in (None, source.currency) or source.connection_id is None:
            return order_parse(payload, source.currency)
        if currency == source.connection.crm_currency:
            return order_parse(payload, source.currency)  # no exchange is better than a good one
        based = in_base_currency(payload, source.currency)
        if based is None:
            return order_parse(payload, source.currency)
        data = order_parse(based.payload, source.currency)
        data = replace(data, paid_currency=based.paid_currency, paid_total=based.paid_total)
        return replace(data, doubt=data.doubt or doubt_of(data))

    def shipments(
        self, source: Source, payload: dict[str, Any], version_at: datetime
    ) -> Sequence[ShipmentData]:
        shipment = shipment_parse(Node(payload), version_at)
        return () if shipment is None else (shipment,)

    def reach(self, source: Source) -> Shop:
        return WooCommerceShop(source.shop_url, source.api_user, source.api_secret)

    def test_delivery(self, source: Source, now: datetime) -> tuple[bytes, dict[str, str]]:
        return sample_delivery(source, now)


def _order(event: NativeEvent) -> ReadEvent:
    """The resource as the REST API has it. A key sent as null is kept: it says that a thing is not so."""
    value = event_read(event.body)
    if not isinstance(value, dict):
        raise BadPayload("The delivery holds no WooCommerce order.", f"It is {value!r:.200}.")
    if set(value) == {"id"}:
        return NotUsed(reason=_DELETED)
    payload = tidy(value)
    order = Node(payload)
    order_id = order.identifier("id", 100)
    if not event.name or not order_id:
        raise BadPayload(
            "This is no WooCommerce order: it should be the order as the REST API v3 has it, with its id. "
            "Choose the API version “WP REST API Integration v3” in the webhook.",
            f"Its keys are {', '.join(list(payload)[:20])!r:.200}.",
        )
    return NativeOrder(
        payload=payload,
        shop_order_id=order_id,
        version_at=order_version_at(order),
        stage=order_stage(order) if "status" in payload else None,
        undated=moment(order, "date_modified") is None,
    )
