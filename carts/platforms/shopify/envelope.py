"""The wrappings of a Shopify delivery, and what it is about.

A webhook's body is the resource itself, and its topic, such as `orders/paid`, stands in a header
(shopify.dev, Webhooks). The Admin API's `{"order": {…}}` and `{"orders": […]}` are taken too. Without a topic
an event is named by what its fields show it to be: `orders`, `checkouts`, `fulfillments`, `refunds`,
`customers`, `carts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intake.json_text import json_write
from intake.payload import delivery_read
from intake.platform import BadPayload, Delivery, NativeEvent

TOPIC_HEADER = "x-shopify-topic"
NAME_LENGTH = 60
MAX_EVENTS = 1000

_ENVELOPES = {
    "order": "orders",
    "checkout": "checkouts",
    "fulfillment": "fulfillments",
    "refund": "refunds",
    "customer": "customers",
}

# Fields that only one kind has; where none of them came, others make it likely.
_SURE = {
    "refunds": ("refund_line_items", "refund_shipping_lines", "order_adjustments"),
    "fulfillments": ("tracking_numbers", "tracking_company", "tracking_number", "shipment_status"),
    "checkouts": ("abandoned_checkout_url",),
    "orders": ("financial_status", "order_number", "fulfillment_status", "current_total_price"),
    "customers": ("verified_email", "addresses", "default_address", "multipass_identifier"),
}
_LIKELY = {"checkouts": ("completed_at",), "orders": ("total_price",), "carts": ("line_items",)}


def envelope_open(delivery: Delivery) -> list[NativeEvent]:
    """Take a delivery apart without judging its events. Raises: BadPayload if the whole is unreadable."""
    topic = delivery.headers.get(TOPIC_HEADER, "").strip()[:NAME_LENGTH]
    value = delivery_read(delivery.body)
    entries = value  # of a list, bare or in the Admin API's envelope
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _ENVELOPES.values():
        entries = next(iter(value.values()))
    if not isinstance(entries, list):
        return [NativeEvent(name=topic or name_of(value), body=delivery.body)]
    if not entries:
        raise BadPayload("The delivery holds nothing: its list is empty.")
    if len(entries) > MAX_EVENTS:
        raise BadPayload(f"The delivery holds {len(entries)} entries. Send at most {MAX_EVENTS} at once.")
    return [NativeEvent(name=topic or name_of(entry), body=json_write(entry).encode()) for entry in entries]


def resource_of(value: Any) -> dict[str, Any]:
    """What an event holds, out of its envelope. Raises: BadPayload unless it is an object."""
    if isinstance(value, dict) and len(value) == 1:
        key = next(iter(value))
        if key in _ENVELOPES and isinstance(value[key], dict):
            value = value[key]
    if not isinstance(value, dict):
        raise BadPayload("The event holds no object.", f"It is {value!r:.200}.")
    return value


def name_of(value: Any) -> str:
    """The name of an event without a topic; blank if its fields do not show what it is."""
    if not isinstance(value, dict):
        return ""
    if len(value) == 1 and isinstance(next(iter(value.values())), dict):
        name = _ENVELOPES.get(next(iter(value)), "")
        if name:
            return name
    return _marked(value, _SURE) or _marked(value, _LIKELY)


def check_topic(resource: str, payload: dict[str, Any]) -> None:
    """Raises: BadPayload if the fields are surely those of another kind: no signature covers the topic."""
    shown = _marked(payload, _SURE)
    if shown and resource in _SURE and shown != resource:
        raise BadPayload(f"The topic says {resource}, but the fields are those of {shown}. Send it again.")


def _marked(value: dict[str, Any], kinds: Mapping[str, tuple[str, ...]]) -> str:
    return next((name for name, marks in kinds.items() if any(mark in value for mark in marks)), "")
