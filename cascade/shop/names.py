"""The words by which the database knows the shop's kinds of replication; never changed."""

from __future__ import annotations

from enum import StrEnum


class ShopKind(StrEnum):
    ORDER = "order"
    CART = "cart"
    AFFILIATE = "affiliate"
    SHIPMENT = "shipment"
