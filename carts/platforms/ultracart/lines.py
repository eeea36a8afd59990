"""The items of an UltraCart order, kits and their components among them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from carts.order_data import OrderLineData
from carts.platforms.platform import BadPayload
from carts.platforms.reading import Node
from carts.platforms.ultracart.money import amount


def lines_parse(order: Node) -> tuple[OrderLineData, ...] | None:
    """None where the shop sent no items key: the webhook's expansion leaves the items out."""
    if not order.has("items"):
        return None
    items = list(order.nodes("items"))
    keys = _keys(items)
    kits = _Kits(items, keys)
    return tuple(_line(item, key, kits) for item, key in zip(items, keys, strict=True))


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


def _line(item: Node, key: str, kits: _Kits) -> OrderLineData:
    is_kit, is_component = item.flag("kit"), item.flag("kit_component")
    if is_kit:
        kits.passed(key)
    return OrderLineData(
        key=key,
        item_id=_item_id(item),
        title=item.text("description"),
        quantity=_quantity(item),
        unit_price=_unit_price(item),
        kit=is_kit,
        kit_key=kits.key_of(item) if is_component else "",
    )


def _keys(items: Sequence[Node]) -> list[str]:
    """The shop's index of each item, or its position if the indexes do not tell the items apart."""
    indexes = [item.text("item_index", 60) for item in items]
    if "" in indexes or len(set(indexes)) < len(indexes):
        return [str(position) for position in range(1, len(items) + 1)]
    return indexes


def _item_id(item: Node) -> str:
    item_id = item.identifier("merchant_item_id", 100)
    if not item_id:
        raise BadPayload(
            f"The field {item.path('merchant_item_id')} is missing; give the item an id in the shop."
        )
    return item_id


def _quantity(item: Node) -> Decimal:
    quantity = item.number("quantity")
    if quantity is None or quantity < 0:
        raise BadPayload(f"The field {item.path('quantity')} should be a number that is not negative.")
    return quantity


def _unit_price(item: Node) -> Decimal:
    """The list price: the price set by hand, if there is one, else the item's cost."""
    arbitrary = amount(item, "arbitrary_unit_cost")
    if arbitrary is not None and arbitrary > 0:
        return arbitrary
    return amount(item, "cost") or Decimal(0)
