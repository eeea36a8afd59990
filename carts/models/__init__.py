from carts.models.events import InboundEvent
from carts.models.orders import Order, OrderLine
from carts.models.others import AbandonedCart, Affiliate, Refund, Shipment
from carts.models.sources import ApiKey, Source

__all__ = [
    "AbandonedCart",
    "Affiliate",
    "ApiKey",
    "InboundEvent",
    "Order",
    "OrderLine",
    "Refund",
    "Shipment",
    "Source",
]
