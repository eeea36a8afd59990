"""InvoiceService: an order is a Job with its Invoice, a line is an OrderItem with its InvoiceItem."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.access import project, table_for
from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.columns import convert
from sandbox.money import rounded
from sandbox.problems import database_error, invalid_parameter
from sandbox.records import ACTING_USER, change_stamped, existing, insert_stamped
from sandbox.services.registry import method
from sandbox.store import Store
from sandbox.tables.tables import TABLES
from sandbox.values import Row, Stored

ZERO = Decimal("0.00")
LAST_ITEM_TYPE = 14
PAYMENT_OPTIONS = (
    "Credit Card (Manual)",
    "Check",
    "Cash",
    "Money Order",
    "Adjustment",
    "Credit Card",
    "Credit",
    "Refund",
)
PAYMENT_MEMBERS = [
    "Id",
    "PayDate",
    "UserId",
    "PayAmt",
    "PayType",
    "ContactId",
    "PayNote",
    "InvoiceId",
    "RefundId",
    "ChargeId",
    "Synced",
]
ITEM_TABLES = (("InvoiceItem", "InvoiceId"), ("Payment", "InvoiceId"), ("InvoicePayment", "InvoiceId"))


def money(row: Row, column: str) -> Decimal:
    value = row[column]
    return ZERO if value is None else Decimal(str(value))


def text_for(work: Work, table: str, column: str, text: str) -> Stored:
    """Text given as a method's argument meets the same limits as text written to the column."""
    return convert(column, TABLES[table].columns[column].type, text, work.options)


def _affiliate(work: Work, affiliate: int) -> int:
    if affiliate and work.options.unknown_affiliate == "fault":
        existing(work.store, "Affiliate", affiliate)
    return affiliate if work.store.get("Affiliate", affiliate) else 0


@method("InvoiceService.createBlankOrder", "int string dateTime int int")
def create_blank_order(
    work: Work,
    contact_id: int,
    description: str,
    order_date: datetime,
    lead_affiliate: int,
    sale_affiliate: int,
) -> int:
    """Make a Job and its Invoice. The answer is the Invoice's id, not the Job's."""
    store, options = work.store, work.options
    existing(store, "Contact", contact_id)
    title = text_for(work, "Job", "JobTitle", description)
    day = order_date.replace(hour=0, minute=0, second=0)
    job: Row = {
        "JobTitle": title,
        "ContactId": contact_id,
        "StartDate": day,
        "DueDate": day,
        "OrderStatus": 0,
    }
    job_id = insert_stamped(store, "Job", job)
    invoice: Row = {
        "ContactId": contact_id,
        "JobId": job_id,
        "DateCreated": order_date if options.invoice_date == "order_date" else crm_now(),
        "Description": title if options.invoice_description else None,
        "AffiliateId": _affiliate(work, sale_affiliate),
        "LeadAffiliateId": _affiliate(work, lead_affiliate),
        **dict.fromkeys(("InvoiceTotal", "TotalPaid", "TotalDue"), rounded(options, 0)),
        **dict.fromkeys(("PayStatus", "CreditStatus", "RefundStatus", "PayPlanStatus", "Synced"), 0),
    }
    invoice_id = insert_stamped(store, "Invoice", invoice)
    store.change("Job", job_id, {"InvoiceId": invoice_id})
    ids = {"order": job_id, "invoice": invoice_id, "contact": contact_id}
    work.note("order.created", ids, {"title": title, "order_date": order_date})
    return invoice_id


def add_line(
    work: Work,
    invoice_id: int,
    product_id: int,
    kind: int,
    price: Decimal,
    quantity: int,
    title: str,
    notes: str,
) -> int:
    """Add the OrderItem with its InvoiceItem, raise the totals, and give the OrderItem's id."""
    store = work.store
    invoice = existing(store, "Invoice", invoice_id)
    product = existing(store, "Product", product_id) if product_id else None
    if not 0 <= kind <= LAST_ITEM_TYPE:
        raise invalid_parameter(f"Unknown order item type: {kind}")
    amount = rounded(work.options, price * quantity)
    line: Row = {
        "OrderId": invoice["JobId"],
        "ProductId": product_id,
        "ItemType": kind,
        "Qty": quantity,
        "PPU": price,
        "CPU": money(product, "ProductPrice") if product else ZERO,
        "Notes": text_for(work, "OrderItem", "Notes", notes),
        "ItemDescription": None,
        "ItemName": text_for(work, "OrderItem", "ItemName", title),
    }
    if work.options.title_in_description:
        line["ItemDescription"] = line["ItemName"]
        line["ItemName"] = product["ProductName"] if product else None
    item_id = store.insert("OrderItem", line)
    invoice_item: Row = {
        "InvoiceId": invoice_id,
        "OrderItemId": item_id,
        "InvoiceAmt": amount,
        "Discount": ZERO,
        "Description": text_for(work, "InvoiceItem", "Description", title),
        "CommissionStatus": 0,
    }
    store.change("OrderItem", item_id, {"InvoiceItemId": insert_stamped(store, "InvoiceItem", invoice_item)})
    raise_totals(store, invoice_id, amount)
    ids = {"invoice": invoice_id, "order": int(str(invoice["JobId"])), "line": item_id, "product": product_id}
    values = {"type": kind, "price": price, "quantity": quantity, "title": title, "amount": amount}
    work.note("line.added", ids, values)
    return item_id


method("InvoiceService.addOrderItem", "int int int double int string string")(
    lambda work, *line: bool(add_line(work, *line))
)


def raise_totals(store: Store, invoice_id: int, amount: Decimal) -> None:
    """Add an amount, which may be negative, to what the invoice asks for."""
    invoice = store.row("Invoice", invoice_id)
    totals: Row = {name: money(invoice, name) + amount for name in ("InvoiceTotal", "TotalDue")}
    totals["PayStatus"] = int(money(invoice, "TotalPaid") > 0 and money(totals, "TotalDue") <= 0)
    change_stamped(store, "Invoice", invoice_id, totals)


def record_payment(
    work: Work,
    invoice_id: int,
    amount: Decimal,
    date: datetime,
    kind: str,
    note: str,
    bypass_commissions: bool,
) -> int:
    """Add the Payment with its InvoicePayment, lower what is due, and give the Payment's id.

    More than the balance is refused.
    """
    store = work.store
    invoice = existing(store, "Invoice", invoice_id)
    paid, due = rounded(work.options, amount), money(invoice, "TotalDue")
    if paid > due:
        raise database_error(f"The manual payment amount exceeds the amount due: {paid} is more than {due}")
    day = date.replace(hour=0, minute=0, second=0)
    payment: Row = {
        "PayDate": day,
        "UserId": ACTING_USER,
        "PayAmt": paid,
        "PayType": text_for(work, "Payment", "PayType", kind),
        "PayNote": text_for(work, "Payment", "PayNote", note),
        "ContactId": invoice["ContactId"],
        "InvoiceId": invoice_id,
        **dict.fromkeys(("RefundId", "ChargeId", "Commission", "Synced"), 0),
    }
    payment_id = store.insert("Payment", payment)
    split: Row = {"InvoiceId": invoice_id, "Amt": paid, "PayDate": day, "PaymentId": payment_id}
    insert_stamped(store, "InvoicePayment", {**split, "SkipCommission": int(bypass_commissions)})
    totals: Row = {"TotalPaid": money(invoice, "TotalPaid") + paid, "TotalDue": due - paid}
    change_stamped(store, "Invoice", invoice_id, {**totals, "PayStatus": int(due == paid)})
    ids = {"payment": payment_id, "invoice": invoice_id, "order": int(str(invoice["JobId"]))}
    work.note("payment.recorded", ids, {"amount": paid, "type": kind, "note": note, "date": date})
    return payment_id


method("InvoiceService.addManualPayment", "int double dateTime string string boolean")(
    lambda work, *payment: bool(record_payment(work, *payment))
)


@method("InvoiceService.calculateAmountOwed", "int")
def calculate_amount_owed(work: Work, invoice_id: int) -> Decimal:
    return money(existing(work.store, "Invoice", invoice_id), "TotalDue")


@method("InvoiceService.getPayments", "int")
def get_payments(work: Work, invoice_id: int) -> list[dict[str, Stored]]:
    existing(work.store, "Invoice", invoice_id)
    table = table_for("Payment", "r")
    keys = work.store.find("Payment", "InvoiceId", invoice_id)
    return [project(work.store, table, key, PAYMENT_MEMBERS) for key in keys]


@method("InvoiceService.getAllPaymentOptions")
def get_all_payment_options(work: Work) -> dict[str, Any]:
    return {name: name for name in PAYMENT_OPTIONS}


def drop_pay_plans(store: Store, invoice_id: int) -> None:
    for plan_id in store.find("PayPlan", "InvoiceId", invoice_id):
        for key in store.find("PayPlanItem", "PayPlanId", plan_id):
            store.remove("PayPlanItem", key)
        store.remove("PayPlan", plan_id)


@method("InvoiceService.deleteInvoice", "int")
def delete_invoice(work: Work, invoice_id: int) -> bool:
    """Delete the Invoice, its Job, their items and its payments."""
    store = work.store
    job_id = int(str(existing(store, "Invoice", invoice_id)["JobId"]))
    drop_pay_plans(store, invoice_id)
    for table, column in ITEM_TABLES:
        for key in store.find(table, column, invoice_id):
            store.remove(table, key)
    for key in store.find("OrderItem", "OrderId", job_id):
        store.remove("OrderItem", key)
    store.remove("Invoice", invoice_id)
    if store.get("Job", job_id) is not None:
        store.remove("Job", job_id)
    work.note("order.deleted", {"order": job_id, "invoice": invoice_id})
    return True
