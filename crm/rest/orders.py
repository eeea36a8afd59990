"""Orders, which carry their lines, custom fields and notes from the first request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crm.errors import NotSupported, NotWholeYet
from crm.http.characters import clean
from crm.list_records import FieldObject
from crm.records import CartOrder, CreatedOrder, Line, LineRecord, OrderHead, OrderRecord, OrderRef
from crm.rest.body import Param
from crm.rest.fields import FieldCalls, merged, written
from crm.rest.order_items import catalogue_items, item, line_record
from crm.rest.payments import LIST, READ, PaymentCalls, order_ref
from crm.rest.service import safe_value
from crm.rest.values import inner, listed, moment, optional_amount, optional_id, utc
from crm.values import Struct, Unexpected, Value, ignored, record_id, struct, text

CREATE = "POST /v2/orders"
UPDATE = "PATCH /v2/orders/{order_id}"
ORDER_TYPE = "ONLINE"
ORDERS_PER_PAGE = 100  # each comes with its items
SEARCHED_DAYS = 7


class OrderCalls(FieldCalls, PaymentCalls):
    _discount_sign: int

    def create_order(
        self,
        head: OrderHead,
        lines: Sequence[Line] = (),
        *,
        fields: Mapping[str, str] | None = None,
        notes: str = "",
    ) -> CreatedOrder:
        """Create an order with all its lines, custom fields and notes in one request.

        Units:  prices are doubles of major units on the wire; `placed_at` is sent in UTC.
        Repeat: not safe: probe with `find_orders` by the title.
        Raises: MissingInCrm for an unknown custom field, PermanentError for a price with more decimals than
                its currency, both before the order is sent.
        """
        body = _head(
            head.title, head.contact_id, head.placed_at, head.lead_affiliate_id, head.sale_affiliate_id
        )
        if lines:
            body["order_items"] = [item(line, self._discount_sign) for line in lines]
        contents = self._contents("create_order", FieldObject.ORDER, fields or {})
        if contents:
            body["custom_fields"] = written(contents)
        if notes:
            body["notes"] = notes
        created = self._wire.call("create_order", CREATE, _created, body=body)
        return replace(created, has_fields=True)

    def place_order(self, order: CartOrder) -> CreatedOrder:
        """Create an order of catalogue products, which the CRM prices itself; no card is charged.

        Repeat: not safe: probe with `find_orders` by the title.
        Raises: NotSupported for automatic discounts without a promo code.
        Docs:   whether the API applies automatic discounts beside the promo codes is not documented.
        """
        if order.specials and not order.promo_codes:
            raise NotSupported(
                "REST cannot ask for the CRM's automatic discounts. Switch them off in the order settings, "
                "or choose XML-RPC or automatic as the connection's protocol.",
                setting="credentials",
                label="no-specials",
            )
        body = _head(
            order.title, order.contact_id, order.placed_at, order.lead_affiliate_id, order.sale_affiliate_id
        )
        body["order_items"] = catalogue_items(order.product_ids)
        if order.promo_codes:
            body["promo_codes"] = list(order.promo_codes)
        return self._wire.call("place_order", CREATE, _created, body=body)

    def find_orders(self, title: str, *, contact_id: int = 0) -> list[OrderRecord]:
        """Return the orders whose title equals `title` exactly, lowest id first.

        Which of an order's two titles the filter reads is not documented, so both are written alike, and with
        a `contact_id` the contact's orders of the last week are looked through before "not found".

        Raises: NotWholeYet if the order is there but its invoice is not (yet): it is not "not found".
        """
        wanted = clean(title)
        if not wanted.strip():
            return []
        value = safe_value(wanted)
        found = self._titled(wanted, f"title=={value}") if value else []
        if not found and contact_id:
            since = utc(datetime.now(UTC) - timedelta(days=SEARCHED_DAYS))
            found = self._titled(wanted, f"contact_id=={contact_id};created_since_time=={since}")
        return found

    def list_orders(self, contact_id: int, since: datetime) -> list[OrderRecord]:
        """Return the contact's orders created at or after `since`, lowest id first."""
        second = since.replace(microsecond=0)  # the CRM keeps no fractions
        query = f"contact_id=={contact_id};created_since_time=={utc(second)}"
        found = self._orders("list_orders", query, _record)
        return [order for order in found if order.created_at is None or order.created_at >= second]

    def order_ids(self, contact_id: int) -> list[int]:
        """Return the ids of all orders of the contact, lowest first."""

        def parse(row: Struct) -> int:
            return record_id(row.get("id"))

        query = {"filter": f"contact_id=={contact_id}"}
        pages = self._pages("order_ids", LIST, "orders", parse, query=query, page_rows=ORDERS_PER_PAGE)
        return sorted(pages)

    def move_order(self, order: OrderRef, contact_id: int) -> bool:
        """Give the order, which here is its invoice too, to another contact. Repeat: safe."""
        order_id = self._order_id("move_order", order)
        query, body = {"update_mask": "contact_id"}, {"contact_id": str(contact_id)}
        self._wire.call("move_order", UPDATE, ignored, at=(order_id,), query=query, body=body)
        return True

    def add_line(self, order: OrderRef, line: Line) -> None:
        """Add one line. Repeat: not safe: probe with `read_lines`.

        Raises: PermanentError if the price has more decimals than its currency, before anything is sent.
        """
        body = item(line, self._discount_sign)
        order_id = self._order_id("add_line", order)
        self._wire.call("add_line", "POST /v2/orders/{order_id}/items", ignored, at=(order_id,), body=body)

    def read_lines(self, order: OrderRef) -> list[LineRecord]:
        """Return the order's lines in the order they were made."""

        def parse(value: Value) -> list[LineRecord]:
            row = struct(value)
            if row.get("order_items") is None and optional_amount(row, "total"):
                raise Unexpected("an order with a total but without its lines")
            items = sorted(listed(row, "order_items"), key=lambda each: optional_id(each.get("id")) or 0)
            return [line_record(each) for each in items]

        order_id = self._order_id("read_lines", order)
        return self._wire.call("read_lines", READ, parse, at=(order_id,))

    def set_order_fields(
        self,
        order: OrderRef,
        values: Mapping[str, str],
        *,
        notes: str | None = None,
        title: str | None = None,
        placed_at: datetime | None = None,
    ) -> None:
        """Write order custom fields, among those there, notes, both titles and the date by absolute value.

        Repeat: safe. Nothing is sent if there is nothing to write.
        Docs:   a list of custom fields that is sent may replace the one there, so it is read first.
        """
        body: dict[str, Param] = {}
        if title is not None:
            body.update(title=title, order_title=title)
        if notes is not None:
            body["notes"] = notes
        if placed_at is not None:
            body["order_time"] = utc(placed_at)
        if not body and not values:
            return
        contents = self._contents("set_order_fields", FieldObject.ORDER, values)
        order_id = self._order_id("set_order_fields", order)
        if contents:
            there = self._wire.call("set_order_fields", READ, struct, at=(order_id,))
            body["custom_fields"] = merged(listed(there, "custom_fields"), contents)
        query = {"update_mask": ",".join(body)}
        self._wire.call("set_order_fields", UPDATE, ignored, at=(order_id,), query=query, body=body)

    def _titled(self, title: str, query: str) -> list[OrderRecord]:
        def parse(row: Struct) -> OrderRecord | None:
            return _record(row) if text(row, "title") == title else None

        return self._orders("find_orders", query, parse)

    def _orders(
        self, operation: str, query: str, parse: Callable[[Struct], OrderRecord | None]
    ) -> list[OrderRecord]:
        asked = {"filter": query}
        found = self._pages(operation, LIST, "orders", parse, query=asked, page_rows=ORDERS_PER_PAGE)
        return sorted(found, key=lambda order: order.ref.order_id or 0)


def _head(title: str, contact_id: int, placed_at: datetime, lead: int, sale: int) -> dict[str, Param]:
    body: dict[str, Param] = {
        "contact_id": str(contact_id),
        "title": title,
        "order_title": title,
        "order_time": utc(placed_at),
        "order_type": ORDER_TYPE,
    }
    affiliates = {"lead_affiliate_id": lead, "sales_affiliate_id": sale}
    return {**body, **{name: str(number) for name, number in affiliates.items() if number}}


def _created(value: Value) -> CreatedOrder:
    row = struct(value)
    total = optional_amount(row, "total")
    return CreatedOrder(ref=order_ref(row), has_lines=True, total=total)


def _record(row: Struct) -> OrderRecord:
    if optional_id(row.get("invoice_id")) is None:
        raise NotWholeYet(
            "The CRM has the order but does not show its invoice yet. "
            "It is looked up again automatically; if that does not stop, look at the order in the CRM.",
            detail=f"Order {text(row, 'id')}",
            label="order-without-invoice",
        )
    return OrderRecord(
        ref=order_ref(row),
        title=text(row, "title"),
        contact_id=optional_id(inner(row, "contact").get("id")),
        created_at=moment(row, "creation_time"),
    )
