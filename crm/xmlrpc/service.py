"""What every service file stands on: the wire, and queries that are exact although the CRM's are not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from crm.errors import PermanentError
from crm.http.characters import clean
from crm.records import CategoryRecord
from crm.values import Struct, Value, record_id, rows, text
from crm.xmlrpc.encode import Param
from crm.xmlrpc.wire import XmlRpcWire

PAGE_ROWS = 1000  # DataService.query allows no more; what it does above that is not documented
LONG_ROWS = 100  # of rows with long texts, so that a page stays within what is read of a reply
MAX_PAGES = 50
MAX_IDS = 1000  # of one "is in" list

T = TypeVar("T")


class Service:
    """One group of calls; the adapter joins all groups."""

    _wire: XmlRpcWire

    def _query(
        self,
        operation: str,
        table: str,
        where: Mapping[str, Param],
        columns: Sequence[str],
        parse: Callable[[Struct], T | None],
        *,
        page_rows: int = PAGE_ROWS,
    ) -> list[T]:
        """Return what `parse` makes of the rows of a query (None leaves one out), page by page, by id.

        Raises: PermanentError beyond 50 pages, because a part of the rows is no answer.
        """

        def parse_page(value: Value) -> tuple[int, list[T]]:
            part = rows(value)
            return len(part), [item for item in map(parse, part) if item is not None]

        found: list[T] = []
        for page in range(MAX_PAGES):
            params: list[Param] = [table, page_rows, page, where, columns, "Id", True]
            row_count, part = self._wire.read(operation, "DataService.query", params, parse_page)
            found.extend(part)
            if row_count < page_rows:
                return found
        raise PermanentError(
            "The CRM holds far too many records that resemble this name. Choose a more distinct name.",
            detail=f"{table}: more than {MAX_PAGES * page_rows} rows",
            label="too-many-rows",
        )

    def _query_exact(
        self,
        operation: str,
        table: str,
        column: str,
        wanted: str,
        columns: Sequence[str],
        parse: Callable[[Struct], T | None],
        *,
        where: Mapping[str, Param] | None = None,
        alike: Callable[[str], str] = str,
    ) -> list[T]:
        """Return the rows whose column is exactly this text, after `alike` on both; none for a blank text.

        `where` is what else must hold of them.
        """
        wanted = clean(wanted)
        if not wanted.strip():
            return []

        def parse_exact(row: Struct) -> T | None:
            return parse(row) if alike(text(row, column)) == alike(wanted) else None

        asked = {**(where or {}), column: safe_pattern(wanted)}
        return self._query(operation, table, asked, columns, parse_exact)

    def _categories(self, operation: str, table: str, column: str, name: str) -> list[CategoryRecord]:
        """Return the rows of a table of categories that have exactly this name, lowest id first."""

        def parse(row: Struct) -> CategoryRecord:
            return CategoryRecord(id=record_id(row.get("Id")), name=text(row, column))

        found = self._query_exact(operation, table, column, name, ("Id", column), parse)
        return sorted(found, key=lambda category: category.id)

    def _query_ids(
        self,
        operation: str,
        table: str,
        ids: Sequence[int],
        columns: Sequence[str],
        parse: Callable[[Struct], T],
    ) -> list[T]:
        """Return the rows with these ids, as many as exist."""
        wanted = sorted(set(ids))

        def parse_wanted(row: Struct) -> T | None:
            return parse(row) if record_id(row.get("Id")) in wanted else None

        found: list[T] = []
        for start in range(0, len(wanted), MAX_IDS):
            where = {"Id": wanted[start : start + MAX_IDS]}
            found.extend(self._query(operation, table, where, columns, parse_wanted))
        return found


def safe_pattern(wanted: str) -> str:
    """Return a query value that finds at least the rows whose column is exactly `wanted`.

    The CRM reads a value with `%` as a pattern and one that begins with `~` as an operator
    (integration.keap.com/t/117). A pattern may match more than it should, never less: so a leading `~`
    and, in a pattern, a backslash (which may quote the next sign there) become `%`.
    """
    pattern = wanted
    if wanted.lstrip().startswith("~"):
        pattern = "%" + wanted.lstrip()[1:]
    return pattern.replace("\\", "%") if "%" in pattern else pattern
