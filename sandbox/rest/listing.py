"""Lists of v2: filters (`name==Mug;sku==M*`), order, and pages behind opaque tokens."""

from __future__ import annotations

import base64
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from sandbox.account import Work
from sandbox.rest.kinds import moment
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request
from sandbox.rest.wire import Json
from sandbox.table_index import folded
from sandbox.values import Row, Stored, rank

USUAL_PAGE = 100
LARGEST_PAGE = 1000
CONDITION = re.compile(r"([A-Za-z0-9_]+)(==|!=|<=|>=|<|>)(.*)")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True)
class Condition:
    """One part of a filter."""

    field: str
    sign: str
    value: str


Test = Callable[[Row, Condition], bool]


def conditions(request: Request) -> list[Condition]:
    parts = [part for part in request.query.get("filter", "").split(";") if part.strip()]
    found = [CONDITION.fullmatch(part.strip()) for part in parts]
    if None in found:
        raise bad_request("A filter is field==value, several joined by semicolons")
    return [Condition(*match.groups()) for match in found if match]


def by_text(column: str) -> Test:
    """Equal, case ignored; a star at the end stands for anything."""
    return lambda row, wanted: fits(row.get(column), wanted)


def fits(stored: Stored, wanted: Condition) -> bool:
    _only_equal(wanted)
    have, want = folded(stored), wanted.value.casefold()
    return have.startswith(want[:-1]) if want.endswith("*") else stored is not None and have == want


def by_number(column: str) -> Test:
    def test(row: Row, wanted: Condition) -> bool:
        try:
            value = Decimal(wanted.value)
        except InvalidOperation:
            raise bad_request(f"{wanted.field} takes a number") from None
        stored = row.get(column)
        return stored is not None and COMPARE[wanted.sign](Decimal(str(stored)), value)

    return test


def by_ids(column: str = "Id") -> Test:
    def test(row: Row, wanted: Condition) -> bool:
        _only_equal(wanted)
        return str(row.get(column)) in [part.strip() for part in wanted.value.split(",")]

    return test


def by_time(column: str) -> Test:
    def test(row: Row, wanted: Condition) -> bool:
        stored, limit = row.get(column), moment(wanted.value, wanted.field)
        return isinstance(stored, datetime) and COMPARE[wanted.sign](stored, limit)

    return test


def since(column: str) -> Test:
    return _limit(by_time(column), ">=")


def until(column: str) -> Test:
    return _limit(by_time(column), "<=")


def _limit(inner: Test, sign: str) -> Test:
    """The filter is written with == and means from or up to."""

    def test(row: Row, wanted: Condition) -> bool:
        _only_equal(wanted)
        return inner(row, replace(wanted, sign=sign))

    return test


def by_flag(column: str) -> Test:
    def test(row: Row, wanted: Condition) -> bool:
        _only_equal(wanted)
        if wanted.value not in ("true", "false"):
            raise bad_request(f"{wanted.field} is true or false")
        return bool(row.get(column)) == (wanted.value == "true")

    return test


def _only_equal(wanted: Condition) -> None:
    if wanted.sign != "==":
        raise bad_request(f"{wanted.field} takes only ==")


def chosen(request: Request, rows: Iterable[Row], tests: dict[str, Test]) -> list[Row]:
    """The rows that meet every condition. Raises a 400 for a field that has no filter."""
    wanted = conditions(request)
    for condition in wanted:
        if condition.field not in tests:
            raise bad_request(f"{condition.field} is not a filter here; there are: {', '.join(tests)}")
    return [row for row in rows if all(tests[each.field](row, each) for each in wanted)]


def candidates(work: Work, table: str, request: Request, indexed: Mapping[str, tuple[str, ...]]) -> list[Row]:
    """Rows that may meet the filter, ascending by Id: few, where a condition is on indexed columns."""
    store = work.store
    for each in conditions(request):
        if each.field not in indexed or each.sign != "==" or each.value.endswith("*"):
            continue
        if indexed[each.field] == ("Id",):
            ids = {int(part) for part in each.value.split(",") if part.strip().isdigit()}
            keys = {key for key in ids if store.get(table, key) is not None}
        else:
            keys = {key for column in indexed[each.field] for key in store.find(table, column, each.value)}
        return [store.row(table, key) for key in sorted(keys)]
    return table_rows(work, table)


def table_rows(work: Work, table: str) -> list[Row]:
    """Ascending by Id."""
    return [work.store.row(table, key) for key in work.store.keys(table)]


def ordered(request: Request, rows: list[Row], columns: dict[str, str]) -> list[Row]:
    """As `order_by` says ("name desc"); nulls first when ascending, ties by Id."""
    field, _, direction = request.query.get("order_by", "").strip().partition(" ")
    if not field:
        return rows
    if field not in columns or direction.strip().lower() not in ("", "asc", "desc"):
        raise bad_request(f"order_by is one of {', '.join(columns)}, then asc or desc")
    is_down = direction.strip().lower() == "desc"
    return sorted(rows, key=lambda row: rank(row.get(columns[field])), reverse=is_down)


def page(
    work: Work,
    request: Request,
    name: str,
    rows: list[Row],
    show: Callable[[Row], Json],
    order_by: dict[str, str] | None = None,
) -> Json:
    """One page of rows as JSON, and the token of the next where there is one.

    `order_by` has the columns that the list can be sorted by; without it the request's wish is not read.
    """
    rows = rows if order_by is None else ordered(request, rows, order_by)
    page_size, given = request.query.get("page_size", "0"), request.query.get("page_token", "")
    if not page_size.isdigit() or int(page_size) > LARGEST_PAGE:
        raise bad_request(f"page_size is 0 to {LARGEST_PAGE}")
    try:
        after = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode() if given else "0"
        start = int(after.removeprefix("after:"))
    except ValueError:
        raise bad_request("page_token is not one of ours") from None
    size = int(page_size) or USUAL_PAGE
    content: Json = {name: [show(row) for row in rows[start : start + size]]}
    if start + size < len(rows):
        token = base64.urlsafe_b64encode(f"after:{start + size}".encode()).decode().rstrip("=")
        if work.options.rest_next_page == "address":
            asked = urlencode({**request.query, "page_token": token})
            token = f"https://api.infusionsoft.com/crm/rest/v2/{name}?{asked}"
        return {**content, "next_page_token": token}
    return {**content, "next_page_token": ""} if work.options.rest_list_end == "empty" else content
