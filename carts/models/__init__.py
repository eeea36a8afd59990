from carts.models.events import InboundEvent
from carts.models.orders import Order, OrderLine
from carts.models.sources import ApiKey, Source

__all__ = ["ApiKey", "InboundEvent", "Order", "OrderLine", "Source"]
