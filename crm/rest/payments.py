"""What an order costs, and the payments on it."""

from __future__ import annotations

from decimal import Decimal

from crm.errors import MissingInCrm
from crm.money import exact_amount
from crm.records import Invoice, OrderRef, Payment, PaymentRecord
from crm.rest.body import Param
from crm.rest.service import Service
from crm.rest.values import optional_amount, optional_id, utc
from crm.values import Struct, Unexpected, Value, amount, ignored, record_id, struct, text

READ = "GET /v2/orders/{order_id}"
LIST = "GET /v2/orders"
PAYMENTS = "GET /v2/orders/{order_id}/payments"
FAILED = frozenset({"FAILED", "ERROR", "VOIDED"})
APPLY_TO_COMMISSIONS = True


class PaymentCalls(Service):
    def read_invoice(self, order: OrderRef) -> Invoice:
        """Return total, paid and due as the CRM sees them. Raises MissingInCrm if the order is gone."""
        order_id = self._order_id("read_invoice", order)

        def parse(value: Value) -> Invoice:
            row = struct(value)
            total = optional_amount(row, "total")
            if total is None:
                raise Unexpected("an order without its total")
            paid, due = optional_amount(row, "total_paid"), optional_amount(row, "total_due")
            if paid is None:
                paid = total - due if due is not None else Decimal(0)
            return Invoice(
                ref=order_ref(row), total=total, paid=paid, due=total - paid if due is None else due
            )

        return self._wire.call("read_invoice", READ, parse, at=(order_id,))

    def record_payment(self, order: OrderRef, payment: Payment) -> None:
        """Record money received elsewhere; charges nothing.

        Units:  the amount is a double of major units on the wire; `paid_at` is sent in UTC.
        Repeat: not safe: probe with `read_payments`.
        Raises: ExceedsAmountDue if it is more than is due; PermanentError if the amount has more decimals
                than its currency, before anything is sent.
        Docs:   the vendor's OpenAPI file: without a payment method's id nothing is charged, and the type must
                be one of the account's manual payment types.
        """
        body: dict[str, Param] = {
            "payment_amount": exact_amount(payment.amount),
            "payment_method_type": payment.type,
            "payment_time": utc(payment.paid_at),
            "notes": payment.note,
            "apply_to_commissions": APPLY_TO_COMMISSIONS,
        }
        order_id = self._order_id("record_payment", order)
        route = "POST /v2/orders/{order_id}/payments"
        self._wire.call("record_payment", route, ignored, at=(order_id,), body=body)

    def read_payments(self, order: OrderRef) -> list[PaymentRecord]:
        """Return the payments of the order that took effect, lowest id first; their type is not told."""
        order_id = self._order_id("read_payments", order)

        def parse(row: Struct) -> PaymentRecord | None:
            if text(row, "pay_status") in FAILED:
                return None
            return PaymentRecord(
                id=record_id(row.get("payment_id") or row.get("id")),
                amount=amount(row.get("amount")),
                type="",
                note=text(row, "note"),
            )

        found = self._pages("read_payments", PAYMENTS, "invoice_order_payments", parse, at=(order_id,))
        return sorted(found, key=lambda payment: payment.id)

    def _order_id(self, operation: str, order: OrderRef) -> int:
        """Return the order's id, looked up by its invoice if it is not known.

        That it is the id of the CRM's job is an assumption no document confirms.
        """
        if order.order_id is not None:
            return order.order_id

        def parse(row: Struct) -> int | None:
            is_it = optional_id(row.get("invoice_id")) == order.invoice_id
            return record_id(row.get("id")) if is_it else None

        query = {"filter": f"invoice_id=={order.invoice_id}"}
        found = self._pages(operation, LIST, "orders", parse, query=query, page_rows=10)
        if found:
            return min(found)
        raise MissingInCrm(
            "The invoice of this order is no longer in the CRM; it was perhaps deleted there. "
            "Send the order again if it should be there.",
            detail=f"Invoice {order.invoice_id}",
            setting="payments",
            label="invoice-gone",
        )


def order_ref(row: Struct) -> OrderRef:
    return OrderRef(invoice_id=record_id(row.get("invoice_id")), order_id=record_id(row.get("id")))
