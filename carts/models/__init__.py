from carts.models.orders import Order, OrderLine
from carts.models.records import AbandonedCart, Affiliate, OpenCheckout, Refund, Shipment

__all__ = ["AbandonedCart", "Affiliate", "OpenCheckout", "Order", "OrderLine", "Refund", "Shipment"]
