"""What reports read: a table by its columns, and methods that answer rows, in the CRM's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm.contract import RawAnswer
from crm.values import Value, integer, rows
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import PAGE_ROWS, Service

# Besides what begins with "get": of these names alone it is known that they change nothing.
READ_METHODS = frozenset(
    {
        "APIAffiliateService.affClawbacks",
        "APIAffiliateService.affCommissions",
        "APIAffiliateService.affPayouts",
        "APIAffiliateService.affRunningTotals",
        "APIAffiliateService.affSummary",
        "ContactService.findByEmail",
        "ContactService.load",
        "DataService.load",
        "InvoiceService.calculateAmountOwed",
    }
)
# The elements of a reply that is read (crm.xmlrpc.decode): of each row 2, of each of its columns 4.
MOST_ELEMENTS = 120_000


def most_rows(columns: int) -> int:
    """How many rows of so many columns one reply may have."""
    return max(1, min(PAGE_ROWS, MOST_ELEMENTS // (2 + 4 * columns)))


class TableCalls(Service):
    def query_table(
        self,
        table: str,
        where: Mapping[str, Any],
        columns: Sequence[str],
        *,
        limit: int,
        page: int = 0,
        order_by: str = "",
    ) -> RawAnswer:
        """Docs: DataService.query; without `order_by` the order is the CRM's."""
        params: list[Param] = [table, limit, page, where, columns]
        if order_by:
            params += [order_by, True]
        return self._ask("query_table", "DataService.query", params, rows_only=True)

    def count_table(self, table: str, where: Mapping[str, Any]) -> RawAnswer:
        """Docs: DataService.count."""
        params: list[Param] = [table, where]
        answer = self._wire.exchange("count_table", "DataService.count", params, integer, writes=False)
        return RawAnswer(value=answer.value, server_time=answer.server_time)

    def call_method(self, method: str, params: Sequence[Any]) -> RawAnswer:
        """Raises ValueError for a method that may change something."""
        if method not in READ_METHODS and not method.partition(".")[2].startswith("get"):
            raise ValueError(f"{method} is not one that only reads")
        return self._ask("call_method", method, params)

    def _ask(
        self, operation: str, method: str, params: Sequence[Param], *, rows_only: bool = False
    ) -> RawAnswer:
        def parse(value: Value) -> Value:
            if rows_only:
                rows(value)
            return value

        answer = self._wire.exchange(operation, method, params, parse, writes=False)
        return RawAnswer(value=answer.value, server_time=answer.server_time)
