"""The parcels of a WooCommerce order, of which only extensions tell: Shipment Tracking, and those like it.

There a wrong number is not corrected but deleted and entered again, under a new `tracking_id`. So all of an
order's parcels are one shipment: what was deleted goes.
Source: the samples of github.com/woocommerce/woocommerce-ios: `date_shipped` is a Unix time as text in the
order's meta data, and a date in the extension's own answer.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

from carts.platforms.woocommerce.payload import TRACKING_META, meta_of
from carts.record_data import ShipmentData, Tracking
from intake.payload import Node
from intake.platform import BadPayload

_LATEST = datetime.max.replace(tzinfo=UTC)


def shipment_parse(order: Node, version_at: datetime) -> ShipmentData | None:
    """None until a parcel has a number or a date. Parcels stand in the order in which they were sent."""
    meta = meta_of(order)
    found: list[Node] = []
    if TRACKING_META in meta:
        with suppress(BadPayload):  # an extension may keep there what it likes: that parks no order
            found = meta[TRACKING_META].nodes("value")
    parcels = [(_shipped_at(parcel), parcel) for parcel in found]
    parcels.sort(key=lambda dated: dated[0] or _LATEST)
    tracking = {
        number: Tracking(
            number=number, url=parcel.text("custom_tracking_link") or parcel.text("tracking_link")
        )
        for _, parcel in parcels
        if (number := parcel.text("tracking_number", 100))
    }
    shipped_at = next((moment for moment, _ in parcels if moment), None)
    if not tracking and shipped_at is None:
        return None
    carriers = dict.fromkeys(
        parcel.text("custom_tracking_provider", 100) or parcel.text("tracking_provider", 100)
        for _, parcel in parcels
    )
    methods = (line.text("method_title", 200) for line in order.nodes("shipping_lines"))
    return ShipmentData(
        shop_order_id=order.identifier("id", 100),
        version_at=version_at,
        shipped_at=shipped_at,
        tracking=tuple(tracking.values()),
        carrier=", ".join(filter(None, carriers))[:200],
        method=next(filter(None, methods), ""),
    )


def _shipped_at(parcel: Node) -> datetime | None:
    """A Unix time as text, or a date; one that cannot be read is none."""
    text = parcel.text("date_shipped", 40)
    try:
        if text.isascii() and text.isdecimal() and int(text) and len(text) > 8:
            return datetime.fromtimestamp(int(text), UTC)
        found = datetime.fromisoformat(text)
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if 1900 < found.year < 9999 else None
