"""A private temporary database, on disk and gone when closed: what is too much for memory waits there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from mappings.batch.cells import Value

CHUNK = 500
_TABLES = """
CREATE TABLE rows (line INTEGER PRIMARY KEY, item TEXT, key TEXT UNIQUE, wanted TEXT, wrong TEXT);
CREATE TABLE items (item TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE writes (id INTEGER PRIMARY KEY, key TEXT, pk INTEGER, item TEXT, value TEXT);
CREATE INDEX writes_key ON writes (key, id);
"""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row as it was read. `wanted` has the values of each present column; `wrong` says why it has none."""

    line: int
    item: str
    wanted: dict[str, set[Value]] = field(default_factory=dict)
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Write:
    """One row of a table of mappings to add (`pk` 0) or to remove."""

    key: str
    pk: int = 0
    item: str = ""
    value: Value = ()


class Staging:
    """Rows of a file, items, and writes to come. For one thread at a time; close it."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA cache_size=-4000;" + _TABLES)
        self._db.execute("BEGIN")

    def __enter__(self) -> Staging:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    # -- rows of the file ----------------------------------------------------------------------------

    def row_add(self, row: FileRow) -> int:
        """Keep the row; the line of an earlier right row of the same item, 0 if there is none."""
        if row.wrong:
            self._insert(row, None)
            return 0
        earlier = self._db.execute("SELECT line FROM rows WHERE key = ?", [row.item]).fetchone()
        if earlier is None:
            self._insert(row, row.item)
            return 0
        return int(earlier[0])

    def rows(self) -> Iterator[list[FileRow]]:
        """All rows by line, some at a time."""
        for chunk in self._chunks(
            "SELECT line, item, wanted, wrong FROM rows WHERE line > ? ORDER BY line", 0
        ):
            yield [FileRow(line, item, _loaded(wanted), wrong) for line, item, wanted, wrong in chunk]

    def _insert(self, row: FileRow, key: str | None) -> None:
        wanted = json.dumps({name: sorted(values) for name, values in row.wanted.items()})
        self._db.execute(
            "INSERT INTO rows VALUES (?, ?, ?, ?, ?)", [row.line, row.item, key, wanted, row.wrong]
        )

    # -- items ---------------------------------------------------------------------------------------

    def items_add(self, items: Iterable[str]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO items VALUES (?)", ([item] for item in items))

    def items(self, *, unless_in_file: bool = False) -> Iterator[list[str]]:
        """All items in a fixed order, some at a time; on demand only those that no row of the file names."""
        more = "AND item NOT IN (SELECT item FROM rows)" if unless_in_file else ""
        for chunk in self._chunks(f"SELECT item FROM items WHERE item > ? {more} ORDER BY item", ""):  # noqa: S608
            yield [item for (item,) in chunk]

    # -- writes --------------------------------------------------------------------------------------

    def writes_add(self, writes: Iterable[Write]) -> None:
        self._db.executemany(
            "INSERT INTO writes (key, pk, item, value) VALUES (?, ?, ?, ?)",
            ([write.key, write.pk, write.item, json.dumps(write.value)] for write in writes),
        )

    def writes(self, key: str, *, removes: bool) -> Iterator[list[Write]]:
        """The writes of one column, some at a time."""
        which = "pk > 0" if removes else "pk = 0"
        sql = f"SELECT id, pk, item, value FROM writes WHERE id > ? AND key = '{key}' AND {which} ORDER BY id"  # noqa: S608
        for chunk in self._chunks(sql, 0):
            yield [Write(key, pk, item, tuple(json.loads(value))) for _, pk, item, value in chunk]

    def _chunks(self, sql: str, last: int | str) -> Iterator[list[Any]]:
        """Pages by the first column, so that the reader may write in between."""
        while chunk := self._db.execute(f"{sql} LIMIT {CHUNK}", [last]).fetchall():
            last = chunk[-1][0]
            yield chunk


def _loaded(wanted: str) -> dict[str, set[Value]]:
    return {name: {tuple(value) for value in values} for name, values in json.loads(wanted).items()}
