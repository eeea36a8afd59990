"""Admin pages: shops and their keys to edit; deliveries, orders and all else that shops tell, to read."""

from carts.admin import events, keys, orders, others, sources

__all__ = ["events", "keys", "orders", "others", "sources"]
