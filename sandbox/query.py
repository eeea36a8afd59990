"""The value language of DataService.query: operators, wildcards, lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sandbox.access import all_columns, column_for, read_column
from sandbox.account import Work
from sandbox.columns import read_date
from sandbox.problems import invalid_parameter
from sandbox.store import Store
from sandbox.table_index import folded
from sandbox.tables.tables import Table
from sandbox.values import Stored, Wire, as_text

LIST_LIMIT = 1000
Comparable = Decimal | datetime | str
Test = Callable[[Stored], bool]

COMPARISONS: dict[str, Callable[[Comparable, Comparable], bool]] = {
    "~>=~": lambda stored, wanted: stored >= wanted,  # type: ignore[operator]
    "~<=~": lambda stored, wanted: stored <= wanted,  # type: ignore[operator]
    "~<>~": lambda stored, wanted: stored != wanted,
    "~>~": lambda stored, wanted: stored > wanted,  # type: ignore[operator]
    "~<~": lambda stored, wanted: stored < wanted,  # type: ignore[operator]
}


@dataclass(frozen=True)
class Condition:
    """`exact` is the one folded value the column must have, where an index can look it up."""

    column: str
    holds: Test
    exact: str | None = None


def conditions(work: Work, table: Table, wanted: dict[str, Wire]) -> list[Condition]:
    columns = all_columns(work.store, table)
    return [
        _condition(name, column_for(columns, table.name, name, "r").type, value, work)
        for name, value in wanted.items()
    ]


def matching_keys(store: Store, table: Table, tests: list[Condition]) -> list[int]:
    """Keys of the rows for which all conditions hold, ascending."""
    keys = None
    for test in tests:
        if test.exact is not None and keys is None:
            keys = store.candidates(table.name, test.column, test.exact)
    rows = {key: store.row(table.name, key) for key in (store.keys(table.name) if keys is None else keys)}
    return [
        key
        for key, row in rows.items()
        if all(test.holds(read_column(store, table.name, row, test.column)) for test in tests)
    ]


def _condition(column: str, column_type: str, value: Wire, work: Work) -> Condition:
    if isinstance(value, list):
        if column_type != "Id":
            raise invalid_parameter(f"A list of values is for Id columns only: {column}")
        if len(value) > LIST_LIMIT:
            raise invalid_parameter(f"At most {LIST_LIMIT} values in a list: {column}")
        listed = {str(one).strip() for one in value}
        return Condition(column, lambda stored: stored is not None and str(stored) in listed)
    if isinstance(value, dict | bytes):
        raise invalid_parameter(f"A query value cannot be a {type(value).__name__}: {column}")
    if isinstance(value, datetime) and work.options.datetime_in_query == "nothing":
        return Condition(column, lambda stored: False)
    text = as_text(int(value) if isinstance(value, bool) else value)
    if text.strip() == "~null~":
        return Condition(column, lambda stored: stored is None)
    for operator, compare in COMPARISONS.items():
        if text.startswith(operator):
            return Condition(
                column, _compared(column_type, text.removeprefix(operator).removeprefix(" "), compare)
            )
    if "%" in text:
        return Condition(column, _like(text, any_sign=work.options.query_underscore))
    return equals(column, column_type, text)


def equals(column: str, column_type: str, text: str) -> Condition:
    """Equality, case ignored for text. Nothing equals null, and nothing equals an unreadable number."""
    wanted = _comparable(column_type, text)
    if wanted is None:
        return Condition(column, lambda stored: False)
    exact = str(int(wanted)) if isinstance(wanted, Decimal) and column_type in ("Id", "Integer") else None
    if isinstance(wanted, str):
        exact = folded(wanted)
    return Condition(
        column, lambda stored: _comparable(column_type, as_text(stored), stored) == wanted, exact
    )


def _comparable(column_type: str, text: str, stored: Stored = "") -> Comparable | None:
    if stored is None:
        return None
    if column_type in ("Id", "Integer", "Double"):
        try:
            return Decimal(text.strip())
        except InvalidOperation:
            return None
    if column_type in ("Date", "DateTime"):
        return read_date(text.strip())
    return text.casefold()


def _compared(column_type: str, text: str, compare: Callable[[Comparable, Comparable], bool]) -> Test:
    wanted = _comparable(column_type, text)

    def holds(stored: Stored) -> bool:
        own = _comparable(column_type, as_text(stored), stored)
        return own is not None and wanted is not None and compare(own, wanted)

    return holds


def _like(pattern: str, *, any_sign: bool) -> Test:
    """`%` stands for any text, and `_` for any one sign if so chosen; null matches no pattern."""
    signs = {"%": ".*", "_": "." if any_sign else "_"}
    wanted = "".join(signs.get(sign) or re.escape(sign) for sign in pattern.casefold())
    fits = re.compile(wanted, re.DOTALL).fullmatch

    def holds(stored: Stored) -> bool:
        return stored is not None and fits(folded(stored)) is not None

    return holds
