"""What an order's shipments are in the words of the settings page: one text per shipping value. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from carts.record_data import ShipmentData
from cascade.shop.shop_values import joined, moment_text
from mappings.models import ShippingField

Key = ShippingField.Key


def shipping_values(shipments: Sequence[ShipmentData]) -> dict[str, str]:
    """The values that are known, by `ShippingField.Key`, for `crm_value`; a blank one is left out.

    Several numbers, links, carriers, methods and words of status are joined by ", " in ship order, each once.
    The shipment date is the first parcel's; expected and delivered are the last one's. Times are ISO, UTC.
    """
    parcels = sorted(shipments, key=lambda parcel: parcel.shipped_at or parcel.version_at)
    tracking = [item for parcel in parcels for item in parcel.tracking]
    values = {
        Key.TRACKING_NUMBERS: joined(item.number for item in tracking),
        Key.TRACKING_URLS: joined(item.url for item in tracking),
        Key.SHIPPED_AT: _moment(sorted(_known(parcel.shipped_at for parcel in parcels))[:1]),
        Key.CARRIER: joined(parcel.carrier for parcel in parcels),
        Key.METHOD: joined(parcel.method for parcel in parcels),
        Key.STATUS: joined(parcel.status for parcel in parcels),
        Key.EXPECTED_AT: _moment(sorted(_known(parcel.expected_at for parcel in parcels))[-1:]),
        Key.DELIVERED_AT: _moment(sorted(_known(parcel.delivered_at for parcel in parcels))[-1:]),
    }
    return {key.value: value for key, value in values.items() if value}


def _known(moments: Iterable[datetime | None]) -> list[datetime]:
    return [moment for moment in moments if moment is not None]


def _moment(moments: Sequence[datetime]) -> str:
    return moment_text(moments[0]) if moments else ""
