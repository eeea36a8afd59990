"""What companies, opportunities, tasks, notes and appointments share: one row of a table by its id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from crm.values import Struct, Value, ignored, record_id, struct
from crm.xmlrpc.encode import Param
from crm.xmlrpc.service import Service

T = TypeVar("T")


class ObjectCalls(Service):
    def _add(self, operation: str, table: str, columns: Mapping[str, Param]) -> int:
        values = {name: value for name, value in columns.items() if value != ""}
        return self._wire.write(operation, "DataService.add", [table, values], record_id)

    def _update(self, operation: str, table: str, row_id: int, columns: Mapping[str, Param]) -> None:
        """Write the columns; send nothing if there are none."""
        if columns:
            self._wire.write(operation, "DataService.update", [table, row_id, columns], ignored)

    def _load(
        self,
        operation: str,
        table: str,
        row_id: int,
        columns: Sequence[str],
        parse: Callable[[Struct], T],
    ) -> T:
        """Return what `parse` makes of one row. Raises MissingInCrm if it, or a column, is gone."""

        def parse_row(value: Value) -> T:
            return parse(struct(value))

        return self._wire.read(operation, "DataService.load", [table, row_id, list(columns)], parse_row)


def given_columns(data: Any, names: Mapping[str, str]) -> dict[str, Param]:
    """Return the columns of those members that are given, by their names, and the custom fields."""
    given = {column: getattr(data, member) for member, column in names.items()}
    return {column: value for column, value in given.items() if value is not None} | dict(data.fields)
