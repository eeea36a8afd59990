"""What only UltraCart's API tells: affiliates, and in which folder an item lies.

Docs: UltraCart REST API v2, Affiliate (`address_1` where an order has `address1`) and Item.
"""

from __future__ import annotations

from datetime import datetime

from carts.record_data import AffiliateData, ItemFolderData
from intake.party import Party
from intake.payload import Node
from intake.platform import BadPayload


def affiliate_parse(affiliate: Node, received_at: datetime) -> AffiliateData:
    """Affiliates carry no time of change, so the version is when they were read. Raises: BadPayload."""
    affiliate_id = affiliate.identifier("affiliate_oid", 100)
    if not affiliate_id:
        raise BadPayload("The affiliate has no affiliate_oid, so it cannot be told which one it is.")
    phone = affiliate.text("phone", 60)
    return AffiliateData(
        shop_affiliate_id=affiliate_id,
        version_at=received_at,
        code=affiliate.identifier("short_code", 100),
        email=affiliate.identifier("email", 320),
        party=Party(
            first_name=affiliate.text("first_name"),
            last_name=affiliate.text("last_name"),
            company=affiliate.text("company_name"),
            phones=(phone,) if phone else (),
            street1=affiliate.text("address_1"),
            street2=affiliate.text("address_2"),
            city=affiliate.text("city"),
            region=affiliate.text("state"),
            postal_code=affiliate.text("postal_code"),
            country=affiliate.text("country_code"),
        ),
        active=affiliate.text("status") != "Inactive",
    )


def item_folder_parse(item: Node) -> ItemFolderData:
    """The folder's number, as merchants know it: 0 is the root. Raises: BadPayload."""
    item_id = item.identifier("merchant_item_id", 100)
    if not item_id:
        raise BadPayload("The item has no merchant_item_id, so no order can name it.")
    folder_id = item.identifier("parent_category_id", 200) or item.identifier("parent_category_path", 200)
    return ItemFolderData(item_id=item_id, folder_id=folder_id)
