"""What an UltraCart order tells of its parcels. The shop tells no parcels apart: it is one shipment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from carts.event_data import ShipmentData, Tracking
from carts.platforms.platform import BadPayload
from carts.platforms.reading import Node


def shipment_parse(order: Node, version_at: datetime) -> ShipmentData | None:
    """None until there is a date or a tracking number: unshipped orders carry a list with a blank number."""
    shipping = order.node("shipping")
    details = list(shipping.nodes("tracking_number_details"))
    tracking = _tracking(shipping, details)
    shipped_at = shipping.moment("shipping_date") or _earliest(_dates(details, "shipped_date"))
    if shipped_at is None and not tracking:
        return None
    method = shipping.text("shipping_method", 200)
    delivered = _dates(details, "actual_delivery_date")
    return ShipmentData(
        shop_order_id=order.identifier("order_id", 100),
        version_at=version_at,
        shipped_at=shipped_at,
        tracking=tracking,
        carrier=_carrier([method, *(detail.text("shipping_method", 200) for detail in details)]),
        method=method,
        status=shipping.text("shipping_department_status", 60),
        expected_at=_latest(_dates(details, "expected_delivery_date")),
        delivered_at=_latest(delivered) if len(delivered) == len(details) else None,
    )


def _tracking(shipping: Node, details: list[Node]) -> tuple[Tracking, ...]:
    """The numbers in the order of the list, then those that only the details name."""
    urls = {detail.text("tracking_number", 100): detail.text("tracking_url") for detail in details}
    numbers = dict.fromkeys([*shipping.texts("tracking_numbers", 100), *urls])
    return tuple(Tracking(number=number, url=urls.get(number, "")) for number in numbers if number)


def _carrier(methods: Iterable[str]) -> str:
    """Methods are named `USPS: Priority Mail`."""
    for method in methods:
        carrier, colon, _ = method.partition(":")
        if colon:
            return carrier.strip()
    return ""


def _dates(details: Iterable[Node], name: str) -> list[datetime]:
    """Carriers' dates come in forms that nobody promises; one that cannot be read parks no order."""
    found = []
    for detail in details:
        try:
            found.append(detail.moment(name))
        except BadPayload:
            continue
    return [moment for moment in found if moment is not None]


def _earliest(moments: list[datetime]) -> datetime | None:
    return min(moments, default=None)


def _latest(moments: list[datetime]) -> datetime | None:
    return max(moments, default=None)
