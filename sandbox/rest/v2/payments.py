"""Payments of an order: recorded by hand, or charged to a card the CRM knows."""

from __future__ import annotations

from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.rest.kinds import flag, moment, number, record_id, shaped, text
from sandbox.rest.listing import by_flag, by_ids, by_number, by_text, chosen, page
from sandbox.rest.order_shape import invoice_of
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request, route
from sandbox.rest.wire import Json, exact, present, time_text, whole
from sandbox.services.card import charge_card
from sandbox.services.invoice import PAYMENT_OPTIONS, record_payment
from sandbox.values import Row

MANUAL_TYPES = PAYMENT_OPTIONS[:5]
NEW_PAYMENT = shaped(
    "apply_to_commissions payment_amount",
    notes=text,
    payment_method_id=record_id,
    payment_method_type=text,
    payment_time=moment,
    payment_amount=number,
    apply_to_commissions=flag,
    external_source=text,
    external_source_value=text,
    external_status_value=text,
    external_create_time=moment,
    external_update_time=moment,
    external_create_user=text,
)
TESTS = {
    "invoice_id": by_ids("InvoiceId"),
    "payment_id": by_ids("PaymentId"),
    "amount": by_number("Amt"),
    "pay_status": by_text("Status"),
    "skip_commission": by_flag("SkipCommission"),
}
ORDER_BY = {
    "invoice_id": "InvoiceId",
    "payment_id": "PaymentId",
    "amount": "Amt",
    "pay_time": "PayDate",
    "pay_status": "Status",
    "skip_commission": "SkipCommission",
    "last_updated_time": "LastUpdated",
}


@route("GET", "/v2/orders/{order_id}/payments")
def list_payments(work: Work, request: Request) -> Json:
    invoice = invoice_of(work.store, request.record(work.store, "Job", "order_id"))
    keys = work.store.find("InvoicePayment", "InvoiceId", invoice["Id"])
    rows: list[Row] = []
    for split in (work.store.row("InvoicePayment", key) for key in keys):
        payment: Row = work.store.get("Payment", whole(split, "PaymentId")) or {}
        status = "APPROVED" if payment.get("ChargeId") else "MANUAL_PAID"
        rows.append({**split, "PayNote": payment.get("PayNote"), "Status": status})
    return page(work, request, "invoice_order_payments", chosen(request, rows, TESTS), _show, ORDER_BY)


def _show(row: Row) -> Json:
    return present(
        id=str(row["Id"]),
        amount=exact(row["Amt"]),
        note=row["PayNote"],
        invoice_id=str(row["InvoiceId"]),
        payment_id=str(row["PaymentId"]),
        pay_time=time_text(row["PayDate"]),
        pay_status=row["Status"],
        last_updated_time=time_text(row["LastUpdated"]),
        skip_commission=bool(row["SkipCommission"]),
    )


@route("POST", "/v2/orders/{order_id}/payments", status=201)
def create_payment(work: Work, request: Request) -> Json:
    """Record a payment. More than the balance is refused, and so is a type that is not configured."""
    invoice = invoice_of(work.store, request.record(work.store, "Job", "order_id"))
    given = request.read(NEW_PAYMENT)
    if exact(given["payment_amount"]) > exact(invoice["TotalDue"]):
        raise bad_request("The payment amount exceeds the current balance of the order")
    if given.get("payment_method_id") is not None:
        # Charge a card: the id of a CreditCard row of the order's contact; the whole balance or nothing.
        card = work.store.get("CreditCard", given["payment_method_id"])
        if card is None or card["ContactId"] != invoice["ContactId"]:
            raise bad_request(f"There is no payment method {given['payment_method_id']}")
        if given["payment_amount"] != exact(invoice["TotalDue"]):
            raise bad_request("Only the whole balance can be charged here")
        bypass = not given["apply_to_commissions"]
        charge = charge_card(
            work, whole(invoice, "Id"), whole(card, "Id"), given.get("notes") or "", bypass=bypass
        )
        if not charge.successful:
            raise bad_request(charge.message)
        newest = max(work.store.find("Payment", "InvoiceId", invoice["Id"]))
        return {**_result(work.store.row("Payment", newest), charge.code), "transaction_id": charge.reference}
    kind = given.get("payment_method_type")
    if kind not in MANUAL_TYPES:
        raise bad_request(f"payment_method_type is one of: {', '.join(MANUAL_TYPES)}")
    payment_id = record_payment(
        work,
        whole(invoice, "Id"),
        given["payment_amount"],
        given.get("payment_time") or crm_now(),
        kind,
        given.get("notes") or "",
        not given["apply_to_commissions"],
    )
    return _result(work.store.row("Payment", payment_id), "MANUAL_PAID")


def _result(payment: Row, status: str) -> Json:
    return {
        "id": str(payment["Id"]),
        "invoice_id": str(payment["InvoiceId"]),
        "payment_amount": exact(payment["PayAmt"]),
        "payment_status_message": status,
    }
