"""The orders that marketplace extensions make for each vendor, beside the order the buyer placed.

All of them name the buyer's order as their parent. So do the follow-up orders of other extensions
(subscriptions, deposits, upsells), which are purchases or payments of their own: what tells a vendor's order
is what its extension writes. WCFM and WC Vendors keep their vendors' parts in tables of their own, and tell
none.
Source: github.com/ibericode/mailchimp-for-wordpress, issue 670; mailchimp/mc-woocommerce, issue 834;
Starktail/woocommerce_fusion, issue 145; multivendorx, issue 334.
"""

from __future__ import annotations

from collections.abc import Mapping

from carts.platforms.woocommerce.payload import loose_text, meta_text
from intake.payload import Node

# On the buyer's order: Dokan, MultiVendorX and its older names.
HAS_SUB_ORDERS = ("has_sub_order", "has_mvx_sub_order", "has_multivendorx_sub_order", "has_wcmp_sub_order")
_MADE_BY = {"dokan", "yith_wcmv_vendor_suborder", "mvx_vendor_order", "wcmp_vendor_order"}
_VENDOR_KEYS = (
    *("_dokan_vendor_id", "_mvx_order_version", "_wcmp_order_version", "multivendorx_store_id", "_vendor_id"),
)
_FOLLOW_UPS = (  # of WooCommerce Subscriptions
    *("_subscription_renewal", "_subscription_resubscribe", "_subscription_switch"),
)
_CHECKOUTS = {
    "",
    "checkout",
    "store-api",
    "admin",
    "rest-api",
}  # older extensions copy it from the buyer's order


def view_of(order: Node, meta: Mapping[str, Node]) -> str:
    """The buyer's order, if this one is a vendor's part of it."""
    parent = loose_text(order, "parent_id", 100)
    if parent in ("", "0") or any(meta_text(meta, key, 100) for key in _FOLLOW_UPS):
        return ""
    made_by = loose_text(order, "created_via", 60)
    by_vendor = made_by in _CHECKOUTS and any(meta_text(meta, key, 100) for key in _VENDOR_KEYS)
    return parent if made_by in _MADE_BY or by_vendor else ""
