"""Tables and methods of XML-RPC."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, cast

from crm.contract import TableReader
from crm.values import Value, rows, struct
from crm.xmlrpc.tables import most_rows
from reports.catalogue.calls import ID, Asked, Count, Cursor, Page, Row, Span, row_id, skip_each
from reports.catalogue.tables import TABLES
from reports.columns import Column
from reports.query.language import Query, Sign
from reports.query.meaning import wire_value

EVERYTHING: Mapping[str, str] = {ID: "%"}  # a query without a condition is refused


@dataclass(frozen=True, kw_only=True, slots=True)
class TableQuery:
    """A table over XML-RPC: by rising ids, so that nothing is lost while rows come and go.

    `table` is fixed or the argument of that name. `where` adds conditions of the arguments. A table without
    ids is read by page numbers until an empty page.
    """

    table: str = ""
    by_ids: bool = True
    where: Callable[[Asked], Mapping[str, Any]] = lambda asked: {}

    def page(self, crm: Any, asked: Asked, cursor: Cursor) -> Page:
        names = list(dict.fromkeys([*([ID] if self.by_ids else []), *(each.name for each in asked.columns)]))
        limit = min(asked.page_rows or 1000, most_rows(len(names)))
        where = self._where(asked)
        table = self._table(asked)
        reader = cast(TableReader, crm)
        if not self.by_ids:
            number, limit = int(cursor.get("page", 0)), int(cursor.get("limit", limit))
            answer = reader.query_table(
                table, where or {names[0]: "%"}, names, limit=limit, page=number, order_by=names[0]
            )
            found = rows(answer.value)
            return Page(
                rows=found,
                cursor={"page": number + 1, "limit": limit} if found else None,
                server_time=answer.server_time,
            )
        after = int(cursor.get("after", self._begin(asked)))
        ids = self._ids(asked)
        chosen = [each for each in ids or () if each > after][:limit]
        above = int(cursor.get("after", 0))
        if ids is not None and not chosen:
            return Page(rows=(), covers=Span(above=above, up_to=None))
        answer = reader.query_table(
            table, {**where, ID: chosen or f"~>~{after}"}, names, limit=limit, order_by=ID
        )
        found = rows(answer.value)
        last = chosen[-1] if chosen else max((row_id(row) for row in found), default=after)
        is_end = last == ids[-1] if ids else len(found) < limit
        return Page(
            rows=found,
            cursor=None if is_end else {"after": last},
            covers=Span(above=above, up_to=None if is_end else last),
            server_time=answer.server_time,
        )

    def count(self, crm: Any, asked: Asked, since: datetime | None = None) -> Count | None:
        where = self._where(asked)
        ids = self._ids(asked)
        if ids is not None:
            where[ID] = ids
        elif self.checked_here(asked).conditions:
            return None
        if since is not None:
            # An update may make a condition hold or no longer hold; without one only what is new counts.
            column = "LastUpdated" if where else "DateCreated"
            if column in where or column not in TABLES[self._table(asked)]:
                return None
            where[column] = f"~>=~{since.astimezone(asked.zone):%Y-%m-%d %H:%M:%S}"
        answer = cast(TableReader, crm).count_table(self._table(asked), where or EVERYTHING)
        return Count(int(cast(int, answer.value)), answer.server_time)

    def lacked(self, arguments: Mapping[str, Any], known: Mapping[str, Column]) -> frozenset[str]:
        return frozenset()

    def skipped(self, asked: Asked, cursor: Cursor) -> tuple[int, Cursor | None] | None:
        return None

    def checked_here(self, asked: Asked) -> Query:
        """Of the ids the reading itself asks for others; a list of them or one alone it asks for as it is."""
        if not self.by_ids or self._ids(asked) is not None:
            return Query()
        return Query(
            tuple(
                each for each in asked.query.conditions if each.column.name == ID and each.sign != Sign.FILLED
            )
        )

    def _table(self, asked: Asked) -> str:
        return self.table or str(asked.arguments["table"])

    def _where(self, asked: Asked) -> dict[str, Any]:
        conditions = (each for each in asked.query.conditions if not (self.by_ids and each.column.name == ID))
        return {**{each.column.name: wire_value(each) for each in conditions}, **self.where(asked)}

    def _ids(self, asked: Asked) -> list[int] | None:
        """The ids that the query names, ascending; None if it names none."""
        for each in asked.query.conditions if self.by_ids else ():
            if each.column.name == ID and each.sign is Sign.ONE_OF:
                return list(each.ids)
            if each.column.name == ID and each.sign is Sign.EQUALS and each.value.strip():
                return [int(each.value)]
        return None

    def _begin(self, asked: Asked) -> int:
        for each in asked.query.conditions:
            if each.column.name == ID and each.sign in (Sign.ABOVE, Sign.AT_LEAST):
                return max(int(each.value) - (each.sign is Sign.AT_LEAST), 0)
        return 0


class Answers(StrEnum):
    """What a method answers: rows, one row, one value, or a value by name."""

    ROWS = "rows"
    ROW = "row"
    VALUE = "value"
    BY_NAME = "by name"


@dataclass(frozen=True, kw_only=True, slots=True)
class MethodCall:
    """A method of XML-RPC that tells all it has in one reply.

    `params` makes its parameters of the arguments. With `each` it is called once for every id of that
    argument, and the id stands in the column `each_as`. `names` are the columns of what is no struct: one for
    a value, two for values by name.
    """

    method: str
    params: Callable[[Asked, int], Sequence[Any]] = lambda asked, each: ()
    answers: Answers = Answers.ROWS
    each: str = ""
    each_as: str = ""
    names: tuple[str, ...] = ()

    def page(self, crm: Any, asked: Asked, cursor: Cursor) -> Page:
        ids = list(asked.arguments[self.each]) if self.each else [0]
        index = int(cursor.get("index", 0))
        answer = cast(TableReader, crm).call_method(self.method, self.params(asked, ids[index]))
        found = self._rows(answer.value)
        if self.each_as:
            found = [{self.each_as: ids[index], **row} for row in found]
        return Page(
            rows=found,
            cursor={"index": index + 1} if index + 1 < len(ids) else None,
            whole=len(ids) == 1,
            server_time=answer.server_time,
        )

    def _rows(self, value: Value) -> list[Row]:
        match self.answers:
            case Answers.ROWS:
                return list(rows(value)) if value != "" else []
            case Answers.ROW:
                return [struct(value)] if value != "" else []
            case Answers.VALUE:
                return [{self.names[0]: value}]
            case _:
                pairs = struct(value).items() if value != "" else ()
                return [{self.names[0]: name, self.names[1]: said} for name, said in pairs]

    def count(self, crm: Any, asked: Asked, since: datetime | None = None) -> Count | None:
        return None

    def lacked(self, arguments: Mapping[str, Any], known: Mapping[str, Column]) -> frozenset[str]:
        return frozenset()

    def skipped(self, asked: Asked, cursor: Cursor) -> tuple[int, Cursor | None] | None:
        return skip_each(asked.arguments[self.each], cursor) if self.each else None

    def checked_here(self, asked: Asked) -> Query:
        return asked.query


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchCall:
    """A saved search, page by page by number, until an empty one; `all_fields`, or those that are chosen."""

    all_fields: bool

    def page(self, crm: Any, asked: Asked, cursor: Cursor) -> Page:
        number = int(cursor.get("page", 0))
        params: list[Any] = [*search_of(asked), number]
        name = "getSavedSearchResultsAllFields"
        if not self.all_fields:
            name, params = "getSavedSearchResults", [*params, [each.name for each in asked.columns]]
        answer = cast(TableReader, crm).call_method(f"SearchService.{name}", params)
        found = rows(answer.value) if answer.value != "" else []
        following = {"page": number + 1} if found else None
        return Page(rows=found, cursor=following, server_time=answer.server_time)

    def count(self, crm: Any, asked: Asked, since: datetime | None = None) -> Count | None:
        return None

    def lacked(self, arguments: Mapping[str, Any], known: Mapping[str, Column]) -> frozenset[str]:
        return frozenset()

    def skipped(self, asked: Asked, cursor: Cursor) -> tuple[int, Cursor | None] | None:
        return None

    def checked_here(self, asked: Asked) -> Query:
        return Query()


def search_of(asked: Asked) -> tuple[int, int]:
    """The saved search and the user whose it is."""
    chosen = asked.arguments["search"]
    return int(chosen["id"]), int(chosen["user"])
