"""What WooCommerce delivers, before it means anything: topics, shapes, times, and PHP's ways with JSON.

Docs: WooCommerce REST API v3, Webhooks and Order: the body is the resource itself, `order.deleted` has the id
alone, and of each time there is a `_gmt` twin. Some shops send orders without addresses
(github.com/mailchimp/mc-woocommerce, issue 88).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from intake.json_text import json_write
from intake.payload import MAX_ITEMS, Node, delivery_read
from intake.platform import BadPayload, NativeEvent

ORDER = "order"  # the name of an order that came without a topic
TRACKINGS = "shipment_trackings"
TRACKING_META = "_wc_shipment_tracking_items"

_LISTS = {
    "line_items",
    "meta_data",
    "shipping_lines",
    "fee_lines",
    "coupon_lines",
    "tax_lines",
    "refunds",
    "gift_cards",
    "pw_gift_cards_redeemed",
}
_OBJECTS = {"billing", "shipping"}
_ORDER_KEYS = {"line_items", "order_key", "payment_method", "date_paid", "date_paid_gmt"}
_SHAPES = (  # of what is no order: the keys that only it has
    ("customer", {"username", "is_paying_customer", "role"}),
    ("product", {"regular_price", "catalog_visibility"}),
    ("coupon", {"discount_type"}),
    (TRACKINGS, {"tracking_id", "tracking_provider"}),
)


def events_of(body: bytes) -> list[NativeEvent]:
    """Tell by its shape what came without a topic; a list of orders is one event each. Raises: BadPayload."""
    value = delivery_read(body)
    if isinstance(value, dict) and _ORDER_KEYS.isdisjoint(value) and isinstance(value.get("data"), dict):
        value = value["data"]  # as the gateway of WooCommerce's own app wraps it
        body = json_write(value).encode()
    if isinstance(value, list) and value and _shape(value[0]) != TRACKINGS:
        if len(value) > MAX_ITEMS:
            raise BadPayload(f"The delivery holds more than {MAX_ITEMS} orders. Send fewer at once.")
        return [NativeEvent(name=_shape(item), body=json_write(item).encode()) for item in value]
    return [NativeEvent(name=_shape(value), body=body)]


def _shape(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return ""
    if not _ORDER_KEYS.isdisjoint(value):
        return ORDER
    if set(value) == {"id"}:
        return f"{ORDER}.deleted"
    return next((name for name, keys in _SHAPES if not keys.isdisjoint(value)), "")


def tidy(payload: Mapping[str, Any]) -> dict[str, Any]:
    """PHP writes a list with a gap in it as an object, and an empty object as a list: correct both."""
    tidied = dict(payload)
    for name, value in payload.items():
        if name in _OBJECTS and value == []:
            tidied[name] = {}
        elif name in _LISTS:
            entries = _listed(value)
            if isinstance(entries, list):
                entries = [tidy(entry) if isinstance(entry, dict) else entry for entry in entries]
            tidied[name] = entries
    if tidied.get("key") == TRACKING_META:  # an entry of the meta data
        tidied["value"] = _listed(tidied.get("value"))
    return tidied


def _listed(value: Any) -> Any:
    return list(value.values()) if isinstance(value, dict) else value


def meta_of(node: Node) -> dict[str, Node]:
    """The `meta_data` of an order or a line by key; of several with one key the first, as in WordPress."""
    found: dict[str, Node] = {}
    for entry in node.nodes("meta_data"):
        found.setdefault(entry.text("key", 200), entry)
    return found


def meta_text(meta: Mapping[str, Node], key: str, limit: int) -> str:
    """The value as text, "" where it is none."""
    return loose_text(meta[key], "value", limit) if key in meta else ""


def loose_text(node: Node, name: str, limit: int) -> str:
    """A field of an extension, which keeps there what it likes: what is no text parks no order."""
    try:
        return node.text(name, limit)
    except BadPayload:
        return ""


def meta_amount(meta: Mapping[str, Node], key: str) -> Decimal:
    """The value as a number, 0 where it is none."""
    try:
        return (amount(meta[key], "value") if key in meta else None) or Decimal(0)
    except BadPayload:
        return Decimal(0)


def amount(node: Node, name: str) -> Decimal | None:
    """An amount in major units; an empty text is none."""
    return node.number(name) if node.text(name) else None


def moment(node: Node, name: str) -> datetime | None:
    """A time: of the `_gmt` twin, which is UTC and does not say so, else the site's own, taken for UTC."""
    for field in (f"{name}_gmt", name):
        text = node.text(field, 60)
        if not text or text.startswith(("0000", "-0001")):  # what MySQL has for “never”
            continue
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or not 1900 < found.year < 9999:
            raise BadPayload(
                f"The field {node.path(field)} should be a time of the years 1900 to 9999, such as "
                "2026-03-02T15:04:05.",
                f"It is {text!r:.200}.",
            )
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return None
