"""Orders of v1: products only, prices as text, money as doubles."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.rest.item_shape import SHOWN_TYPES, order_lines
from sandbox.rest.kinds import choice, digits, integer, listed, moment, shaped, text
from sandbox.rest.listing import table_rows
from sandbox.rest.order_shape import invoice_of
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request, route
from sandbox.rest.v1.listing import page
from sandbox.rest.v1.lists import show_product
from sandbox.rest.v2.orders import ADDRESS, new_order
from sandbox.rest.wire import Json, exact, present, time_text, whole
from sandbox.values import Row

NEW_ORDER = shaped(
    "contact_id order_date order_title order_type order_items",
    contact_id=integer,
    order_date=moment,
    order_title=text,
    order_type=choice("Online", "Offline"),
    order_items=listed(
        shaped("product_id quantity", product_id=integer, quantity=integer, price=digits, description=text)
    ),
    promo_codes=listed(text),
    lead_affiliate_id=integer,
    sales_affiliate_id=integer,
    shipping_address=ADDRESS,
)


@route("GET", "/v1/orders")
def list_orders(work: Work, request: Request) -> Json:
    """All, or those of `contact_id`."""
    contact = request.query.get("contact_id")
    rows = table_rows(work, "Job")
    if contact is not None:
        rows = [row for row in rows if str(row["ContactId"]) == contact]
    return page(request, "orders", rows, lambda row: _show(work, row))


@route("GET", "/v1/orders/{order_id}")
def get_order(work: Work, request: Request) -> Json:
    return _show(work, work.store.row("Job", request.record(work.store, "Job", "order_id")))


@route("POST", "/v1/orders", status=201)
def create_order(work: Work, request: Request) -> Json:
    given = request.read(NEW_ORDER)
    if not given["order_items"]:
        raise bad_request("order_items must not be empty")
    items = [
        {
            "product_id": item["product_id"],
            "quantity": item["quantity"],
            "price_per_unit": item.get("price"),
            "description": item.get("description"),
        }
        for item in given["order_items"]
    ]
    changes = {"order_time": given.pop("order_date"), "order_type": given["order_type"].upper()}
    job = work.store.row("Job", new_order(work, {**given, **changes, "order_items": items}))
    shown = _show(work, job)
    del shown["order_type"]  # the definition of this reply has none, and other names for a product
    lines = zip(shown["order_items"], order_lines(work.store, whole(job, "Id")), strict=True)
    for line, row in lines:
        if product := work.store.get("Product", whole(row, "ProductId")):
            line["product"] = show_product(product)
    return shown


def _show(work: Work, job: Row) -> Json:
    store, job_id = work.store, whole(job, "Id")
    invoice, contact = invoice_of(store, job_id), store.get("Contact", whole(job, "ContactId")) or {}
    return present(
        id=job_id,
        title=job["JobTitle"],
        status="PAID" if invoice["PayStatus"] else "DRAFT",
        total=exact(invoice["InvoiceTotal"]),
        total_paid=exact(invoice["TotalPaid"]),
        total_due=exact(invoice["TotalDue"]),
        contact=present(
            id=job["ContactId"],
            email=contact.get("Email"),
            first_name=contact.get("FirstName"),
            last_name=contact.get("LastName"),
        ),
        notes=job["JobNotes"],
        order_type=job["OrderType"],
        order_date=time_text(job["StartDate"]),
        creation_date=time_text(job["DateCreated"]),
        modification_date=time_text(job["LastUpdated"]),
        lead_affiliate_id=whole(invoice, "LeadAffiliateId"),
        sales_affiliate_id=whole(invoice, "AffiliateId"),
        order_items=[_show_line(work, line) for line in order_lines(store, job_id)],
    )


def _show_line(work: Work, line: Row) -> Json:
    product = work.store.get("Product", whole(line, "ProductId"))
    return present(
        id=line["Id"],
        name=line["ItemName"],
        description=line["ItemDescription"],
        quantity=line["Qty"],
        price=exact(line["PPU"]),
        cost=exact(line["CPU"]),
        type=SHOWN_TYPES.get(whole(line, "ItemType"), "UNKNOWN").replace("_", " ").title(),
        product=present(id=product["Id"], name=product["ProductName"], sku=product["Sku"])
        if product
        else None,
    )
