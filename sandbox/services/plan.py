"""InvoiceService: payment plans, subscriptions, and the ids of an order's two halves."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.money import rounded
from sandbox.problems import invalid_parameter
from sandbox.records import existing, insert_stamped
from sandbox.services.invoice import delete_invoice, drop_pay_plans, money
from sandbox.services.registry import method
from sandbox.values import Row


@method("InvoiceService.addPaymentPlan", "int boolean int int int int double dateTime dateTime int int")
def add_payment_plan(
    work: Work,
    invoice_id: int,
    auto_charge: bool,
    card_id: int,
    merchant_id: int,
    days_between_retries: int,
    most_retries: int,
    first_amount: Decimal,
    first_date: datetime,
    start_date: datetime,
    payments: int,
    days_between: int,
) -> bool:
    """Plan a first payment and `payments` equal ones of the rest; the last takes what rounding leaves."""
    store = work.store
    due = money(existing(store, "Invoice", invoice_id), "TotalDue")
    first = rounded(work.options, first_amount)
    if not 0 <= first <= due or payments < 0 or days_between < 0 or (payments == 0 and first != due):
        raise invalid_parameter("The payments of the plan do not add up to what is due")
    drop_pay_plans(store, invoice_id)
    plan: Row = {"InvoiceId": invoice_id, "AmtDue": due, "FirstPayAmt": first, "DateDue": first_date}
    plan_id = store.insert("PayPlan", {**plan, "InitDate": first_date, "StartDate": start_date, "Type": 0})
    parts = [(first_date, first)] if first else []
    share = ((due - first) / max(payments, 1)).quantize(rounded(work.options, 0), ROUND_DOWN)
    for number in range(payments):
        amount = share if number < payments - 1 else due - first - share * number
        parts.append((start_date + timedelta(days=number * days_between), amount))
    for day, amount in parts:
        item: Row = {
            "PayPlanId": plan_id,
            "DateDue": day,
            "AmtDue": amount,
            "AmtPaid": rounded(work.options, 0),
        }
        store.insert("PayPlanItem", {**item, "Status": 0})
    work.note("payment_plan.created", {"payment_plan": plan_id, "invoice": invoice_id}, {"parts": len(parts)})
    return True


@method("InvoiceService.addRecurringOrder", "int boolean int int double boolean int int int int")
def add_recurring_order(
    work: Work,
    contact_id: int,
    allow_duplicate: bool,
    program_id: int,
    quantity: int,
    price: Decimal,
    taxable: bool,
    merchant_id: int,
    card_id: int,
    affiliate_id: int,
    days_till_charge: int,
) -> int:
    """Add a subscription to a CProgram. It is never billed by itself here."""
    existing(work.store, "Contact", contact_id)
    program = existing(work.store, "CProgram", program_id)
    if not allow_duplicate:
        for key in work.store.find("RecurringOrder", "ContactId", contact_id):
            if work.store.row("RecurringOrder", key)["ProgramId"] == program_id:
                return key
    start = crm_now().replace(hour=0, minute=0, second=0)
    row: Row = {
        "ContactId": contact_id,
        "ProgramId": program_id,
        "Qty": quantity,
        "BillingAmt": rounded(work.options, price),
        "BillingCycle": program["DefaultCycle"],
        "Frequency": program["DefaultFrequency"],
        "MerchantAccountId": merchant_id,
        "CC1": card_id,
        "AffiliateId": affiliate_id,
        "StartDate": start,
        "NextBillDate": start + timedelta(days=days_till_charge),
        "Status": "Active",
    }
    key = insert_stamped(work.store, "RecurringOrder", row)
    work.note("subscription.created", {"subscription": key, "contact": contact_id, "program": program_id})
    return key


@method("InvoiceService.updateJobRecurringNextBillDate", "int dateTime")
def update_next_bill_date(work: Work, subscription_id: int, date: datetime) -> bool:
    existing(work.store, "RecurringOrder", subscription_id)
    day = date.replace(hour=0, minute=0, second=0)
    work.store.change("RecurringOrder", subscription_id, {"NextBillDate": day})
    work.note("subscription.updated", {"subscription": subscription_id}, {"NextBillDate": day})
    return True


@method("InvoiceService.deleteSubscription", "int")
def delete_subscription(work: Work, subscription_id: int) -> bool:
    """Delete it with the orders that came from it."""
    existing(work.store, "RecurringOrder", subscription_id)
    for key in work.store.keys("Job"):
        job = work.store.row("Job", key)
        if job["JobRecurringId"] == subscription_id and isinstance(job["InvoiceId"], int):
            delete_invoice(work, job["InvoiceId"])
    work.store.remove("RecurringOrder", subscription_id)
    work.note("subscription.deleted", {"subscription": subscription_id})
    return True


@method("InvoiceService.getOrderId", "int")
def get_order_id(work: Work, invoice_id: int) -> int:
    return int(str(existing(work.store, "Invoice", invoice_id)["JobId"]))


@method("InvoiceService.getInvoiceId", "int")
def get_invoice_id(work: Work, order_id: int) -> int:
    return int(str(existing(work.store, "Job", order_id)["InvoiceId"] or 0))
