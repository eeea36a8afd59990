"""Plain SQL for what is written at every call to a CRM: made once, where the ORM makes it anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db import connection, models


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
