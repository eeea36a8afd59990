"""The shipments of a Magento order. One without a tracking number has left the house all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from carts.event_data import ShipmentData, Tracking
from carts.platforms.magento.values import moment, part
from carts.platforms.reading import Node


def shipments_parse(payload: Node, version_at: datetime) -> Iterator[ShipmentData]:
    """Raises: BadPayload, which names the field."""
    order = part(payload, "order")
    method = order.text("shipping_description", 200) or order.text("shipping_method", 200)
    for shipment in payload.nodes("shipments"):
        shipment_id = shipment.identifier("increment_id", 100)
        tracks = list(shipment.nodes("tracks"))
        if shipment_id:
            yield ShipmentData(
                shop_order_id=order.identifier("increment_id", 100),
                shipment_id=shipment_id,
                version_at=version_at,
                shipped_at=moment(shipment, "created_at"),
                tracking=_tracking(tracks),
                carrier=_carrier(tracks),
                method=method,
            )


def _tracking(tracks: list[Node]) -> tuple[Tracking, ...]:
    numbers = dict.fromkeys(track.text("number", 100) or track.text("track_number", 100) for track in tracks)
    return tuple(Tracking(number=number) for number in numbers if number)


def _carrier(tracks: list[Node]) -> str:
    """What the shop calls it; the code of a carrier entered by hand is only `custom`."""
    names = (track.text("title", 200) or track.text("carrier_code", 200) for track in tracks)
    return next((name for name in names if name), "")
