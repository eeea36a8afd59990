"""Products; prices travel in the currency's smallest unit, in requests too."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.records import add_record
from sandbox.rest.kinds import Kind, flag, integer, number, shaped, text
from sandbox.rest.listing import by_ids, by_number, by_text, candidates, chosen, page
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import (
    Json,
    currency_value,
    exact,
    from_smallest_unit,
    id_text,
    present,
    time_text,
    truth,
)
from sandbox.values import Row

TEXTS = {
    "name": "ProductName",
    "sku": "Sku",
    "description": "Description",
    "short_description": "ShortDescription",
    "top_html": "TopHTML",
    "bottom_html": "BottomHTML",
    "delivery_description": "ShippingTime",
}
FLAGS = {
    "active": "Status",
    "shippable": "Shippable",
    "taxable": "Taxable",
    "country_taxable": "CountryTaxable",
    "state_taxable": "StateTaxable",
    "city_taxable": "CityTaxable",
    "storefront_hidden": "HideInStore",
    "is_package": "IsPackage",
    "needs_digital_delivery": "NeedsDigitalDelivery",
}
INVENTORY: Kind = shaped(
    inventory_limit=integer,
    inventory_count=integer,
    out_of_stock_enabled=flag,
    email_for_inventory_notifications=text,
)
NEW_PRODUCT = shaped(
    "name price short_description",
    **dict.fromkeys(TEXTS, text),
    **dict.fromkeys(FLAGS, flag),
    price=integer,
    weight=number,
    subscription_only=flag,
    inventory=INVENTORY,
)
TESTS = {
    "name": by_text("ProductName"),
    "sku": by_text("Sku"),
    "description": by_text("Description"),
    "short_description": by_text("ShortDescription"),
    "product_id": by_number("Id"),
    "product_ids": by_ids(),
}
INDEXED = {"name": ("ProductName",), "sku": ("Sku",), "product_id": ("Id",), "product_ids": ("Id",)}
ORDER_BY = {"name": "ProductName", "sku": "Sku", "last_updated_time": "LastUpdated"}


@route("GET", "/v2/products")
def list_products(work: Work, request: Request) -> Json:
    rows = chosen(request, candidates(work, "Product", request, INDEXED), TESTS)
    return page(work, request, "products", rows, lambda row: show_product(work, row), ORDER_BY)


@route("GET", "/v2/products/{product_id}")
def get_product(work: Work, request: Request) -> Json:
    """With the stock, which the list leaves out; its level is where ProductService keeps it."""
    row = work.store.row("Product", request.record(work.store, "Product", "product_id"))
    level = int(str(row["InventoryLimit"] or 0))
    return {**show_product(work, row), "inventory": {"inventory_count": level}}


@route("POST", "/v2/products", status=201)
def create_product(work: Work, request: Request) -> Json:
    """A product is active unless told otherwise."""
    given = request.read(NEW_PRODUCT)
    if given["price"] < 0:
        raise bad_request("price must be 0 or more")
    values: dict[str, Any] = {TEXTS[name]: given[name] for name in TEXTS if given.get(name) is not None}
    values |= {FLAGS[name]: int(given[name]) for name in FLAGS if given.get(name) is not None}
    values["ProductPrice"] = from_smallest_unit(work.options, given["price"])
    if given.get("weight") is not None:
        values["Weight"] = given["weight"]
    key = add_record(work, "Product", {"Status": 1, **values})
    return show_product(work, work.store.row("Product", key))


def show_product(work: Work, row: Row) -> Json:
    assigned = work.store.find("ProductCategoryAssign", "ProductId", row["Id"])
    categories = [work.store.row("ProductCategoryAssign", key)["ProductCategoryId"] for key in assigned]
    return present(
        id=str(row["Id"]),
        **{name: row[column] for name, column in TEXTS.items()},
        **{name: truth(row[column]) for name, column in FLAGS.items()},
        price=currency_value(work.options, row["ProductPrice"]),
        weight=exact(row["Weight"]) if row["Weight"] is not None else None,
        categories=[text_id for text_id in map(id_text, categories) if text_id],
        options=[],
        subscription_plans=[],
        create_time=time_text(row["DateCreated"]),
        update_time=time_text(row["LastUpdated"]),
    )
