"""The items of a Magento order: bundles with their parts, configurable products with the article chosen.

Both come as separate rows that must not be charged twice: in a recorded bundle order the parts carry prices
too (github.com/openlabs/magento_integration, order 100000004). The older API links them by `parent_item_id`,
the SOAP API v2 does not, as its WSDL does not declare that field: there a bundle's part tells it by its
options, and the article of a configurable product by having the same SKU.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from carts.order_data import OrderLineData
from carts.platforms.magento.money import Money
from carts.platforms.magento.values import amount
from carts.platforms.payload import keys_of
from crm.money import quantize
from intake.payload import MAX_NUMBER, Node
from intake.platform import BadPayload

BUNDLE, CONFIGURABLE = "bundle", "configurable"
_PART_MARK = "bundle_selection_attributes"
_LONGEST_OPTIONS = 100_000
_SIX_PLACES = Decimal("0.000001")


@dataclass(slots=True)
class _Row:
    node: Node
    key: str
    type: str
    sku: str
    total: Decimal
    parent: _Row | None = None

    @property
    def is_parent(self) -> bool:
        return self.type in (BUNDLE, CONFIGURABLE)


def lines_parse(order: Node, money: Money) -> tuple[OrderLineData, ...] | None:
    """None where the order tells no items. The article of a configurable product is no line of its own: the
    product's row has its SKU and the price.
    """
    if not order.has("items"):
        return None
    items = order.nodes("items")
    keys = keys_of([item.identifier("item_id", 60) for item in items])
    rows = [
        _Row(
            node=item,
            key=key,
            type=item.text("product_type", 60),
            sku=item.text("sku"),
            total=money.of(item, "row_total") or Decimal(0),
        )
        for item, key in zip(items, keys, strict=True)
    ]
    _find_parents(rows)
    return tuple(
        OrderLineData(
            key=row.key,
            # The SKU; a bundle's may be put together of its parts' and too long for the name of a product.
            item_id=(row.sku if len(row.sku) <= 100 else "")
            or row.node.text("product_id", 100)
            or row.node.text("name", 100)
            or row.key,
            title=row.node.text("name"),
            quantity=_quantity(row.node),
            unit_price=_unit_price(row, money),
            kit=row.type == BUNDLE,
            kit_key=row.parent.key if row.parent else "",
        )
        for row in rows
        if row.parent is None or row.parent.type == BUNDLE
    )


def _find_parents(rows: Sequence[_Row]) -> None:
    by_key = {row.key: row for row in rows}
    linked = any(row.node.text("parent_item_id") for row in rows)
    for row in rows:
        named = by_key.get(row.node.text("parent_item_id"))
        row.parent = named if named is not row and named is not None and named.is_parent else None
    if linked:
        return
    for index, row in enumerate(rows):
        following = rows[index + 1 :]
        if row.type == CONFIGURABLE and following:
            chosen = following[0]
            if not chosen.is_parent and chosen.sku == row.sku and not chosen.total:
                chosen.parent = row
        elif row.type == BUNDLE:
            for taken in _parts(row, following):
                taken.parent = row


def _parts(bundle: _Row, following: Sequence[_Row]) -> Sequence[_Row]:
    """The rows that say so; where no options came, as many as make up the bundle's price, or cost nothing."""
    run = _until(following, lambda row: row.is_parent)
    marked = _until(run, lambda row: _PART_MARK not in row.node.text("product_options", _LONGEST_OPTIONS))
    if marked or any(row.node.text("product_options", 1) for row in run):
        return marked
    free = _until(run, lambda row: bool(row.total))
    if free:
        return free
    total = Decimal(0)
    for count, row in enumerate(run, start=1):
        total += row.total
        if total >= bundle.total:
            return run[:count] if total == bundle.total else ()
    return ()


def _until(rows: Sequence[_Row], ends: Callable[[_Row], bool]) -> Sequence[_Row]:
    return list(takewhile(lambda row: not ends(row), rows))


def _quantity(item: Node) -> Decimal:
    quantity = amount(item, "qty_ordered")
    if quantity is None or quantity < 0:
        raise BadPayload(f"The field {item.path('qty_ordered')} should be a number that is not negative.")
    return quantity


def _unit_price(row: _Row, money: Money) -> Decimal:
    """Before discounts and tax. Where price × quantity is not what the row came to, the row counts."""
    price, quantity = money.of(row.node, "price"), _quantity(row.node)
    total = money.of(row.node, "row_total")
    if total is None or not quantity:
        return price or Decimal(0)
    if price is not None and quantize(price * quantity, money.currency) == quantize(total, money.currency):
        return price
    each = (total / quantity).quantize(_SIX_PLACES)
    if abs(each) >= MAX_NUMBER:
        raise BadPayload(f"The field {row.node.path('row_total')} does not go with the quantity.")
    return each
