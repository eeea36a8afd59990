"""What an UltraCart order tells of its parcels. The shop tells no parcels apart: it is one shipment.

Seen in the SDK samples: an unshipped and a shipped order both show `"tracking_numbers": [""]`, and a
`shipping_date` may come without any number.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from carts.record_data import ShipmentData, Tracking
from intake.payload import Node
from intake.platform import BadPayload


def shipment_parse(order: Node, version_at: datetime) -> ShipmentData | None:
    """None until there is a date or a tracking number."""
    shipping = order.node("shipping")
    details = shipping.nodes("tracking_number_details")
    urls = {detail.text("tracking_number", 100): detail.text("tracking_url") for detail in details}
    # The numbers in the order of the list, then those that only the details name.
    numbers = dict.fromkeys([*shipping.texts("tracking_numbers", 100), *urls])
    tracking = tuple(Tracking(number=number, url=urls.get(number, "")) for number in numbers if number)
    shipped_at = shipping.moment("shipping_date") or min(_dates(details, "shipped_date"), default=None)
    if shipped_at is None and not tracking:
        return None
    method = shipping.text("shipping_method", 200)
    methods = [method, *(detail.text("shipping_method", 200) for detail in details)]
    named = [carrier for carrier, colon, _ in (each.partition(":") for each in methods) if colon]
    delivered = _dates(details, "actual_delivery_date")
    return ShipmentData(
        shop_order_id=order.identifier("order_id", 100),
        version_at=version_at,
        shipped_at=shipped_at,
        tracking=tracking,
        carrier=named[0].strip() if named else "",  # of `USPS: Priority Mail`
        method=method,
        status=shipping.text("shipping_department_status", 60),
        expected_at=max(_dates(details, "expected_delivery_date"), default=None),
        delivered_at=max(delivered, default=None) if len(delivered) == len(details) else None,
    )


def _dates(details: list[Node], name: str) -> list[datetime]:
    """The form of carriers' dates is not documented; one that cannot be read parks no order."""
    found = []
    for detail in details:
        with suppress(BadPayload):
            found += detail.moments(name)
    return found
