"""Admin pages: shops and their keys to edit, deliveries and orders to read."""

from carts.admin import events, keys, orders, sources

__all__ = ["events", "keys", "orders", "sources"]
