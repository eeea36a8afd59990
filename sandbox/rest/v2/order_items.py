"""Lines of an existing order."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.rest.item_shape import NEW_ITEM, add_item, line_of, remove_item, show_item
from sandbox.rest.order_shape import invoice_of
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import NO_CONTENT, Request, route
from sandbox.rest.wire import Json, exact, whole


@route("POST", "/v2/orders/{order_id}/items", status=201)
def create_order_item(work: Work, request: Request) -> Json:
    invoice = invoice_of(work.store, request.record(work.store, "Job", "order_id"))
    line = add_item(work, whole(invoice, "Id"), request.read(NEW_ITEM))
    return show_item(work, work.store.row("OrderItem", line))


@route("GET", "/v2/orders/{order_id}/items/{order_item_id}")
def get_order_item(work: Work, request: Request) -> Json:
    job_id = request.record(work.store, "Job", "order_id")
    return show_item(work, line_of(work.store, job_id, request.path["order_item_id"]))


@route("DELETE", "/v2/orders/{order_id}/items/{order_item_id}", status=NO_CONTENT)
def delete_order_item(work: Work, request: Request) -> None:
    """Refused where less would be asked for than was paid."""
    job_id = request.record(work.store, "Job", "order_id")
    line = line_of(work.store, job_id, request.path["order_item_id"])
    remove_item(work, invoice_of(work.store, job_id), line)
    invoice = invoice_of(work.store, job_id)
    if exact(invoice["InvoiceTotal"]) < exact(invoice["TotalPaid"]):
        raise bad_request("More than the rest of the order has been paid")
