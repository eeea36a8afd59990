"""What WooCommerce and its extensions tell beside an order."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

from carts.platforms.payload import options_text, readable_values
from carts.platforms.woocommerce.payload import loose_text, meta_text
from intake.payload import Node, host_of

_PURCHASE_ORDERS = ("_purchase_order_number", "_po_number", "po_number", "purchase_order_number")
_TERMS = ("_payment_terms", "payment_terms")
_SMS = ("kl_sms_consent_checkbox", "_sms_consent", "sms_consent")  # the first is Klaviyo's
# The order's number at the marketplace it was made at: WP-Lister for Amazon, for eBay, and what others write.
_MARKETPLACES = {
    "_wpla_amazon_order_id": "amazon",
    "_amazon_order_id": "amazon",
    "_ebay_order_id": "ebay",
    "_etsy_order_id": "etsy",
}
_YES = ("1", "yes", "true", "on")
_TAG = re.compile("<[^<>]{0,200}>")


def custom_fields(order: Node, meta: Mapping[str, Node]) -> dict[str, str]:
    """By `mappings.shop_fields`."""
    return readable_values(
        {
            # WooCommerce's order attribution (core since 8.5): the campaign's source, else the site.
            "advertising_source": lambda: (
                meta_text(meta, "_wc_order_attribution_utm_source", 200)
                or host_of(meta_text(meta, "_wc_order_attribution_referrer", 2000))
            ),
            "customer_note": lambda: order.text("customer_note"),
            "item_options": lambda: options_text(
                (html.unescape(item.text("sku", 100) or item.text("name", 100)), _chosen(item))
                for item in order.nodes("line_items")
            ),
            "purchase_order_number": lambda: _first(meta, _PURCHASE_ORDERS),
            "payment_terms": lambda: _first(meta, _TERMS),
            # The marketplace, else by what the order was made: checkout, admin, rest-api, a till's name.
            "channel": lambda: (
                next((name for key, name in _MARKETPLACES.items() if meta_text(meta, key, 200)), "")
                or order.text("created_via", 100)
            ),
            "marketplace_order_number": lambda: _first(meta, _MARKETPLACES),
            "sms_consent": lambda: "yes" if _first(meta, _SMS).casefold() in _YES else "",
            "transaction_id": lambda: order.text("transaction_id"),
        }
    )


def _first(meta: Mapping[str, Node], keys: tuple[str, ...] | Mapping[str, str]) -> str:
    return next((text for key in keys if (text := meta_text(meta, key, 200))), "")


def _chosen(item: Node) -> Iterator[tuple[str, str]]:
    """What the shop shows of a line: fields with an underscore before them are an extension's own."""
    for entry in item.nodes("meta_data"):
        key = entry.text("key", 200)
        if not key.startswith("_"):
            name = _plain(loose_text(entry, "display_key", 200)) or key
            yield name, _plain(loose_text(entry, "display_value", 500) or loose_text(entry, "value", 500))


def _plain(text: str) -> str:
    return html.unescape(_TAG.sub("", text)).strip()
