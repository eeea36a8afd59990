"""One OpenMage or Magento 1 shop, asked by SOAP: orders that changed, each with its shipments and customer.

```
salesOrderList (a window) ─► salesOrderInfo, salesOrderShipmentList and -Info, customerCustomerInfo ─► Polled
```
The list knows what the single order does not tell, the coupon among it, so its row is kept beside the order.
It has no pages: all that matches comes at once (salesOrderList takes filters alone, by the WSDL). Its times
are in UTC and do not say so.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from carts.platforms.magento.client import Filter, MagentoClient, SoapFault
from carts.platforms.magento.faults import ACCESS_DENIED, NOT_THERE, is_about_one
from intake.json_text import json_read, json_write
from intake.shop_api import AnswerTooLarge, Polled, Shop, ShopAnswerUnusable

logger = logging.getLogger(__name__)

ORDERS, SHIPMENTS = "orders", "shipments"
ORDER_READ, ORDER_UNREADABLE = "order_read", "order_unreadable"
PAGE = 20  # orders that are read before they are stored
KEPT_CUSTOMERS = 500
_ONE_SECOND = timedelta(seconds=1)
_NOTHING: Sequence[Filter] = [("order_id", "eq", "0")]
Row = dict[str, Any]


class MagentoShop(Shop):
    def __init__(self, client: MagentoClient) -> None:
        self._client = client
        self._customers: dict[str, Row] = {}
        self._reads_customers = True

    def close(self) -> None:
        self._client.close()

    def check(self) -> str:
        """Log in and ask for what no shop has; that shows what the role may read."""
        self._client.rows("salesOrderList", _NOTHING)
        self._client.rows("salesOrderShipmentList", _NOTHING)
        self._customer({"customer_id": "0"})
        found = f"The shop answered: {self._client.dialect}. Orders and shipments can be read"
        if self._reads_customers:
            return f"{found}, and customers."
        return (
            f"{found}; customers can not, so titles of buyers may be missing. Tick Customers in the role of "
            "the API user if you need them."
        )

    def pages(self, feed: str, since: datetime | None, until: datetime | None) -> Iterable[Sequence[Polled]]:
        rows = self._changed_orders(since, until) if feed == ORDERS else self._shipped_orders(since, until)
        while page := list(islice(rows, PAGE)):
            yield [polled for row in page if (polled := self._read(row)) is not None]

    def read(self, refresh_ids: Sequence[str]) -> Sequence[Polled]:
        rows = self._listed("increment_id", [wanted for wanted in refresh_ids if "," not in wanted])
        return [polled for row in rows if (polled := self._read(row)) is not None]

    # -- lists --------------------------------------------------------------------------------------

    def _changed_orders(self, since: datetime | None, until: datetime | None) -> Iterator[Row]:
        seen: set[str] = set()
        for row in self._window("salesOrderList", since, until):
            if row.get("increment_id") and row["increment_id"] not in seen:
                seen.add(row["increment_id"])
                yield row

    def _shipped_orders(self, since: datetime | None, until: datetime | None) -> Iterator[Row]:
        """Orders whose shipment changed after they did: a tracking number that was added later, say. All
        others come as changed orders.
        """
        shipments = self._window("salesOrderShipmentList", since, until)
        while page := list(islice(shipments, PAGE)):
            changed: dict[str, str] = {}
            for listed in page:
                told = self._shipment(listed) if listed.get("increment_id") else {}
                if told.get("order_id"):
                    latest = changed.get(told["order_id"], "")
                    changed[told["order_id"]] = max(latest, str(told.get("updated_at") or ""))
            for row in self._listed("order_id", list(changed)):
                if str(row.get("updated_at") or "") < changed.get(str(row.get("order_id")), "9"):
                    yield row

    def _window(self, operation: str, since: datetime | None, until: datetime | None) -> Iterator[Row]:
        """What changed between two moments, both included, in the order of change. There is no paging: where
        the shop sends too much at once, each half is asked for by itself.
        """
        begin = since and _floor(since)
        end = until and _floor(until + timedelta(seconds=math.ceil(until.microsecond / 1_000_000)))
        times = [("from", begin), ("to", end)]
        filters = [("updated_at", name, f"{moment:%Y-%m-%d %H:%M:%S}") for name, moment in times if moment]
        try:
            rows = self._client.rows(operation, filters)
        except AnswerTooLarge:
            if begin is None or end is None or end - begin < 2 * _ONE_SECOND:
                raise
            middle = _floor(begin + (end - begin) / 2)
            yield from self._window(operation, begin, middle)
            yield from self._window(operation, middle + _ONE_SECOND, end)
            return
        yield from sorted(rows, key=lambda row: (row.get("updated_at") or "", row.get("increment_id") or ""))

    def _listed(self, field: str, wanted: Sequence[str]) -> list[Row]:
        """The list rows of these orders."""
        if not wanted:
            return []
        rows = self._client.rows("salesOrderList", [(field, "in", ",".join(wanted))])
        asked = set(wanted)  # a database compares more loosely than we do
        return [row for row in rows if row.get(field) in asked and row.get("increment_id")]

    # -- one order ----------------------------------------------------------------------------------

    def _read(self, row: Row) -> Polled | None:
        """None for an order that is gone since it was listed.

        One at which the shop fails twice, while it still answers otherwise, must not keep all others from
        being read: it becomes an event of its own, which is parked where a person sees it.
        """
        for _ in range(2):
            try:
                order = self._info("salesOrderInfo", orderIncrementId=row["increment_id"])
                if not order:
                    return None
                shipments, customer = self._shipments(order), self._customer(order)
            except ShopAnswerUnusable as err:
                error = err
                continue
            told = {"order": order, "list": row, "shipments": shipments, "customer": customer}
            return _polled(row, ORDER_READ, told)
        self._client.rows("salesOrderList", _NOTHING)
        return _polled(row, ORDER_UNREADABLE, {"order": row, "problem": f"{error.message} {error.detail}"})

    def _shipments(self, order: Row) -> list[Row]:
        items = order.get("items") or []
        shipped = [str(item.get("qty_shipped", "?")) for item in items if isinstance(item, dict)]
        if not order.get("order_id") or (shipped and all(text.strip("0.") == "" for text in shipped)):
            return []
        rows = self._client.rows("salesOrderShipmentList", [("order_id", "eq", str(order["order_id"]))])
        known = sorted((row for row in rows if row.get("increment_id")), key=lambda row: row["increment_id"])
        own = (None, order["order_id"])
        told = [self._shipment(row) for row in known]
        return [shipment for shipment in told if shipment and shipment.get("order_id") in own]

    def _shipment(self, row: Row) -> Row:
        """What the list tells of it, where the shop fails to tell more."""
        try:
            return self._info("salesOrderShipmentInfo", shipmentIncrementId=row["increment_id"])
        except ShopAnswerUnusable as err:
            logger.warning("A shipment is known by the list alone: %s", err.detail)
            return row

    def _customer(self, order: Row) -> Row:
        """What the shop knows of a buyer with an account; nothing where the role may not read customers."""
        customer_id = str(order.get("customer_id") or "")
        is_guest = order.get("customer_is_guest") == "1"
        if is_guest or not self._reads_customers or not customer_id.isdecimal() or int(customer_id) >= 2**31:
            return {}
        if customer_id not in self._customers:
            if len(self._customers) >= KEPT_CUSTOMERS:
                self._customers.clear()
            account: Row = {}
            try:
                account = self._info("customerCustomerInfo", customerId=int(customer_id))
            except SoapFault:
                self._reads_customers = False
            except ShopAnswerUnusable as err:
                logger.warning("A customer could not be read: %s", err.detail)
            account.pop("updated_at", None)  # changes with every visit, and the order did not
            self._customers[customer_id] = account
        return self._customers[customer_id]

    def _info(self, operation: str, **arguments: Any) -> Row:
        """One thing by its id, empty if the shop does not have it.

        Raises: ShopAnswerUnusable if the shop may have failed at this one alone; SoapFault where customers
        may not be read; any other ShopError.
        """
        try:
            found = self._client.read(operation, **arguments)
        except SoapFault as fault:
            if fault.code in NOT_THERE[operation]:
                return {}
            if fault.code == ACCESS_DENIED and operation == "customerCustomerInfo":
                raise
            if is_about_one(fault.code):
                raise ShopAnswerUnusable(fault.error.message, fault.error.detail) from fault
            raise fault.error from fault
        return found if isinstance(found, dict) else {}


def _polled(row: Row, name: str, told: Row) -> Polled:
    """Read once, so that what no database stores is replaced as it is in a delivery."""
    body = json_write(json_read(json_write(told)))
    return Polled(key=row["increment_id"], name=name, body=body.encode())


def _floor(moment: datetime) -> datetime:
    """To the second, as the shop writes times; in UTC, as it means them."""
    return moment.astimezone(UTC).replace(microsecond=0)
