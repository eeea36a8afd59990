"""A Shopify fulfillment, which is one parcel: on its own, and as part of its order, with the same fields.

Docs: shopify.dev/docs/api/admin-rest, Fulfillment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from carts.record_data import ShipmentData, Tracking
from intake.payload import Node
from intake.platform import BadPayload

# Called off, or never left: its number leads nowhere.
VOID = {"cancelled", "error", "failure"}
_STATUSES = ("pending", "open", "success", "error", "failure", "cancelled")  # as they follow each other


def fulfillment_parse(fulfillment: Node, received_at: datetime, order_id: str = "") -> ShipmentData:
    """Only what both ways tell is taken, so that they agree. Raises: BadPayload, which names the field."""
    order_id = fulfillment.identifier("order_id", 100) or order_id
    shipment_id = fulfillment.identifier("id", 100)
    if not order_id or not shipment_id:
        raise BadPayload(
            "The fulfillment has no id or no order_id, so it cannot be told which order it is about. "
            "Take all fields into the webhook again."
        )
    status = fulfillment.text("status", 60)
    is_void = status in VOID
    # Times are whole seconds: of one second, the later status is the later.
    changed = fulfillment.moment("updated_at") or fulfillment.moment("created_at")
    rank = _STATUSES.index(status) if status in _STATUSES else 0
    return ShipmentData(
        shop_order_id=order_id,
        shipment_id=shipment_id,
        version_at=changed.astimezone(UTC) + timedelta(microseconds=rank) if changed else received_at,
        shipped_at=None if is_void else fulfillment.moment("created_at"),
        tracking=() if is_void else tuple(_tracking(fulfillment)),
        carrier="" if is_void else fulfillment.text("tracking_company", 200),
        status=fulfillment.text("shipment_status", 60) or status,
    )


def fulfillments_of(order: Node, version_at: datetime) -> list[ShipmentData]:
    order_id = order.identifier("id", 100)
    return [fulfillment_parse(entry, version_at, order_id) for entry in order.nodes("fulfillments")]


def _tracking(fulfillment: Node) -> Iterator[Tracking]:
    """With the address that names the number, else the one in its place; of lists that do not match, none."""
    numbers = fulfillment.texts("tracking_numbers", 100)
    urls = fulfillment.texts("tracking_urls", 2000)
    if not numbers:
        numbers = [text for text in (fulfillment.text("tracking_number", 100),) if text]
        urls = [text for text in (fulfillment.text("tracking_url"),) if text]
    for place, number in enumerate(numbers):
        named = next((url for url in urls if number in url), "")
        yield Tracking(number=number, url=named or (urls[place] if len(urls) == len(numbers) else ""))
