"""An order between its rows (Job, Invoice and what is REST's own) and JSON of v2."""

from __future__ import annotations

from typing import Any

from sandbox.account import Work
from sandbox.rest.countries import country_code, country_name, region_code
from sandbox.rest.custom_fields import ORDER, read_values, show_values
from sandbox.rest.item_shape import order_lines, show_item
from sandbox.rest.problems import bad_request
from sandbox.rest.wire import Json, currency_value, id_text, present, time_text, truth, whole
from sandbox.store import Store
from sandbox.values import Row, Wire

TYPES = {"ONLINE": "Online", "OFFLINE": "Offline"}
SHIPPING = {
    "first_name": "ShipFirstName",
    "middle_name": "ShipMiddleName",
    "last_name": "ShipLastName",
    "company": "ShipCompany",
    "phone": "ShipPhone",
    "line1": "ShipStreet1",
    "line2": "ShipStreet2",
    "locality": "ShipCity",
    "region": "ShipState",
    "zip_code": "ShipZip",
}
JOB_MEMBERS = {
    "notes": "JobNotes",
    "order_title": "JobTitle",
    "order_time": "StartDate",
    "due_time": "DueDate",
}
INVOICE_MEMBERS = {"lead_affiliate_id": "LeadAffiliateId", "sales_affiliate_id": "AffiliateId"}
DETAIL_MEMBERS = {
    "terms": "Terms",
    "invoice_number": "InvoiceNumber",
    "sent_time": "SentTime",
    "external_create_user": "ExternalCreateUser",
    "external_create_time": "ExternalCreateTime",
    "external_update_time": "ExternalUpdateTime",
}


def read_job(work: Work, given: Json) -> dict[str, Wire]:
    """The Job's columns of the members given; the day of a time is all that StartDate and DueDate keep."""
    columns: dict[str, Wire] = {JOB_MEMBERS[name]: given[name] for name in JOB_MEMBERS if name in given}
    if given.get("order_type"):
        columns["OrderType"] = TYPES[given["order_type"]]
    address = given.get("shipping_address") or {}
    columns |= {SHIPPING[name]: address[name] for name in SHIPPING if name in address}
    if address.get("country_code"):
        columns["ShipCountry"] = country_name(address["country_code"])
    return columns | read_values(work, ORDER, given.get("custom_fields") or [])


def read_invoice(store: Store, given: Json) -> Row:
    """The Invoice's columns: `title` is the invoice's title, `order_title` the order's."""
    columns: Row = {INVOICE_MEMBERS[name]: given[name] or 0 for name in INVOICE_MEMBERS if name in given}
    for affiliate in columns.values():
        if affiliate and store.get("Affiliate", int(str(affiliate))) is None:
            raise bad_request(f"There is no affiliate {affiliate}")
    return columns | ({"Description": given["title"]} if given.get("title") else {})


def keep_detail(store: Store, job_id: int, given: Json) -> None:
    """Remember the members that have no column."""
    columns: Row = {DETAIL_MEMBERS[name]: given[name] for name in DETAIL_MEMBERS if name in given}
    if columns:
        detail = detail_of(store, job_id)
        if detail is None:
            store.insert("OrderDetail", {"JobId": job_id, **columns})
        else:
            store.change("OrderDetail", whole(detail, "Id"), columns)


def detail_of(store: Store, job_id: int) -> Row | None:
    keys = store.find("OrderDetail", "JobId", job_id)
    return store.row("OrderDetail", keys[0]) if keys else None


def invoice_of(store: Store, job_id: int) -> Row:
    """An order always has one, unless it was written through DataService alone."""
    keys = store.find("Invoice", "JobId", job_id)
    if not keys:
        raise bad_request(f"Order {job_id} has no invoice")
    return store.row("Invoice", keys[0])


def show_order(work: Work, job: Row) -> Json:
    store, options = work.store, work.options
    job_id = whole(job, "Id")
    invoice, detail = invoice_of(store, job_id), detail_of(store, job_id) or {}
    contact: Row = store.get("Contact", whole(job, "ContactId")) or {}
    return present(
        id=str(job_id),
        invoice_id=str(invoice["Id"]),
        title=job["JobTitle"],
        status="PAID" if invoice["PayStatus"] else "SENT" if detail.get("SentTime") else "DRAFT",
        contact=present(
            id=str(job["ContactId"]),
            email=contact.get("Email"),
            given_name=contact.get("FirstName"),
            family_name=contact.get("LastName"),
        ),
        notes=job["JobNotes"],
        order_type=str(job["OrderType"]).upper() if job["OrderType"] else None,
        source_type="API",
        total=currency_value(options, invoice["InvoiceTotal"]),
        total_paid=currency_value(options, invoice["TotalPaid"]),
        total_due=currency_value(options, invoice["TotalDue"]),
        refund_total=currency_value(options, 0),
        order_items=[show_item(work, line) for line in order_lines(store, job_id)],
        creation_time=time_text(job["DateCreated"]),
        modification_time=time_text(job["LastUpdated"]),
        order_time=time_text(job["StartDate"]),
        due_time=time_text(job["DueDate"]),
        lead_affiliate_id=id_text(invoice["LeadAffiliateId"]),
        sales_affiliate_id=id_text(invoice["AffiliateId"]),
        shipping_information=_show_shipping(job),
        promo_code=invoice["PromoCode"],
        synced=truth(invoice["Synced"]),
        custom_fields=show_values(work, ORDER, job),
        **{
            name: time_text(detail.get(column)) if name.endswith("_time") else detail.get(column)
            for name, column in DETAIL_MEMBERS.items()
        },
    )


def _show_shipping(job: Row) -> Json | None:
    if not any(job[column] for column in (*SHIPPING.values(), "ShipCountry")):
        return None
    code = country_code(str(job["ShipCountry"] or ""))
    address: Any = present(
        line1=job["ShipStreet1"],
        line2=job["ShipStreet2"],
        locality=job["ShipCity"],
        region=job["ShipState"],
        region_code=region_code(code, str(job["ShipState"] or "")),
        postal_code=job["ShipZip"],
        zip_code=job["ShipZip"],
        country=job["ShipCountry"],
        country_code=code,
    )
    return present(
        address=address,
        company=job["ShipCompany"],
        given_name=job["ShipFirstName"],
        family_name=job["ShipLastName"],
        phone_number=job["ShipPhone"],
    )
