"""Which pages the product has: importing their modules registers them.

A Django shop that installs the apps without `config` keeps its admin, and its users, as they are.
"""

from carts.admin import events, keys, orders, others, sources
from mappings.admin import connections, people

__all__ = ["connections", "events", "keys", "orders", "others", "people", "sources"]
