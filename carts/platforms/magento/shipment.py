"""The shipments of a Magento order.

One without a tracking number counts as shipped all the same: answers recorded at a store
(github.com/flowlink/magento_integration, salesOrderShipmentInfo) have no tracks.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from carts.platforms.magento.values import moment, part
from carts.record_data import ShipmentData, Tracking
from intake.payload import Node


def shipments_parse(payload: Node, version_at: datetime) -> Iterator[ShipmentData]:
    """Raises: BadPayload, which names the field."""
    order = part(payload, "order")
    method = order.text("shipping_description", 200) or order.text("shipping_method", 200)
    for shipment in payload.nodes("shipments"):
        shipment_id = shipment.identifier("increment_id", 100)
        tracks = shipment.nodes("tracks")
        numbers = dict.fromkeys(
            track.text("number", 100) or track.text("track_number", 100) for track in tracks
        )
        # What the shop calls it; the code of a carrier entered by hand is only `custom`.
        names = (track.text("title", 200) or track.text("carrier_code", 200) for track in tracks)
        if shipment_id:
            yield ShipmentData(
                shop_order_id=order.identifier("increment_id", 100),
                shipment_id=shipment_id,
                version_at=version_at,
                shipped_at=moment(shipment, "created_at"),
                tracking=tuple(Tracking(number=number) for number in numbers if number),
                carrier=next(filter(None, names), ""),
                method=method,
            )
