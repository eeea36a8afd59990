from mappings.models.connection import ApiCall, Connection
from mappings.models.merchants import Membership, Merchant
from mappings.models.order_settings import OrderSettings
from mappings.models.tables import DirectoryEntry, PaymentTypeMapping, ProductMapping, ProductTag

__all__ = [
    "ApiCall",
    "Connection",
    "DirectoryEntry",
    "Membership",
    "Merchant",
    "OrderSettings",
    "PaymentTypeMapping",
    "ProductMapping",
    "ProductTag",
]
