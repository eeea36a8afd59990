"""A file against the tables: read into a staging, then row by row what it would add, change and remove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from mappings.batch.cells import CellWrong, Value, item_read, unguard
from mappings.batch.columns import Column, FileRefused, Header, header_read
from mappings.batch.files import rows_read
from mappings.batch.staging import FileRow, Staging, Write
from mappings.batch.tables import Directory, Held, held_by, items_stage
from mappings.models import Connection

Progress = Callable[[int], None]
MOST_NAMED = 20


class Kind(StrEnum):
    """What becomes of an item."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one row does. `line` is 0 for an item that the file does not name; `told` is for the merchant."""

    line: int
    item: str
    kind: Kind
    told: str
    warnings: Sequence[str] = ()
    writes: Sequence[Write] = ()
    before: dict[str, list[Value]] = field(default_factory=dict)


def file_stage(
    body: bytes, staging: Staging, progress: Progress, chosen: Mapping[str, str] | None = None
) -> list[Column]:
    """Read the whole file into the staging; its columns. Raises FileRefused, also if it has no item."""
    count = 0
    rows = rows_read(body, lambda: progress(count))
    _, names = next(rows)
    header = header_read([unguard(name.strip()) for name in names], chosen)
    for line, cells in rows:
        count += 1
        row = _row_read(header, line, cells)
        if earlier := staging.row_add(row):
            wrong = f"The item is there already in row {earlier}: put all of it into one row."
            staging.row_add(FileRow(line, row.item, wrong=wrong))
    progress(count)
    if not count:
        raise FileRefused("The file has a header, but no item: nothing would be done.")
    return header.columns


def differences(
    connection: Connection, staging: Staging, columns: Sequence[Column], *, replaces_all: bool
) -> Iterator[Difference]:
    """Every row of the staged file by line, then with `replaces_all` what the file does not name."""
    directory = Directory(connection)
    for rows in staging.rows():
        held = held_by(connection, [row.item for row in rows if not row.wrong], columns)
        known = directory.known(
            {column.key: {v for row in rows for v in row.wanted.get(column.key, ())} for column in columns}
        )
        for row in rows:
            if row.wrong:
                yield Difference(line=row.line, item=row.item, kind=Kind.WRONG, told=row.wrong)
                continue
            missing = [
                sentence
                for column in columns
                for sentence in directory.missing(column.key, row.wanted[column.key], known)
            ]
            yield _difference(row, held[row.item], columns, missing)
    if replaces_all:
        items_stage(connection, staging, columns)
        nothing: dict[str, set[Value]] = {column.key: set() for column in columns}
        for items in staging.items(unless_in_file=True):
            held = held_by(connection, items, columns)
            for item in items:
                yield _difference(FileRow(0, item, nothing), held[item], columns, [])


def _row_read(header: Header, line: int, cells: Sequence[str]) -> FileRow:
    cells = [unguard(cell.strip()) for cell in cells]
    cells += [""] * (header.width - len(cells))
    shown = cells[header.item].replace("\x00", "")[:100]
    if any(cells[header.width :]):
        return FileRow(line, shown, wrong="There are more cells than columns: is a quotation mark missing?")
    if not cells[header.item]:
        return FileRow(line, "", wrong="The Item ID is missing.")
    try:
        item = item_read(cells[header.item])
        wanted = {
            column.key: column.read(text) if (text := cells[header.places[column.key]]) else set()
            for column in header.columns
        }
    except CellWrong as err:
        return FileRow(line, shown, wrong=str(err))
    return FileRow(line, item, wanted)


def _difference(row: FileRow, held: Held, columns: Iterable[Column], warnings: Sequence[str]) -> Difference:
    writes: list[Write] = []
    told: list[str] = []
    had = wants = False
    for column in columns:
        want, have = row.wanted[column.key], held[column.key]
        had, wants = had or bool(have), wants or bool(want)
        added, removed = sorted(want - have.keys()), sorted(have.keys() - want)
        writes += [Write(column.key, item=row.item, value=value) for value in added]
        if not (column.single and added):  # the one value is written over
            writes += [Write(column.key, have[value], row.item, value) for value in removed]
        if added or removed:
            told.append(_told(column, added, removed))
    kind = Kind.UNCHANGED
    if told:
        kind = Kind.CHANGED if had and wants else Kind.ADDED if wants else Kind.REMOVED
    return Difference(
        line=row.line,
        item=row.item,
        kind=kind,
        told=". ".join(told),
        warnings=warnings,
        writes=writes,
        before={column: list(values) for column, values in held.items()},
    )


def _told(column: Column, added: Sequence[Value], removed: Sequence[Value]) -> str:
    if column.single and added and removed:
        return f"{column.title}: {removed[0][0]} → {added[0][0]}"
    parts = []
    for word, values in (("add", added), ("remove", removed)):
        more = f" and {len(values) - MOST_NAMED} more" if len(values) > MOST_NAMED else ""
        parts += [f"{word} {column.write(values[:MOST_NAMED])}{more}"] if values else []
    return f"{column.title}: {', '.join(parts)}"
