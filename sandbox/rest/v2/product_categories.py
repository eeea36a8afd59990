"""Product categories and the products in them."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.rest.listing import Test, by_number, by_text, chosen, page, table_rows
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, id_text, present
from sandbox.store import Store
from sandbox.values import Row

TABLE = "ProductCategory"


@route("GET", "/v2/productCategories")
def list_product_categories(work: Work, request: Request) -> Json:
    tests: dict[str, Test] = {
        "name": by_text("CategoryDisplayName"),
        "product_category_id": by_number("Id"),
        "product_id": lambda row, wanted: wanted.value in _products(work.store, row),
    }
    rows = chosen(request, table_rows(work, TABLE), tests)
    return page(work, request, "product_categories", rows, _show, {"id": "Id"})


def _products(store: Store, category: Row) -> list[str]:
    keys = store.find("ProductCategoryAssign", "ProductCategoryId", category["Id"])
    return [str(store.row("ProductCategoryAssign", key)["ProductId"]) for key in keys]


@route("GET", "/v2/productCategories/{category_id}")
def get_product_category(work: Work, request: Request) -> Json:
    return _show(work.store.row(TABLE, request.record(work.store, TABLE, "category_id")))


@route("GET", "/v2/productCategories/assignedProducts")
def list_assigned_products(work: Work, request: Request) -> Json:
    """One entry for each category that holds a product."""
    store = work.store
    tests: dict[str, Test] = {
        "product_ids": lambda row, wanted: bool({*wanted.value.split(",")} & {*_products(store, row)}),
        "product_category_ids": lambda row, wanted: str(row["Id"]) in wanted.value.split(","),
    }
    rows = [row for row in chosen(request, table_rows(work, TABLE), tests) if _products(store, row)]
    return page(
        work,
        request,
        "assigned_product_categories",
        rows,
        lambda row: {"product_category_id": str(row["Id"]), "product_ids": _products(store, row)},
        {"product_category_id": "Id"},
    )


def _show(row: Row) -> Json:
    return present(
        id=str(row["Id"]),
        name=row["CategoryDisplayName"],
        display_order_index=row["CategoryOrder"],
        parent_category_id=id_text(row["ParentId"]),
    )
