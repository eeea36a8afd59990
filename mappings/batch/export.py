"""The mappings of a connection as a file: one row per item, 50,000 of them in the memory of 500."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO

from mappings.batch.cells import Value, guard
from mappings.batch.columns import COLUMNS, ITEM, PRODUCT, TITLES, Column
from mappings.batch.files import BOM
from mappings.batch.staging import Staging
from mappings.batch.tables import held_by, items_stage, product_names
from mappings.batch.workbooks import workbook_write
from mappings.models import Connection


def export_rows(connection: Connection) -> Iterator[list[str]]:
    """The header and every item's row, guarded; six queries for each 500 items."""
    yield list(TITLES)
    with Staging() as staging:
        items_stage(connection, staging)
        for items in staging.items():
            held = held_by(connection, items, COLUMNS)
            ids = [int(value[0]) for mapped in held.values() for value in mapped[PRODUCT.key]]
            names = product_names(connection, ids)
            for item in items:
                product = next(iter(held[item][PRODUCT.key]), (0,))[0]
                cells = item_cells(held[item], COLUMNS)
                yield guarded([item, cells[0], names.get(int(product), ""), *cells[1:]])


def item_cells(values: Mapping[str, Iterable[Value]], columns: Iterable[Column]) -> list[str]:
    return [column.write(values[column.key]) for column in columns]


def export_csv(connection: Connection) -> Iterator[bytes]:
    """A CSV in pieces: UTF-8 with the mark by which spreadsheets know it."""
    return csv_pieces(export_rows(connection))


def export_xlsx(connection: Connection) -> IO[bytes]:
    """A workbook in a temporary file, to be read from its beginning. Raises CellTooLong."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    try:
        workbook_write(export_rows(connection), file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def csv_pieces(rows: Iterable[Sequence[str]], *, at_once: int = 500) -> Iterator[bytes]:
    """The rows as CSV, some at a time."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    text.write(BOM)
    for number, row in enumerate(rows, 1):
        writer.writerow(row)
        if number % at_once == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def guarded(cells: Iterable[str]) -> list[str]:
    return [guard(cell) for cell in cells]


def header_of(columns: Iterable[Column]) -> list[str]:
    return [ITEM, *(column.title for column in columns)]
