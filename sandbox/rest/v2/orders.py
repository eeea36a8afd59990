"""Orders: list, read, create with their lines, patch, delete."""

from __future__ import annotations

from typing import Any

from sandbox.access import table_for, writable
from sandbox.account import Work
from sandbox.records import change_stamped, update_record
from sandbox.rest.custom_fields import ORDER, column_of, create_field, fields_of, show_model, values_kind
from sandbox.rest.item_shape import NEW_ITEM, add_item, order_lines
from sandbox.rest.kinds import Kind, anything, choice, flag, listed, moment, record_id, shaped, text
from sandbox.rest.listing import page
from sandbox.rest.order_filters import order_rows
from sandbox.rest.order_shape import TYPES, invoice_of, keep_detail, read_invoice, read_job, show_order
from sandbox.rest.problems import Refusal, bad_request
from sandbox.rest.routes import NO_CONTENT, Request, route
from sandbox.rest.wire import Json, exact, whole
from sandbox.services.invoice import create_blank_order, delete_invoice
from sandbox.services.order import Item, apply_specials

ORDER_BY = {"id": "Id", "order_time": "StartDate", "modification_time": "LastUpdated"}
BARE = ("total", "total_paid", "total_due", "refund_total", "order_items")
ADDRESS_NAMES = """
    line1 line2 locality region company phone zip_code zip_four country_code
    first_name middle_name last_name"""
ADDRESS: Kind = shaped(**dict.fromkeys(ADDRESS_NAMES.split(), text), is_invoice_to_company=flag)
TEXTS = "notes terms title order_title invoice_number external_create_user"
TIMES = "order_time sent_time due_time external_create_time external_update_time"
IDS = "contact_id lead_affiliate_id sales_affiliate_id"
MEMBERS: dict[str, Kind] = {
    **dict.fromkeys(TEXTS.split(), text),
    **dict.fromkeys(TIMES.split(), moment),
    **dict.fromkeys(IDS.split(), record_id),
    "order_type": choice(*TYPES),
    "promo_codes": listed(text),
    "shipping_address": ADDRESS,
    "custom_fields": values_kind(record_id),
}
NEW_ORDER = shaped("contact_id order_time order_title order_type", **MEMBERS, order_items=listed(NEW_ITEM))
ORDER_CHANGES = shaped(**MEMBERS, payment_plan=anything)
MASK = listed(choice(*MEMBERS, "order_items", "payment_plan"))


@route("GET", "/v2/orders")
def list_orders(work: Work, request: Request) -> Json:
    rows = order_rows(work, request)
    return page(work, request, "orders", rows, lambda row: show_order(work, row), ORDER_BY)


@route("POST", "/v2/orders", status=201)
def create_order(work: Work, request: Request) -> Json:
    """Make the Job, its Invoice and all lines, or nothing."""
    given = request.read(NEW_ORDER)
    job_id = new_order(work, given)
    shown = show_order(work, work.store.row("Job", job_id))
    if work.options.rest_created_order == "bare":
        return {name: value for name, value in shown.items() if name not in BARE}
    return shown


def new_order(work: Work, given: Json) -> int:
    """Create what a checked body of either version asks for and give the Job's id."""
    store, contact = work.store, given["contact_id"]
    if store.get("Contact", contact) is None:
        raise bad_request(f"There is no contact {contact}")
    invoice = read_invoice(store, given)
    lead, sale = (int(str(invoice.pop(name, 0))) for name in ("LeadAffiliateId", "AffiliateId"))
    invoice_id = create_blank_order(work, contact, given["order_title"], given["order_time"], lead, sale)
    job_id = whole(store.row("Invoice", invoice_id), "JobId")
    head = ("order_title", "order_time")
    columns = read_job(work, {name: given[name] for name in given if name not in head})
    if columns:
        change_stamped(store, "Job", job_id, writable(work, table_for("Job", "e"), columns, "e"))
    change_stamped(store, "Invoice", invoice_id, invoice)
    keep_detail(store, job_id, given)
    for item in given.get("order_items") or []:
        add_item(work, invoice_id, item)
    codes, automatic = given.get("promo_codes") or [], work.options.rest_specials == "automatic"
    if codes or automatic:
        items = [
            Item(
                whole(line, "ItemType"), whole(line, "ProductId"), exact(line["PPU"]), whole(line, "Qty"), ""
            )
            for line in order_lines(store, job_id)
            if line["ProductId"]
        ]
        apply_specials(work, invoice_id, items, codes, automatic)
    return job_id


@route("GET", "/v2/orders/{order_id}")
def get_order(work: Work, request: Request) -> Json:
    return show_order(work, work.store.row("Job", request.record(work.store, "Job", "order_id")))


@route("PATCH", "/v2/orders/{order_id}")
def update_order(work: Work, request: Request) -> Json:
    """Change what is given and, where there is one, named by `update_mask`; never lines or money.

    One effect `order.updated`, whichever of the rows changes.
    """
    store, mask = work.store, request.listed("update_mask")
    job_id = request.record(store, "Job", "order_id")
    MASK(mask or [], "update_mask")
    given = request.read(ORDER_CHANGES, mask)
    if given.get("promo_codes") or given.get("payment_plan"):
        raise Refusal(501, "Promo codes and payment plans of an existing order are not offered here")
    invoice_id = whole(invoice_of(store, job_id), "Id")
    replaced = "custom_fields" in given and work.options.rest_lists == "replace"
    columns: dict[str, Any] = dict.fromkeys(map(column_of, fields_of(work, ORDER)) if replaced else ())
    columns |= read_job(work, given)
    invoice = read_invoice(store, given)
    if given.get("contact_id"):
        if store.get("Contact", given["contact_id"]) is None:
            raise bad_request(f"There is no contact {given['contact_id']}")
        columns["ContactId"] = invoice["ContactId"] = given["contact_id"]
    change_stamped(store, "Invoice", invoice_id, invoice)
    keep_detail(store, job_id, given)
    if columns:
        update_record(work, "Job", job_id, columns)
    elif given:
        change_stamped(store, "Job", job_id, {})
        work.note("order.updated", {"order": job_id}, dict(invoice))
    return show_order(work, store.row("Job", job_id))


@route("DELETE", "/v2/orders/{order_id}", status=NO_CONTENT)
def delete_order(work: Work, request: Request) -> None:
    """Refused once money was recorded."""
    invoice_id = whole(invoice_of(work.store, request.record(work.store, "Job", "order_id")), "Id")
    if work.store.find("Payment", "InvoiceId", invoice_id):
        raise bad_request("The order has transactions and cannot be deleted")
    delete_invoice(work, invoice_id)


@route("GET", "/v2/orders/model")
def order_model(work: Work, request: Request) -> Json:
    return show_model(work, ORDER, [])


@route("POST", "/v2/orders/model/customFields", status=201)
def create_order_field(work: Work, request: Request) -> Json:
    return create_field(work, request, ORDER)
