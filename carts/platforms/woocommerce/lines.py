"""The items of a WooCommerce order, bundles and their parts among them.

WooCommerce tells whole lines, without tax: `subtotal` before and `total` after discounts. Whatever
`prices_include_tax` says, it only tells how prices were typed in the shop. The unit `price` is a raw float.
Docs: WooCommerce REST API v3, Order line item properties; the samples of
github.com/woocommerce/woocommerce-ios.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from carts.order_data import OrderLineData
from carts.platforms.payload import keys_of
from carts.platforms.woocommerce.payload import amount, loose_text, meta_of, meta_text
from crm.money import quantize
from intake.payload import MAX_NUMBER, Node
from intake.platform import BadPayload

_SIX_PLACES = Decimal("0.000001")
# A part names its container by line id in a field, or by the container's cart key in its meta data. The
# container may be missing (github.com/woocommerce/woocommerce, issue 24600).
_PARENT_FIELDS = ("bundled_by", "composite_parent")
_CART_KEYS = {
    "_bundled_by": ("_bundle_cart_key", "_yith_bundle_cart_key"),
    "_composite_parent": ("_composite_cart_key",),
    "_mnm_container": ("_mnm_cart_key",),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A line with its whole amounts, rounded to the currency: at list price, and what is charged of it."""

    data: OrderLineData
    listed: Decimal
    charged: Decimal


def rows_parse(order: Node, currency: str) -> tuple[Row, ...] | None:
    """None where the shop sent no lines. A line below zero is money given, no item: `reductions_parse`."""
    if not order.has("line_items"):
        return None
    items = order.nodes("line_items")
    keys = keys_of([item.text("id", 60) for item in items])
    parents = _parents(items, keys)
    kits = set(parents.values())
    rows = []
    for item, key in zip(items, keys, strict=True):
        exact = _listed(item)
        if exact < 0:
            continue
        listed, total = quantize(exact, currency), amount(item, "total")
        quantity, price = _priced(item, listed, currency)
        ids = (item.text(name, 100) for name in ("variation_id", "product_id"))
        data = OrderLineData(
            key=key,
            # The SKU, else the variation, the product, the name: merchants map by it. A variation may have no
            # SKU of its own (github.com/libracore/WooCommerceConnector, issue 80).
            item_id=item.identifier("sku", 100)
            or next((found for found in ids if found not in ("", "0")), "")
            or item.text("name", 100)
            or key,
            title=_title(item),
            quantity=quantity,
            unit_price=price,
            kit=key in kits,
            kit_key=parents.get(key, ""),
        )
        charged = listed if total is None else quantize(total, currency)
        rows.append(Row(data=data, listed=listed, charged=charged))
    return tuple(rows)


def reductions_parse(order: Node) -> list[tuple[str, str, Decimal]]:
    """Key, title and amount of the lines below zero, as trade-ins and deposits are sometimes entered."""
    items = order.nodes("line_items")
    keyed = zip(keys_of([item.text("id", 60) for item in items]), items, strict=True)
    return [(f"line:{key}", _title(item), value) for key, item in keyed if (value := _listed(item)) < 0]


def _listed(item: Node) -> Decimal:
    """What the line costs before discounts. Only where somebody raised its total is that the larger one."""
    known = [found for name in ("subtotal", "total") if (found := amount(item, name)) is not None]
    if known:
        return max(known)
    product = (amount(item, "price") or Decimal(0)) * (amount(item, "quantity") or Decimal(1))
    if abs(product) >= MAX_NUMBER:
        raise BadPayload(f"The line {item.path('price')} comes to {product}; correct the order in the shop.")
    return product


def _priced(item: Node, listed: Decimal, currency: str) -> tuple[Decimal, Decimal]:
    """Quantity and unit price, whose product is the whole line: 10.00 for 3 pieces is 3.333333 each."""
    quantity = amount(item, "quantity")
    quantity = Decimal(1) if quantity is None else quantity
    if quantity < 0:
        raise BadPayload(f"The field {item.path('quantity')} is negative; correct the order in the shop.")
    if not quantity and not listed:
        return quantity, listed
    exact = listed / quantity if quantity else MAX_NUMBER
    if exact >= MAX_NUMBER:
        return Decimal(1), listed
    price = exact.quantize(_SIX_PLACES)
    return quantity, price if quantize(price * quantity, currency) == listed else exact


def _title(item: Node) -> str:
    return html.unescape(item.text("name"))


def _parents(items: Sequence[Node], keys: Sequence[str]) -> dict[str, str]:
    """The container of each part that has one in this order, by their keys."""
    metas = [meta_of(item) for item in items]
    by_id = {item.text("id", 60): key for item, key in zip(items, keys, strict=True)}
    by_cart_key = {
        (name, value): key
        for meta, key in zip(metas, keys, strict=True)
        for names in _CART_KEYS.values()
        for name in names
        if (value := meta_text(meta, name, 200))
    }
    found = {}
    for item, meta, key in zip(items, metas, keys, strict=True):
        parent = _parent(item, meta, by_id, by_cart_key)
        if parent not in ("", key):
            found[key] = parent
    return found


def _parent(
    item: Node, meta: Mapping[str, Node], by_id: Mapping[str, str], by_cart_key: Mapping[tuple[str, str], str]
) -> str:
    for name in _PARENT_FIELDS:
        named = loose_text(item, name, 60)
        if named and named in by_id:
            return by_id[named]
    for name, container_names in _CART_KEYS.items():
        named = meta_text(meta, name, 200)
        for container_name in container_names if named else ():
            if (container_name, named) in by_cart_key:
                return by_cart_key[container_name, named]
    return ""
