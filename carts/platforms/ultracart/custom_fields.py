"""What UltraCart tells beside an order or a cart, as far as the webhook's expansions bring it."""

from __future__ import annotations

from carts.platforms.payload import options_text, readable_values
from carts.platforms.ultracart.money import amount
from intake.payload import Node
from mappings.shop_fields import CUSTOM_KEYS


def custom_fields(node: Node) -> dict[str, str]:
    """By `mappings.shop_fields`. Advertising source and custom fields are what merchants map: a wrong one is
    told. Raises: BadPayload, which names it.
    """
    checkout, marketing = node.node("checkout"), node.node("marketing")
    values = checkout.fields({key: key for key in CUSTOM_KEYS})
    values["advertising_source"] = marketing.text("advertising_source")
    # The API calls the list of tags `Tags`, with a capital (REST API v2, Order).
    tags = ("Tags", "tags")
    beside = readable_values(
        {
            "customer_note": lambda: checkout.text("comments"),
            "order_tags": lambda: ", ".join(
                tag.text("tag_value", 100) for name in tags for tag in node.nodes(name)
            ),
            "item_options": lambda: options_text(
                [
                    (item.text("merchant_item_id", 100) or item.text("item_id", 100), _options(item))
                    for item in node.nodes("items")
                ]
            ),
            "purchase_order_number": lambda: (
                node.node("payment").node("purchase_order").text("purchase_order_number")
            ),
            "channel": lambda: node.node("channel_partner").text("channel_partner_code"),
            "marketplace_order_number": lambda: node.node("channel_partner").text("channel_partner_order_id"),
            "sms_consent": lambda: "yes" if marketing.flag("cell_phone_opt_in") else "",
            "transaction_id": lambda: _transaction_id(node),
        }
    )
    return {key: value for key, value in values.items() if value} | beside


def _options(item: Node) -> list[tuple[str, str]]:
    """An order says `value`, a cart `selected_value` (REST API v2, OrderItemOption and CartItemOption);
    hidden
    ones are the shop's own business.
    """
    found = []
    for option in item.nodes("options"):
        if option.flag("hidden"):
            continue
        value = option.text("value") or option.text("selected_value")
        cost = amount(option, "cost_change")
        label = option.text("label") or option.text("name")
        found.append((label, f"{value} ({cost:+.2f})" if cost else value))
    return found + [(entry.text("name"), entry.text("value")) for entry in item.nodes("properties")]


def _transaction_id(node: Node) -> str:
    """Of the last payment that went through; the XML tells only one."""
    found = [
        entry.text("transaction_id", 200)
        for entry in node.node("payment").nodes("transactions")
        if entry.flag("successful") or not entry.has("successful")
    ]
    return next((text for text in reversed(found) if text), "")
