"""The items of an UltraCart order, kits and their components among them.

Docs: UltraCart REST API v2, OrderItem: a kit is an item with `kit`, its parts are further items with
`kit_component` and the kit's `parent_item_index`; `item_index` counts from 1. How real kits are priced is not
documented.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from carts.order_data import OrderLineData
from carts.platforms.payload import keys_of
from carts.platforms.ultracart.money import amount
from intake.payload import Node
from intake.platform import BadPayload


def lines_parse(order: Node) -> tuple[OrderLineData, ...] | None:
    """None where the shop sent no items key: the webhook's expansion leaves the items out."""
    if not order.has("items"):
        return None
    items = order.nodes("items")
    keys = keys_of([item.text("item_index", 60) for item in items])
    kits = _Kits(items, keys)
    lines = []
    for item, key in zip(items, keys, strict=True):
        is_kit = item.flag("kit")
        if is_kit:
            kits.passed(key)
        item_id = item.identifier("merchant_item_id", 100)
        if not item_id:
            raise BadPayload(
                f"The field {item.path('merchant_item_id')} is missing; give the item an id in the shop."
            )
        quantity = item.number("quantity")
        if quantity is None or quantity < 0:
            raise BadPayload(f"The field {item.path('quantity')} should be a number that is not negative.")
        by_hand = amount(item, "arbitrary_unit_cost") or Decimal(0)
        lines.append(
            OrderLineData(
                key=key,
                item_id=item_id,
                title=item.text("description"),
                quantity=quantity,
                unit_price=by_hand if by_hand > 0 else amount(item, "cost") or Decimal(0),
                kit=is_kit,
                kit_key=kits.key_of(item) if item.flag("kit_component") else "",
            )
        )
    return tuple(lines)


class _Kits:
    """The kits of an order, and which of them a component belongs to."""

    def __init__(self, items: Sequence[Node], keys: Sequence[str]) -> None:
        self._by_index: dict[str, str] = {}
        self._by_id: dict[str, str] = {}
        self._latest = ""
        for item, key in zip(items, keys, strict=True):
            if item.flag("kit"):
                self._by_index.setdefault(item.text("item_index", 60), key)
                self._by_id.setdefault(item.text("merchant_item_id", 100), key)

    def key_of(self, item: Node) -> str:
        """By the parent's index, else by its id, else the kit last passed."""
        index, item_id = item.text("parent_item_index", 60), item.text("parent_merchant_item_id", 100)
        named = (index and self._by_index.get(index)) or (item_id and self._by_id.get(item_id))
        return named or self._latest or index or item_id or "kit"

    def passed(self, key: str) -> None:
        self._latest = key
