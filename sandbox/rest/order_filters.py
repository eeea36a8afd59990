"""The filters of v2's list of orders."""

from __future__ import annotations

from sandbox.rest.custom_fields import ORDER
from sandbox.rest.custom_filters import custom_tests
from sandbox.rest.listing import (
    Condition,
    Test,
    by_flag,
    by_ids,
    by_number,
    by_text,
    candidates,
    chosen,
    fits,
    since,
    until,
)
from sandbox.rest.order_shape import TYPES, invoice_of
from sandbox.rest.places import country_code, region_code
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request
from sandbox.rest.wire import whole
from sandbox.store import Store
from sandbox.values import Row
from sandbox.world import Work

PLAIN: dict[str, Test] = {
    "id": by_number("Id"),
    "ids": by_ids(),
    "contact_id": by_ids("ContactId"),
    "invoice_id": by_ids("InvoiceId"),
    "created_since_time": since("DateCreated"),
    "created_until_time": until("DateCreated"),
    "modified_since_time": since("LastUpdated"),
    "modified_until_time": until("LastUpdated"),
    "shipping_locality": by_text("ShipCity"),
    "shipping_postal_code": by_text("ShipZip"),
}


def order_rows(work: Work, request: Request) -> list[Row]:
    indexed = {"id": ("Id",), "ids": ("Id",), "contact_id": ("ContactId",), "invoice_id": ("InvoiceId",)}
    if work.options.rest_title_filter == "order_title":
        indexed["title"] = ("JobTitle",)
    rows = candidates(work, "Job", request, indexed)
    return chosen(request, rows, _tests(work))


def _tests(work: Work) -> dict[str, Test]:
    store = work.store
    paid = by_flag("PayStatus")
    return custom_tests(work, ORDER) | {
        **PLAIN,
        "title": _by_title(work),
        "paid": lambda row, wanted: paid(invoice_of(store, whole(row, "Id")), wanted),
        "product_id": _by_product(store),
        "order_type": _by_type,
        "shipping_country_code": lambda row, wanted: _country(row) == wanted.value,
        "shipping_region_code": lambda row, wanted: _region(row) == wanted.value,
    }


def _by_title(work: Work) -> Test:
    """Which of the two titles is meant was not published."""
    if work.options.rest_title_filter == "order_title":
        return by_text("JobTitle")
    return lambda row, wanted: fits(invoice_of(work.store, whole(row, "Id"))["Description"], wanted)


def _by_product(store: Store) -> Test:
    def test(row: Row, wanted: Condition) -> bool:
        lines = [store.row("OrderItem", key) for key in store.find("OrderItem", "OrderId", row["Id"])]
        return wanted.value in [str(line["ProductId"]) for line in lines]

    return test


def _by_type(row: Row, wanted: Condition) -> bool:
    if wanted.value not in TYPES:
        raise bad_request(f"order_type is one of: {', '.join(TYPES)}")
    return row["OrderType"] == TYPES[wanted.value]


def _country(row: Row) -> str | None:
    return country_code(str(row["ShipCountry"] or ""))


def _region(row: Row) -> str | None:
    country = _country(row)
    return region_code(country, str(row["ShipState"] or "")) if country else None
