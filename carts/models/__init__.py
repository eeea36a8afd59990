from carts.models.events import InboundEvent
from carts.models.orders import Order, OrderLine
from carts.models.others import AbandonedCart, Affiliate, OpenCheckout, Refund, Shipment
from carts.models.polling import Catchup, FeedState, OrderReading, PolledRecord, Poller
from carts.models.sources import ApiKey, Source

__all__ = [
    "AbandonedCart",
    "Affiliate",
    "ApiKey",
    "Catchup",
    "FeedState",
    "InboundEvent",
    "OpenCheckout",
    "Order",
    "OrderLine",
    "OrderReading",
    "PolledRecord",
    "Poller",
    "Refund",
    "Shipment",
    "Source",
]
