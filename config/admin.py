"""Which pages the product has: importing their modules registers them.

A Django shop that installs the apps without `config` keeps its admin, and its users, as they are.
"""

from bookings.admin import settings as booking_settings
from bookings.admin import source_panel as booking_source
from carts.admin import history, missing_orders, orders, records
from intake.admin import events, keys, sources
from mappings.admin import connections, people

__all__ = [
    "booking_settings",
    "booking_source",
    "connections",
    "events",
    "history",
    "keys",
    "missing_orders",
    "orders",
    "people",
    "records",
    "sources",
]
