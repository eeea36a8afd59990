"""The lines of an order between OrderItem rows and JSON of v2."""

from __future__ import annotations

from decimal import Decimal

from sandbox.account import Work
from sandbox.rest.kinds import Kind, choice, integer, number, record_id, shaped, text
from sandbox.rest.problems import Refusal, bad_request
from sandbox.rest.wire import Json, currency_value, exact, id_text, present, truth, whole
from sandbox.services.invoice import add_line, raise_totals
from sandbox.store import Store
from sandbox.values import Row

SERVICE, PRODUCT, SUBSCRIPTION = 3, 4, 9
ITEM_TYPES = {
    "PRODUCT": PRODUCT,
    "SHIPPING": 1,
    "TAX": 2,
    "FINANCE_CHARGE": 6,
    "SUBSCRIPTION": SUBSCRIPTION,
    "DISCOUNT": 7,
    "DISCOUNT_FREE_TRIAL": 10,
    "DISCOUNT_ORDER_TOTAL": 11,
    "DISCOUNT_PRODUCT": 12,
    "DISCOUNT_PRODUCT_CATEGORY": 13,
    "DISCOUNT_SHIPPING": 14,
    "OTHER": 15,
    "FEE": 16,
}
"""OrderItem.ItemType of each item_type; the numbers of the last two are ours."""

SHOWN_TYPES = {number: word for word, number in ITEM_TYPES.items()} | {
    0: "UNKNOWN",
    SERVICE: "SERVICE",
    5: "UPSELL",
    8: "PROGRAM",
}
LAST_PUBLISHED = 14
NEW_ITEM: Kind = shaped(
    "quantity",
    name=text,
    description=text,
    notes=text,
    quantity=integer,
    product_id=record_id,
    subscription_plan_id=record_id,
    subscription_plan_description=text,
    item_type=choice(*ITEM_TYPES),
    price_per_unit=number,
    cost_per_unit=number,
)
WORDS = ("name", "description", "notes")


def order_lines(store: Store, job_id: int) -> list[Row]:
    return [store.row("OrderItem", key) for key in store.find("OrderItem", "OrderId", job_id)]


def add_item(work: Work, invoice_id: int, given: Json) -> int:
    """Add one line and raise the totals. Raises a 400 for what the schema's words forbid."""
    word = given.get("item_type") or "PRODUCT"
    kind = ITEM_TYPES[word]
    if given["quantity"] < 1:
        raise bad_request("quantity must be 1 or more")
    for name in WORDS:
        if given.get(name) is not None and not given[name].strip():
            raise bad_request(f"{name} must not be whitespace")
    product = _product(work.store, given, kind)
    price = _price(work, given, kind, product)
    name = given.get("name") or str(product["ProductName"] if product else word.replace("_", " ").title())
    product_id = whole(product, "Id") if product else 0
    sent_kind = kind if kind <= LAST_PUBLISHED else SERVICE
    notes = given.get("notes") or ""
    line = add_line(work, invoice_id, product_id, sent_kind, price, given["quantity"], name, notes)
    changes: Row = {"ItemType": kind, "ItemName": name, "ItemDescription": given.get("description")}
    if given.get("cost_per_unit") is not None:
        changes["CPU"] = given["cost_per_unit"]
    work.store.change("OrderItem", line, changes)
    return line


def _product(store: Store, given: Json, kind: int) -> Row | None:
    """The product of a product or subscription line; others have none."""
    if kind not in (PRODUCT, SUBSCRIPTION):
        return None
    if given.get("product_id") is None:
        raise bad_request("product_id is required for this item_type")
    product = store.get("Product", given["product_id"])
    if product is None:
        raise bad_request(f"There is no product {given['product_id']}")
    if kind == SUBSCRIPTION and store.get("SubscriptionPlan", given.get("subscription_plan_id") or 0) is None:
        raise bad_request("subscription_plan_id is required for SUBSCRIPTION")
    return product


def _price(work: Work, given: Json, kind: int, product: Row | None) -> Decimal:
    """What the line adds for each piece: negative where a discount lowers the total."""
    price: Decimal | None = given.get("price_per_unit")
    if price is None:
        if product is None:
            raise bad_request("price_per_unit is required for this item_type")
        return exact(product["ProductPrice"])
    if not is_discount(kind) or work.options.rest_discount_price == "as_given":
        return price
    return -price if work.options.rest_discount_price == "subtracted" else -abs(price)


def is_discount(kind: int) -> bool:
    return SHOWN_TYPES.get(kind, "").startswith("DISCOUNT")


def remove_item(work: Work, invoice: Row, line: Row) -> None:
    """Take the line with its invoice line away and lower the totals."""
    store = work.store
    key, invoice_item = whole(line, "Id"), store.get("InvoiceItem", whole(line, "InvoiceItemId"))
    if invoice_item is not None:
        raise_totals(store, whole(invoice, "Id"), -exact(invoice_item["InvoiceAmt"]))
        store.remove("InvoiceItem", whole(invoice_item, "Id"))
    store.remove("OrderItem", key)
    ids = {"line": key, "order": whole(line, "OrderId"), "invoice": whole(invoice, "Id")}
    work.note("line.removed", ids)


def line_of(store: Store, job_id: int, text_id: str) -> Row:
    """The order's line with that id. Raises a 404 where it has none."""
    for line in order_lines(store, job_id):
        if str(line["Id"]) == text_id:
            return line
    raise Refusal(404, f"Order {job_id} has no item {text_id}")


def show_item(work: Work, line: Row) -> Json:
    """A discount's price has the sign it would be sent with."""
    options, kind = work.options, whole(line, "ItemType")
    product = work.store.get("Product", whole(line, "ProductId"))
    price, quantity = exact(line["PPU"]), whole(line, "Qty")
    turned = is_discount(kind) and options.rest_discount_price != "as_given"
    return present(
        id=str(line["Id"]),
        name=line["ItemName"],
        description=line["ItemDescription"],
        notes=line["Notes"] or None,
        quantity=quantity,
        item_type=SHOWN_TYPES.get(kind, "UNKNOWN"),
        price_per_unit=currency_value(options, -price if turned else price),
        cost_per_unit=currency_value(options, line["CPU"]),
        discount=currency_value(options, -price * quantity) if is_discount(kind) else None,
        product=present(
            id=id_text(product["Id"]),
            name=product["ProductName"],
            sku=product["Sku"],
            description=product["Description"],
            shippable=truth(product["Shippable"]),
            taxable=truth(product["Taxable"]),
        )
        if product
        else None,
    )
