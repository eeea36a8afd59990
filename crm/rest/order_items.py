"""Order lines in the API's words, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from crm.money import exact_amount
from crm.records import Line, LineRecord, LineType
from crm.rest.body import Param
from crm.rest.values import currency_amount, inner, optional_id
from crm.values import Struct, integer, text

# The vendor's file has SERVICE among the types of replies alone; a line to add is OTHER instead.
ITEM_TYPES = {
    LineType.PRODUCT: "PRODUCT",
    LineType.SHIPPING: "SHIPPING",
    LineType.TAX: "TAX",
    LineType.SERVICE: "OTHER",
    LineType.FINANCE_CHARGE: "FINANCE_CHARGE",
    LineType.DISCOUNT: "DISCOUNT",
}
_BY_WORD = {word: line_type for line_type, word in ITEM_TYPES.items()} | {"SERVICE": LineType.SERVICE}


def item(line: Line, discount_sign: int) -> dict[str, Param]:
    """Return a line as an item to add.

    Units:  `price_per_unit` is a double of major units; a discount's is negative with us and has the sign
            of `discount_sign` there, as the vendor's file leaves open which one lowers the total.
    Raises: PermanentError if the price has more decimals than its currency.
    Docs:   a PRODUCT needs a product id, so a line without one is OTHER. The description goes to the notes,
            because where a line's title stands, name or description, must stay clear.
    """
    price = exact_amount(line.unit_price)
    if line.type is LineType.DISCOUNT:
        price = -discount_sign * price
    is_product = line.type is LineType.PRODUCT and line.product_id > 0
    word = ITEM_TYPES[line.type] if is_product or line.type is not LineType.PRODUCT else "OTHER"
    body: dict[str, Param] = {"item_type": word, "quantity": line.quantity, "price_per_unit": price}
    if is_product:
        body["product_id"] = str(line.product_id)
    texts = {"name": line.title.strip(), "notes": line.description.strip()}
    return {**body, **{name: value for name, value in texts.items() if value}}


def catalogue_items(product_ids: Sequence[int]) -> list[Param]:
    """Return items the CRM prices itself, a repeated id as a quantity."""
    return [
        {"item_type": "PRODUCT", "product_id": str(product_id), "quantity": quantity}
        for product_id, quantity in Counter(product_ids).items()
    ]


def line_record(row: Struct) -> LineRecord:
    """Return an item as a line; a discount's price is negative, whatever its sign there."""
    line_type = _BY_WORD.get(text(row, "item_type"))
    price = currency_amount(row.get("price_per_unit"))
    # A line that came over XML-RPC may carry its title in the description and the product's name as its name;
    # one that came from here may have been given the product's own description.
    name, description = text(row, "name"), text(row, "description")
    product = inner(row, "product")
    is_ours = description and name == text(product, "name") and description != text(product, "description")
    return LineRecord(
        type=line_type,
        product_id=optional_id(product.get("id")) or 0,
        title=description if is_ours or not name else name,
        quantity=integer(row.get("quantity")),
        unit_price=-abs(price) if line_type is LineType.DISCOUNT else price,
    )
