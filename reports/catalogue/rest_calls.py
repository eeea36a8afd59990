"""Lists and single resources of REST."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from crm.contract import ResourceReader
from crm.rest.service import safe_value
from crm.rest.values import utc
from crm.values import Struct, Unexpected, Value, rows, struct
from reports.catalogue.calls import Asked, Count, Cursor, Page, Row, Span, row_id, skip_each
from reports.columns import Column, moment
from reports.query.language import Query, Sign


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """How a column is asked for in a list's filter: `name==value`, or from a time on with `since`."""

    name: str = ""
    since: str = ""
    until: str = ""
    ids: str = ""
    wildcard: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceList:
    """A list of REST, or one resource of it where `member` is blank.

    `paths` say where in a row each column is. `at` and `query` are made of the arguments. A list with
    `id_filter` is read by rising ids; one without by its page tokens, until an empty one. `filters` narrow
    what is asked for; every condition is looked at again here. `names_fields`: the list tells all of a row
    only where `fields` asks for it.
    """

    route: str
    member: str = ""
    paths: Mapping[str, str]
    at: Callable[[Asked, int], Sequence[int | str]] = lambda asked, each: ()
    query: Callable[[Asked, int], Mapping[str, str | int]] = lambda asked, each: {}
    filters: Mapping[str, Filter] = field(default_factory=dict)
    id_filter: str = ""
    order_by: str = ""
    page_size: int = 1000
    paged: bool = True
    by_offset: bool = False
    each: str = ""
    each_as: str = ""
    explode: str = ""
    names_fields: bool = False

    def page(self, crm: Any, asked: Asked, cursor: Cursor) -> Page:
        ids = list(asked.arguments[self.each]) if self.each else [0]
        index, after = int(cursor.get("index", 0)), int(cursor.get("after", 0))
        size = min(asked.page_rows or self.page_size, self.page_size)
        query = self._asked(asked, ids[index], cursor, size)
        answer = cast(ResourceReader, crm).read_resource(
            self.route, at=self.at(asked, ids[index]), query=query
        )
        told = self._told(answer.value)
        found: list[Row] = [{name: pick(row, path) for name, path in self.paths.items()} for row in told]
        if self.each_as:
            found = [{**row, self.each_as: ids[index]} for row in found]
        following: Cursor | None = {"index": index + 1} if index + 1 < len(ids) else None
        if self.id_filter:
            following = {"after": max(map(row_id, found))} if len(told) >= size else None
            up_to = following["after"] if following else None
            span = Span(above=after, up_to=up_to)
            return Page(rows=found, cursor=following, covers=span, server_time=answer.server_time)
        if self.by_offset and told:
            following = {"index": index, "offset": int(cursor.get("offset", 0)) + len(told)}
        elif answer.next_page and told:
            following = {"index": index, "token": answer.next_page}
        whole = not cursor and following is None
        return Page(rows=found, cursor=following, whole=whole, server_time=answer.server_time)

    def _asked(self, asked: Asked, each: int, cursor: Cursor, size: int) -> dict[str, str | int]:
        query = dict(self.query(asked, each))
        filters = [*filter(None, [str(query.pop("filter", ""))]), *self._filters(asked)]
        if self.id_filter:
            filters.append(f"{self.id_filter}>{int(cursor.get('after', 0))}")
        if filters:
            query["filter"] = ";".join(filters)
        if self.order_by:
            query["order_by"] = self.order_by
        if self.names_fields:
            wanted = {"Id", *(column.name for column in asked.columns), *self._conditioned(asked)}
            query["fields"] = ",".join(sorted({self._member(name) for name in wanted & self.paths.keys()}))
        if self.by_offset:
            return {**query, "limit": size, "offset": int(cursor.get("offset", 0))}
        token = {"page_token": str(cursor["token"])} if cursor.get("token") else {}
        return {**query, **({"page_size": size} if self.paged else {}), **token}

    def _conditioned(self, asked: Asked) -> list[str]:
        return [each.column.name for each in asked.query.conditions]

    def _member(self, column: str) -> str:
        return re.split(r"[.\[]", self.paths[column])[0]

    def _told(self, value: Value) -> Sequence[Struct]:
        told: Sequence[Struct] = [struct(value)]
        if self.member:
            if self.member not in told[0]:
                raise Unexpected(f"the reply has no {self.member}")
            told = rows(told[0][self.member])
        if self.explode:
            told = [{**row, self.explode: part} for row in told for part in _listed(row.get(self.explode))]
        return told

    def _filters(self, asked: Asked) -> list[str]:
        """What narrows the list without leaving out a row for which the query holds."""
        found = []
        for each in asked.query.conditions:
            known = self.filters.get(each.column.name)
            if known is None:
                continue
            if each.sign is Sign.ONE_OF and known.ids:
                found.append(f"{known.ids}=={','.join(map(str, each.ids))}")
            elif each.sign is Sign.EQUALS and known.name and each.value.strip():
                value = safe_value(each.value, wildcard=known.wildcard)
                found += [f"{known.name}=={value}"] if value else []
            elif each.sign in (Sign.AT_LEAST, Sign.ABOVE) and known.since:
                found.append(f"{known.since}=={utc(moment(each.value, asked.zone))}")
            elif each.sign in (Sign.AT_MOST, Sign.BELOW) and known.until:
                found.append(f"{known.until}=={utc(moment(each.value, asked.zone))}")
        return found

    def count(self, crm: Any, asked: Asked, since: datetime | None = None) -> Count | None:
        return None  # v2 tells no number

    def lacked(self, arguments: Mapping[str, Any], known: Mapping[str, Column]) -> frozenset[str]:
        return frozenset(known) - self.paths.keys() - {self.each_as}

    def skipped(self, asked: Asked, cursor: Cursor) -> tuple[int, Cursor | None] | None:
        return skip_each(asked.arguments[self.each], cursor) if self.each else None

    def checked_here(self, asked: Asked) -> Query:
        return asked.query


_PART = re.compile(r"(\w+)(?:\[(\w+)=(\w+)\])?")


def pick(row: Struct, path: str) -> Value:
    """The value at a path such as `email_addresses[field=EMAIL1].email`; None where it leads nowhere."""
    found: Value = dict(row)
    for part in path.split("."):
        match = _PART.fullmatch(part)
        if match is None or not isinstance(found, dict):
            return None
        name, member, wanted = match.groups()
        found = found.get(name)
        if member:
            listed = _listed(found)
            found = next(
                (each for each in listed if isinstance(each, dict) and each.get(member) == wanted), None
            )
    return found


def _listed(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
