"""The types of record that shops tell of, for `carts.apps` to register."""

from __future__ import annotations

from typing import Any

from carts.ingest.checkouts import checkout_ingest
from carts.ingest.orders import order_ingest_native
from carts.ingest.records import (
    affiliate_ingest,
    cart_ingest,
    item_folder_ingest,
    refund_ingest,
    shipment_ingest,
)
from carts.platforms.shop_platform import NativeOrder, ShopPlatform
from carts.record_data import AffiliateData, CartData, CheckoutData, ItemFolderData, RefundData, ShipmentData
from intake.models.events import InboundEvent
from intake.records import IngestOutcome, RecordType


def _native_order_ingest(event: InboundEvent, platform: ShopPlatform, native: NativeOrder) -> IngestOutcome:
    """The order first, then its parcels, of what is known of it by now."""
    result = order_ingest_native(event.source, platform, native, event)
    order = result.order
    if order.is_history:
        return result.outcome
    # The order is locked: its parcels are the latest, unless they have times and come by themselves too.
    is_latest = not platform.dates_shipments
    outcomes = [
        shipment_ingest(event.source, parcel, event, is_latest=is_latest).outcome
        for parcel in platform.shipments(event.source, order.payload, order.version_at)
    ]
    return min([result.outcome, *outcomes], key=list(IngestOutcome).index)


def _stored(data: type, ingest: Any) -> RecordType[Any]:
    return RecordType(
        data=data, ingest=lambda event, _, record: ingest(event.source, record, event=event).outcome
    )


RECORD_TYPES: tuple[RecordType[Any], ...] = (
    RecordType(
        data=NativeOrder,
        ingest=_native_order_ingest,
        refresh_id=lambda native: native.shop_order_id if native.ask_again else "",
    ),
    RecordType(data=ItemFolderData, ingest=lambda event, _, folder: item_folder_ingest(event.source, folder)),
    _stored(CartData, cart_ingest),
    _stored(CheckoutData, checkout_ingest),
    _stored(AffiliateData, affiliate_ingest),
    _stored(ShipmentData, shipment_ingest),
    _stored(RefundData, refund_ingest),
)
