"""The items of a Shopify order or checkout, at list price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from carts.order_data import OrderLineData
from carts.platforms.payload import keys_of
from carts.platforms.shopify.money import ZERO, shop_amount
from intake.payload import Node
from intake.platform import BadPayload

# What the apps of Route, Navidium, Seel and the like call their item; Route's SKUs end in a number.
_INSURANCE = (
    *("shipping protection", "package protection", "delivery protection", "order protection"),
    *("shipping insurance", "delivery guarantee"),
)
_INSURANCE_SKU = "ROUTEINS"


def items_of(order: Node) -> list[Node]:
    """The items that were bought. A tip is a line in Shopify as well, and a charge here."""
    return [item for item in order.nodes("line_items") if not _is_tip(item)]


def tips_of(order: Node) -> Decimal:
    """The tip, as the order tells it or else its lines."""
    told = shop_amount(order, "total_tip_received")
    lines = (item for item in order.nodes("line_items") if _is_tip(item))
    return told or sum((price_of(item) * quantity_of(item) for item in lines), ZERO)


def _is_tip(item: Node) -> bool:
    """Shopify's own tips say how they were paid; what a merchant calls a tip is an item.

    `tip` is documented; the flat fields are what shops send (github.com/nozzlegear/ShopifySharp, pull
    request 811).
    """
    return any(item.has(name) for name in ("tip", "tip_payment_gateway", "tip_payment_method"))


def quantity_of(item: Node, name: str = "quantity") -> Decimal:
    quantity = item.number(name)
    if quantity is None or quantity < 0:
        raise BadPayload(f"The field {item.path(name)} should be a number that is not negative.")
    return quantity


def price_of(item: Node) -> Decimal:
    price = shop_amount(item, "price") or ZERO
    if price < 0:
        raise BadPayload(f"The field {item.path('price')} is negative; correct the order in the shop.")
    return price


def lines_make(items: Sequence[Node], quantities: Sequence[Decimal]) -> tuple[OrderLineData, ...]:
    """A line per item, in the quantities given; one of which there is none is no line."""
    keys = keys_of([item.identifier("id", 60) for item in items])
    return tuple(
        OrderLineData(
            key=key,
            item_id=_item_id(item),
            title=_title(item),
            quantity=quantity,
            unit_price=price_of(item),
            # A gift card, or what apps sell at the cart to insure the parcel: items by Shopify's data alone.
            fee=item.flag("gift_card")
            or any(words in item.text("title").casefold() for words in _INSURANCE)
            or item.text("sku", 100).startswith(_INSURANCE_SKU),
        )
        for item, key, quantity in zip(items, keys, quantities, strict=True)
        if quantity
    )


def cart_lines(checkout: Node) -> Iterator[OrderLineData]:
    """A line without an id cannot be matched with anything, and a cart is no invoice: it is left out."""
    for position, item in enumerate(items_of(checkout), start=1):
        if _item_id(item, required=False):
            quantity = item.number("quantity")
            yield OrderLineData(
                key=str(position),
                item_id=_item_id(item),
                title=_title(item),
                quantity=Decimal(1) if quantity is None else max(quantity, ZERO),
                unit_price=max(shop_amount(item, "price") or ZERO, ZERO),
            )


def _item_id(item: Node, *, required: bool = True) -> str:
    """The SKU; where the shop gave none, the variant's id, the product's, or the title: items of a draft
    order and items of
    deleted products have no ids (github.com/frappe/ecommerce_integrations, issues 195 and 351).
    """
    names = ("sku", "variant_id", "product_id")
    found = next((text for name in names if (text := item.identifier(name, 100))), "")
    found = found or item.text("title", 100) or item.text("name", 100)
    if not found and required:
        raise BadPayload(f"The field {item.path('sku')} is missing; give the item an SKU in the shop.")
    return found


def _title(item: Node) -> str:
    """Product and variant, as Shopify shows them."""
    title, variant = item.text("title"), item.text("variant_title")
    both = f"{title} - {variant}" if title and variant else title
    return item.text("name") or both
