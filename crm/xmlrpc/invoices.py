"""Invoices and the payments on them."""

from __future__ import annotations

from crm.errors import MissingInCrm, TransientError
from crm.money import exact_amount
from crm.records import Invoice, OrderRef, Payment, PaymentRecord
from crm.values import Struct, Value, amount, record_id, rows, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import accepted, amount_or_zero, optional_id

COLUMNS = ("Id", "JobId", "InvoiceTotal", "TotalPaid", "TotalDue")
BYPASS_COMMISSIONS = False


class InvoiceCalls(Service):
    def read_invoice(self, order: OrderRef) -> Invoice:
        """Return total, paid and due as the CRM sees them, with the order id, in one call.

        Raises: MissingInCrm if the invoice is gone.
        """
        return self._read_invoice("read_invoice", order)

    def record_payment(self, order: OrderRef, payment: Payment) -> None:
        """Record money received elsewhere; charges nothing.

        Units:  the amount is a double of major units on the wire; `paid_at` is sent in the CRM's zone.
        Repeat: not safe: probe with `read_payments`.
        Raises: ExceedsAmountDue if it is more than is due; PermanentError if the amount has more decimals
                than its currency, before anything is sent.
        Docs:   InvoiceService.addManualPayment.
        """
        params: list[Param] = [
            order.invoice_id,
            exact_amount(payment.amount),
            payment.paid_at,
            payment.type,
            payment.note,
            BYPASS_COMMISSIONS,
        ]
        self._wire.write("record_payment", "InvoiceService.addManualPayment", params, accepted)

    def read_payments(self, order: OrderRef) -> list[PaymentRecord]:
        """Return the payments of the order's invoice, lowest id first. Docs: InvoiceService.getPayments."""
        method = "InvoiceService.getPayments"

        def parse(value: Value) -> list[PaymentRecord]:
            return [
                PaymentRecord(
                    id=record_id(row.get("Id")),
                    amount=amount(row.get("PayAmt")),
                    type=text(row, "PayType"),
                    note=text(row, "PayNote"),
                )
                for row in rows(value)
            ]

        payments = self._wire.read("read_payments", method, [order.invoice_id], parse)
        return sorted(payments, key=lambda payment: payment.id)

    def _order_id(self, operation: str, order: OrderRef) -> int:
        """Return the order's id, read from its invoice if it is not known yet."""
        order_id = order.order_id or self._read_invoice(operation, order).ref.order_id
        if order_id is None:
            raise TransientError(
                "The CRM does not say yet which order the invoice belongs to. "
                "It is looked up again automatically; nothing needs to be done.",
                detail=f"Invoice {order.invoice_id}",
                label="invoice-without-order",
            )
        return order_id

    def _read_invoice(self, operation: str, order: OrderRef) -> Invoice:
        def parse(row: Struct) -> Invoice | None:
            if record_id(row.get("Id")) != order.invoice_id:
                return None
            total, paid = amount_or_zero(row, "InvoiceTotal"), amount_or_zero(row, "TotalPaid")
            stated = amount_or_zero(row, "TotalDue")
            # Whether a payment lowers TotalDue is not certain: the method's description says so, an
            # integrator saw TotalDue 74.99 beside TotalPaid 74.99 on a paid invoice
            # (blog.novaksolutions.com, "understanding Infusionsoft invoices and fractions of cents"). So a
            # TotalDue equal to the total is read as "before payments"; any other is the CRM's own word.
            due = total - paid if stated == total else stated
            order_id = optional_id(row, "JobId") or order.order_id
            ref = OrderRef(invoice_id=order.invoice_id, order_id=order_id)
            return Invoice(ref=ref, total=total, paid=paid, due=due)

        found = self._query(operation, "Invoice", {"Id": order.invoice_id}, COLUMNS, parse)
        if found:
            return found[0]
        raise MissingInCrm(
            "The invoice of this order is no longer in the CRM; it was perhaps deleted there. "
            "Send the order again if it should be there.",
            detail=f"Invoice {order.invoice_id}",
            label="invoice-gone",
        )
