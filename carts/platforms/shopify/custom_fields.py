"""What Shopify tells beside an order or a checkout, by the names of the mapping lists.

Docs: shopify.dev/docs/api/admin-rest (Order, Abandoned checkouts).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from carts.platforms.payload import options_text, readable_values
from carts.platforms.shopify.lines import items_of
from intake.payload import Node, host_of

_PAID_KINDS = ("sale", "capture")


def custom_fields(node: Node) -> dict[str, str]:
    """By `mappings.shop_fields`."""
    return readable_values(
        {
            "advertising_source": lambda: (
                _utm_source(node.text("landing_site")) or host_of(node.text("referring_site"))
            ),
            "customer_note": lambda: "\n".join(_notes(node)),
            "order_tags": lambda: node.text("tags"),
            "item_options": lambda: options_text(
                (
                    item.text("sku", 100) or item.text("title", 100),
                    [
                        (name, entry.text("value"))
                        for entry in item.nodes("properties")
                        # With an underscore they are an app's own and not shown to the buyer.
                        if not (name := entry.text("name", 200)).startswith("_")
                    ],
                )
                for item in items_of(node)
            ),
            "purchase_order_number": lambda: node.text("po_number"),
            "payment_terms": lambda: (
                node.node("payment_terms").text("payment_terms_name", 200)
                or node.node("payment_terms").text("payment_terms_type", 200)
            ),
            "channel": lambda: node.text("source_name", 100),
            "marketplace_order_number": lambda: (
                node.text("source_identifier", 200) or node.text("reference", 200)
            ),
            # Given at this checkout, or earlier as a customer.
            "sms_consent": lambda: (
                "yes"
                if True
                in (
                    node.flag("buyer_accepts_sms_marketing"),
                    node.node("customer").node("sms_marketing_consent").text("state") == "subscribed",
                )
                else ""
            ),
            "transaction_id": lambda: _transaction(node),
        }
    )


def _notes(node: Node) -> Iterator[str]:
    """The note, then what the shop's own fields of the cart ask for; such with an underscore are an app's."""
    if note := node.text("note"):
        yield note
    for entry in node.nodes("note_attributes"):
        name, value = entry.text("name", 200), entry.text("value")
        if value and not name.startswith("_"):
            yield f"{name}: {value}" if name else value


def _transaction(node: Node) -> str:
    """The last payment's id at the gateway, where the order comes with its payments."""
    found = [
        entry.text("authorization", 200) or entry.text("payment_id", 200) or entry.text("id", 200)
        for entry in node.nodes("transactions")
        if entry.text("kind") in _PAID_KINDS and entry.text("status") == "success"
    ]
    return next((text for text in reversed(found) if text), "")


def _utm_source(address: str) -> str:
    try:
        values = parse_qs(urlsplit(address).query, max_num_fields=200).get("utm_source", [])
    except ValueError:  # no address, or one with hundreds of parameters
        return ""
    return next((value.strip() for value in values if value.strip()), "")
