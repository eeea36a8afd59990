"""The filters of v2's list of orders."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.rest.countries import country_code, region_code
from sandbox.rest.custom_fields import ORDER, custom_tests
from sandbox.rest.item_shape import order_lines
from sandbox.rest.listing import (
    Condition,
    Test,
    by_flag,
    by_ids,
    by_number,
    by_text,
    candidates,
    chosen,
    since,
    until,
)
from sandbox.rest.order_shape import TYPES, invoice_of
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request
from sandbox.rest.wire import whole
from sandbox.values import Row

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
    """Which of the two titles the filter `title` means was not published: an option says."""
    store, paid, title = work.store, by_flag("PayStatus"), by_text("Description")
    indexed = {"id": ("Id",), "ids": ("Id",), "contact_id": ("ContactId",), "invoice_id": ("InvoiceId",)}
    tests: dict[str, Test] = custom_tests(work, ORDER) | {
        **PLAIN,
        "title": lambda row, wanted: title(invoice_of(store, whole(row, "Id")), wanted),
        "paid": lambda row, wanted: paid(invoice_of(store, whole(row, "Id")), wanted),
        "product_id": lambda row, wanted: (
            wanted.value in [str(line["ProductId"]) for line in order_lines(store, whole(row, "Id"))]
        ),
        "order_type": _by_type,
        "shipping_country_code": lambda row, wanted: _country(row) == wanted.value,
        "shipping_region_code": lambda row, wanted: (
            region_code(_country(row), str(row["ShipState"] or "")) == wanted.value
        ),
    }
    if work.options.rest_title_filter == "order_title":
        indexed["title"], tests["title"] = ("JobTitle",), by_text("JobTitle")
    return chosen(request, candidates(work, "Job", request, indexed), tests)


def _by_type(row: Row, wanted: Condition) -> bool:
    if wanted.value not in TYPES:
        raise bad_request(f"order_type is one of: {', '.join(TYPES)}")
    return row["OrderType"] == TYPES[wanted.value]


def _country(row: Row) -> str | None:
    return country_code(str(row["ShipCountry"] or ""))
