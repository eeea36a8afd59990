"""Take in what a platform read out of an event, by its kind."""

from __future__ import annotations

from carts.event_data import (
    AffiliateData,
    CartData,
    CheckoutData,
    ItemFolderData,
    RefundData,
    ShipmentData,
)
from carts.models.events import InboundEvent
from carts.models.sources import Source
from carts.platforms.base import Record
from carts.services.checkouts import checkout_ingest
from carts.services.folders import item_folder_ingest
from carts.services.others import affiliate_ingest, cart_ingest, refund_ingest, shipment_ingest
from carts.services.versions import Outcome


def record_ingest(source: Source, data: Record, event: InboundEvent) -> Outcome:
    match data:
        case CartData():
            return cart_ingest(source, data, event=event).outcome
        case CheckoutData():
            return checkout_ingest(source, data, event=event).outcome
        case ItemFolderData():
            return item_folder_ingest(source, data)
        case AffiliateData():
            return affiliate_ingest(source, data, event=event).outcome
        case ShipmentData():
            return shipment_ingest(source, data, event=event).outcome
        case RefundData():
            return refund_ingest(source, data, event=event).outcome
