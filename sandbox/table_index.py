"""The rows of one table, with an index on the columns that callers look things up by."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.values import Row, Stored, as_text

INDEXED: dict[str, tuple[str, ...]] = {
    "Contact": ("Email", "EmailAddress2", "EmailAddress3"),
    "ContactGroup": ("GroupName",),
    "ContactGroupAssign": ("ContactId", "GroupId"),
    "Product": ("ProductName", "Sku"),
    "Job": ("JobTitle", "ContactId", "InvoiceId"),
    "OrderItem": ("OrderId",),
    "Invoice": ("JobId", "ContactId"),
    "InvoiceItem": ("InvoiceId", "OrderItemId"),
    "Payment": ("InvoiceId", "ContactId"),
    "InvoicePayment": ("InvoiceId",),
    "LeadSource": ("Name",),
    "EmailAddStatus": ("Email",),
    "CreditCard": ("ContactId",),
    "ContactAction": ("ContactId",),
}


def folded(value: Stored) -> str:
    """The form in which two values are equal to the CRM, which ignores case."""
    return as_text(value).casefold()


class TableIndex:
    """Rows by key in insertion order. The key is the Id, where the table has one."""

    def __init__(self, table: str) -> None:
        self.rows: dict[int, Row] = {}
        self._index: dict[str, dict[str, dict[int, None]]] = {c: {} for c in INDEXED.get(table, ())}

    def put(self, key: int, row: Row) -> None:
        if key in self.rows:
            self.drop(key)
        self.rows[key] = row
        for column, entries in self._index.items():
            if row.get(column) is not None:
                entries.setdefault(folded(row[column]), {})[key] = None

    def drop(self, key: int) -> None:
        row = self.rows.pop(key)
        for column, entries in self._index.items():
            if row.get(column) is not None:
                entries[folded(row[column])].pop(key, None)

    def candidates(self, column: str, value: str) -> Iterable[int]:
        """Keys of rows whose `column` may equal `value` (folded): all rows where no index helps."""
        if column in self._index:
            return sorted(self._index[column].get(value, ()))
        return list(self.rows)

    def is_indexed(self, column: str) -> bool:
        return column in self._index
