"""Orders: a Job with its Invoice, and the OrderItems on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crm.errors import NotWholeYet
from crm.money import exact_amount
from crm.records import CreatedOrder, Line, LineRecord, LineType, OrderHead, OrderRecord, OrderRef
from crm.values import Struct, ignored, integer, record_id, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.invoices import InvoiceCalls
from crm.xmlrpc.values import accepted, amount_or_zero, moment, optional_id

# Docs: InvoiceService.addOrderItem, type numbers (vendor docs 2012).
LINE_TYPES = {
    LineType.SHIPPING: 1,
    LineType.TAX: 2,
    LineType.SERVICE: 3,
    LineType.PRODUCT: 4,
    LineType.FINANCE_CHARGE: 6,
    LineType.DISCOUNT: 7,
}
_BY_NUMBER = {number: line_type for line_type, number in LINE_TYPES.items()}
JOB_COLUMNS = ("Id", "JobTitle", "ContactId", "DateCreated")
ITEM_COLUMNS = ("Id", "OrderId", "ProductId", "ItemName", "ItemDescription", "Qty", "PPU", "ItemType")


@dataclass(frozen=True, slots=True)
class _Job:
    order_id: int
    title: str
    contact_id: int | None
    created_at: datetime | None


class OrderCalls(InvoiceCalls):
    def create_order(
        self,
        head: OrderHead,
        lines: Sequence[Line] = (),
        *,
        fields: Mapping[str, str] | None = None,
        notes: str = "",
    ) -> CreatedOrder:
        """Create an order; return its invoice id, which is all the CRM answers.

        Nothing goes along: lines, custom fields and notes are left to calls of their own.

        Units:  `placed_at` is sent in the CRM's zone.
        Repeat: not safe: probe with `find_orders` by the title.
        Docs:   InvoiceService.createBlankOrder; its description becomes Job.JobTitle.
        """
        params: list[Param] = [
            head.contact_id,
            head.title,
            head.placed_at,
            head.lead_affiliate_id,
            head.sale_affiliate_id,
        ]
        method = "InvoiceService.createBlankOrder"
        invoice_id = self._wire.write("create_order", method, params, record_id)
        return CreatedOrder(ref=OrderRef(invoice_id=invoice_id))

    def find_orders(self, title: str, *, contact_id: int = 0) -> list[OrderRecord]:
        """Return the orders whose title equals `title` exactly, whoever has them, lowest id first.

        A title is searched for surely here, so `contact_id` is no help.

        Raises: NotWholeYet if an order is there but its invoice is not (yet): it is not "not found".
        """
        jobs = self._query_exact("find_orders", "Job", "JobTitle", title, JOB_COLUMNS, self._job)
        return self._orders("find_orders", jobs)

    def list_orders(self, contact_id: int, since: datetime) -> list[OrderRecord]:
        """Return the contact's orders created at or after `since`, lowest id first.

        All orders of the contact are read and compared here; the CRM keeps whole seconds, and an order that
        does not say when it was created is taken for a new one.

        Raises: NotWholeYet if an order is there but its invoice is not (yet).
        Docs:   Job.DateCreated, in the CRM's zone.
        """
        whole_second = since.replace(microsecond=0)

        def parse(row: Struct) -> _Job | None:
            job = self._job(row)
            is_late = job.created_at is None or job.created_at >= whole_second
            return job if is_late and job.contact_id == contact_id else None

        where = {"ContactId": contact_id}
        jobs = self._query("list_orders", "Job", where, JOB_COLUMNS, parse)
        return self._orders("list_orders", jobs)

    def order_ids(self, contact_id: int) -> list[int]:
        """Return the ids of all orders of the contact, lowest first."""

        def parse(row: Struct) -> int | None:
            return record_id(row.get("Id")) if optional_id(row, "ContactId") == contact_id else None

        return sorted(self._query("order_ids", "Job", {"ContactId": contact_id}, ("Id", "ContactId"), parse))

    def move_order(self, order: OrderRef, contact_id: int) -> bool:
        """Give the order to another contact; return whether its invoice went along. Repeat: safe.

        Docs: DataService.update on Job; Invoice.ContactId can only be read (the vendor's field access file),
              and whether it follows is not documented, so it is read afterwards.
        """
        columns: dict[str, Param] = {"ContactId": contact_id}
        params: list[Param] = ["Job", self._order_id("move_order", order), columns]
        self._wire.write("move_order", "DataService.update", params, ignored)
        where = {"Id": order.invoice_id}

        def parse(row: Struct) -> int | None:
            return optional_id(row, "ContactId")

        return self._query("move_order", "Invoice", where, ("Id", "ContactId"), parse) == [contact_id]

    def add_line(self, order: OrderRef, line: Line) -> None:
        """Add one line. Repeat: not safe: probe with `read_lines`.

        Units:  `unit_price` is a double of major units on the wire; a discount's is negative.
        Raises: PermanentError if the price has more decimals than its currency, before anything is sent.
        Docs:   InvoiceService.addOrderItem; its two texts are the title, then the notes.
        """
        params: list[Param] = [
            order.invoice_id,
            line.product_id,
            LINE_TYPES[line.type],
            exact_amount(line.unit_price),
            line.quantity,
            line.title,
            line.description,
        ]
        self._wire.write("add_line", "InvoiceService.addOrderItem", params, accepted)

    def read_lines(self, order: OrderRef) -> list[LineRecord]:
        """Return the order's lines in the order they were made; reads the invoice first for a new order."""

        def parse(row: Struct) -> tuple[int, LineRecord]:
            # Which of two columns addOrderItem's title goes to is not certain. If it is ItemDescription,
            # ItemName is the product's name; if it is ItemName, ItemDescription stays empty.
            line = LineRecord(
                type=_BY_NUMBER.get(optional_id(row, "ItemType") or 0),
                product_id=optional_id(row, "ProductId") or 0,
                title=text(row, "ItemDescription") or text(row, "ItemName"),
                quantity=integer(row.get("Qty")),
                unit_price=amount_or_zero(row, "PPU"),
            )
            return record_id(row.get("Id")), line

        where = {"OrderId": self._order_id("read_lines", order)}
        lines = self._query("read_lines", "OrderItem", where, ITEM_COLUMNS, parse)
        return [line for _, line in sorted(lines, key=lambda line: line[0])]

    def set_order_fields(
        self,
        order: OrderRef,
        values: Mapping[str, str],
        *,
        notes: str | None = None,
        title: str | None = None,
        placed_at: datetime | None = None,
    ) -> None:
        """Write order custom fields, notes, title and date by absolute value; send nothing if there are none.

        Units:  `placed_at` is sent in the CRM's zone.
        Repeat: safe.
        Docs:   DataService.update on Job: JobNotes, JobTitle, StartDate (all editable by its table).
        """
        given = {"JobNotes": notes, "JobTitle": title, "StartDate": placed_at}
        columns: dict[str, Param] = dict(values)
        columns |= {name: value for name, value in given.items() if value is not None}
        if columns:
            params: list[Param] = ["Job", self._order_id("set_order_fields", order), columns]
            self._wire.write("set_order_fields", "DataService.update", params, ignored)

    def _job(self, row: Struct) -> _Job:
        return _Job(
            order_id=record_id(row.get("Id")),
            title=text(row, "JobTitle"),
            contact_id=optional_id(row, "ContactId"),
            created_at=moment(row, "DateCreated", self._wire.zone),
        )

    def _orders(self, operation: str, jobs: Sequence[_Job]) -> list[OrderRecord]:
        return [self._order(operation, job) for job in sorted(jobs, key=lambda job: job.order_id)]

    def _order(self, operation: str, job: _Job) -> OrderRecord:
        def parse(row: Struct) -> int | None:
            return record_id(row.get("Id")) if optional_id(row, "JobId") == job.order_id else None

        # One invoice look-up per order: "is in" lists are documented for Id columns only.
        where = {"JobId": job.order_id}
        invoice_ids = self._query(operation, "Invoice", where, ("Id", "JobId"), parse)
        if not invoice_ids:
            raise NotWholeYet(
                "The CRM has the order but does not show its invoice yet. "
                "It is looked up again automatically; if that does not stop, look at the order in the CRM.",
                detail=f"Job {job.order_id}",
                label="order-without-invoice",
            )
        return OrderRecord(
            ref=OrderRef(invoice_id=min(invoice_ids), order_id=job.order_id),
            title=job.title,
            contact_id=job.contact_id,
            created_at=job.created_at,
        )
