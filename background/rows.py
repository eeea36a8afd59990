"""SQL that is made once, for what is read and written all the time.

The ORM makes it anew each time, which takes longer than all else about it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.query import ModelIterable

M = TypeVar("M", bound=models.Model)


def rows_insert(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]], *, otherwise: str = ""
) -> None:
    """Store the rows, each with the values of all `columns`, in one statement.

    `otherwise` says in SQL what is done where there is one like it.
    """
    if rows:
        sql = _insert(model, columns, len(rows), connection.vendor)
        _execute(f"{sql} {otherwise}", _values(model, columns, rows))


def rows_update(
    model: type[models.Model],
    columns: tuple[str, ...],
    rows: Sequence[Sequence[Any]],
    *,
    where: str = "",
    params: Sequence[Any] = (),
) -> int:
    """Write the rows, each its id and then the values of `columns`, in one statement; how many there were.

    `where`, with its `params`, is one more condition in SQL; the row's columns are those of `one`.
    """
    sql = _update(model, columns, len(rows), where, connection.vendor)
    return _execute(sql, [*_values(model, ("id", *columns), rows), *params])


def locked_for_update() -> str:
    """What ends a query so that its rows stay locked; SQLite locks the whole file."""
    return " FOR NO KEY UPDATE" if connection.features.has_select_for_no_key_update else ""


def _execute(sql: str, params: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return int(cursor.rowcount)


def _values(model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> list[Any]:
    fields = _fields(model, columns)
    return [
        field.get_db_prep_save(value, connection)
        for row in rows
        for field, value in zip(fields, row, strict=True)
    ]


@lru_cache(maxsize=64)
def _fields(model: type[models.Model], columns: tuple[str, ...]) -> list[Any]:
    return [model._meta.get_field(name) for name in columns]


@lru_cache(maxsize=256)
def _insert(model: type[models.Model], columns: tuple[str, ...], count: int, vendor: str) -> str:
    names = ", ".join(connection.ops.quote_name(field.column) for field in _fields(model, columns))
    row = f"({', '.join(['%s'] * len(columns))})"
    table = connection.ops.quote_name(model._meta.db_table)
    return f"INSERT INTO {table} ({names}) VALUES {', '.join([row] * count)}"  # noqa: S608


@lru_cache(maxsize=256)
def _update(model: type[models.Model], columns: tuple[str, ...], count: int, where: str, vendor: str) -> str:
    quote = connection.ops.quote_name
    fields = _fields(model, ("id", *columns))
    # PostgreSQL wants to be told the types of a list of values, and would not take text for them.
    types = [
        field.rel_db_type(connection) if field.primary_key else field.db_type(connection) for field in fields
    ]
    row = ", ".join("%s" if vendor == "sqlite" else f"CAST(%s AS {kind})" for kind in types)
    changes = ", ".join(
        f"{quote(field.column)} = new.column{n}" for n, field in enumerate(fields[1:], start=2)
    )
    table, values = quote(model._meta.db_table), ", ".join([f"({row})"] * count)
    condition = f"one.id = new.column1{f' AND {where}' if where else ''}"
    return f"UPDATE {table} AS one SET {changes} FROM (VALUES {values}) AS new WHERE {condition}"  # noqa: S608


class RowQuery(Generic[M]):
    """A query for one row by its id, whose SQL is made once in each thread."""

    def __init__(self, make: Callable[[], models.QuerySet[M]]) -> None:
        self._make = make
        self._made = threading.local()

    def row(self, pk: int) -> M | None:
        made: _MadeQuery[M] | None = getattr(self._made, "query", None)
        if made is None or made.vendor != connection.vendor:
            made = self._made.query = _MadeQuery(self._make())
        return made.row(pk)


class _MadeQuery(Generic[M]):
    """Stands for the queryset and its compiler where Django makes objects of what was fetched."""

    _ANY = 7_000_000_000_000_000_001  # an id that nothing has, to see where it stands among the parameters

    def __init__(self, queryset: models.QuerySet[M]) -> None:
        self.db, self.vendor, self.query = DEFAULT_DB_ALIAS, connection.vendor, self
        self._known_related_objects: dict[Any, Any] = {}
        self._compiler = queryset.filter(pk=self._ANY).order_by().query.get_compiler(self.db)
        self._sql, params = self._compiler.as_sql()
        self._params = list(params)
        self._fetched: list[Any] = []

    def row(self, pk: int) -> M | None:
        with connection.cursor() as cursor:
            cursor.execute(self._sql, [pk if param == self._ANY else param for param in self._params])
            self._fetched = cursor.fetchall()
        return next(iter(ModelIterable(self)), None)  # type: ignore[arg-type]

    # -- what `ModelIterable` asks ----------------------------------------------------------------------

    def get_compiler(self, using: str) -> _MadeQuery[M]:
        return self

    def execute_sql(self, **options: Any) -> list[list[Any]]:
        return [self._fetched]

    def results_iter(self, results: list[list[Any]]) -> Any:
        return self._compiler.results_iter(results)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._compiler, name)
