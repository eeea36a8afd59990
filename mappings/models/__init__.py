from mappings.models.batches import BatchImport
from mappings.models.connection import ApiCall, Connection
from mappings.models.directory import DirectoryEntry, DirectoryList, DirectoryRow
from mappings.models.merchants import Membership, Merchant
from mappings.models.notices import Notice, NoticeMail
from mappings.models.oauth import OAuthGrant
from mappings.models.order_settings import OrderSettings
from mappings.models.quota import Outage, QuotaReservation, QuotaScope
from mappings.models.tables import (
    AffiliateMapping,
    FieldMapping,
    ItemFolder,
    PaymentTypeMapping,
    ProductActionSet,
    ProductGoal,
    ProductMapping,
    ProductTag,
    SalesRepOwner,
    ShippingField,
)

__all__ = [
    "AffiliateMapping",
    "ApiCall",
    "BatchImport",
    "Connection",
    "DirectoryEntry",
    "DirectoryList",
    "DirectoryRow",
    "FieldMapping",
    "ItemFolder",
    "Membership",
    "Merchant",
    "Notice",
    "NoticeMail",
    "OAuthGrant",
    "OrderSettings",
    "Outage",
    "PaymentTypeMapping",
    "ProductActionSet",
    "ProductGoal",
    "ProductMapping",
    "ProductTag",
    "QuotaReservation",
    "QuotaScope",
    "SalesRepOwner",
    "ShippingField",
]
