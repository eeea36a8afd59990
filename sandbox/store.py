"""All rows, one id counter, and undo: a call that ends in a fault leaves nothing behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.table_index import TableIndex, folded
from sandbox.tables.tables import TABLES
from sandbox.values import Row, Stored

FIRST_ID = 102
ID_STEP = 2  # recorded ids step by two, so nobody may count on consecutive ones


@dataclass
class Upsert:
    """A call of addWithDupCheck, by which the same one a moment later is known."""

    at: datetime
    contact_id: int
    repeats: int = 0


class Store:
    """Not locked in itself: `Account.run` lets one call in at a time."""

    def __init__(self) -> None:
        self._shelves = {name: TableIndex(name) for name in TABLES}
        self._next_id = FIRST_ID
        self._next_hidden_key = 1
        self.upserts: dict[str, Upsert] = {}
        self._undo: list[tuple[str, int, Row | None]] = []

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take rows written by an earlier version, which may lack tables that exist now."""
        self.__dict__.update(state)
        self._shelves = {name: TableIndex(name) for name in TABLES} | state["_shelves"]
        self.upserts = state.get("upserts", {})

    def begin(self) -> None:
        self._undo.clear()

    @property
    def is_changed(self) -> bool:
        """Whether anything was written since `begin`."""
        return bool(self._undo)

    def roll_back(self) -> None:
        for table, key, row in reversed(self._undo):
            if row is None:
                self._shelves[table].drop(key)
            else:
                self._shelves[table].put(key, row)
        self._undo.clear()

    def insert(self, table: str, values: Row) -> int:
        """Add a row, complete with null columns; a given Id is kept and the counter moves past it."""
        row: Row = {name: None for name in TABLES[table].columns if "." not in name}
        row |= values
        wanted = values.get("Id")
        if not TABLES[table].has_id:
            key = self._next_hidden_key = self._next_hidden_key + 1
        else:
            key = wanted if isinstance(wanted, int) else self._next_id
            self._next_id = max(self._next_id, key + ID_STEP)
            row["Id"] = key
        self._shelves[table].put(key, row)
        self._undo.append((table, key, None))
        return key

    def change(self, table: str, key: int, values: Row) -> None:
        row = self._shelves[table].rows[key]
        self._undo.append((table, key, row))
        self._shelves[table].put(key, row | values)

    def remove(self, table: str, key: int) -> None:
        row = self._shelves[table].rows[key]
        self._shelves[table].drop(key)
        self._undo.append((table, key, row))

    def get(self, table: str, key: int) -> Row | None:
        return self._shelves[table].rows.get(key)

    def rows(self, table: str) -> list[Row]:
        return list(self._shelves[table].rows.values())

    def keys(self, table: str) -> list[int]:
        """Ascending by Id, the order of the recorded replies."""
        return sorted(self._shelves[table].rows)

    def row(self, table: str, key: int) -> Row:
        return self._shelves[table].rows[key]

    def find(self, table: str, column: str, value: Stored) -> list[int]:
        """Keys of the rows whose stored column equals the value, case ignored."""
        shelf, wanted = self._shelves[table], folded(value)
        return [
            key
            for key in shelf.candidates(column, wanted)
            if shelf.rows[key].get(column) is not None and folded(shelf.rows[key][column]) == wanted
        ]

    def candidates(self, table: str, column: str, value: str) -> list[int] | None:
        """Keys an index offers for `column`, or None where it has no index."""
        shelf = self._shelves[table]
        return list(shelf.candidates(column, value)) if shelf.is_indexed(column) else None
