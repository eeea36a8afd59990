"""The pages of merchants, people and connections; importing a module registers its pages."""

from mappings.admin import connections, people

__all__ = ["connections", "people"]
