"""The rows as a file, made as it is sent: one row in memory, whatever their number."""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO, Any, NamedTuple

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from reports.models import DataSet
from reports.selectors import shown_rows

MOST_SHEET_ROWS = 1_048_575  # and the head
MOST_CELL_CHARACTERS = 32_767
PIECE_BYTES = 64 * 1024
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Format(NamedTuple):
    """A kind of file; `plain` leaves cells as they are, for programs."""

    content_type: str
    made: Callable[[DataSet, bool], Iterator[bytes]]


def rows_of(data_set: DataSet) -> Iterator[dict[str, Any]]:
    """The values of each row as they were shown when the download began."""
    rows = shown_rows(data_set).order_by("key_number", "key").values_list("values", flat=True)
    yield from rows.iterator(chunk_size=1000)


def csv_bytes(data_set: DataSet, plain: bool) -> Iterator[bytes]:
    names = names_of(data_set)
    writer = csv.writer(_Echo())
    yield "\ufeff".encode() if not plain else b""
    yield writer.writerow(names).encode()
    for values in rows_of(data_set):
        cells = [values.get(name) for name in names]
        yield writer.writerow(cells if plain else [safe_cell(cell) for cell in cells]).encode()


def json_lines(data_set: DataSet, plain: bool) -> Iterator[bytes]:
    names = names_of(data_set)
    for values in rows_of(data_set):
        row = {name: values.get(name) for name in names}
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def workbook_bytes(data_set: DataSet, plain: bool) -> Iterator[bytes]:
    """A workbook's rows are written to a file of their own, which is gone once it is sent."""
    names = names_of(data_set)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Rows")
    sheet.append([_sheet_cell(name) for name in names])
    for number, values in enumerate(rows_of(data_set), start=1):
        if number > MOST_SHEET_ROWS:
            book.create_sheet("Not whole").append(
                [f"A sheet ends after {MOST_SHEET_ROWS:,} rows. Take CSV or JSON lines for all of them."]
            )
            break
        sheet.append([_sheet_cell(values.get(name)) for name in names])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        yield from _pieces(file)


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets a quote before it."""
    if isinstance(value, str) and value.startswith(FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def names_of(data_set: DataSet) -> list[str]:
    return [each["name"] for each in data_set.schema if not each["gone"]]


def file_name(data_set: DataSet, ending: str, now: datetime) -> str:
    """With the app, so that files of several accounts are told apart."""
    app = data_set.connection.bound_app or data_set.connection.app_name or "app"
    return f"{app}-{data_set.slug}-{now:%Y-%m-%d}.{ending}"


FORMATS: dict[str, Format] = {
    "csv": Format("text/csv; charset=utf-8", csv_bytes),
    "jsonl": Format("application/x-ndjson; charset=utf-8", json_lines),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", workbook_bytes),
}


class _Echo:
    """Gives back what a writer writes."""

    def write(self, text: str) -> str:
        return text


def _sheet_cell(value: Any) -> Any:
    if isinstance(value, str):
        return safe_cell(ILLEGAL_CHARACTERS_RE.sub("", value))[:MOST_CELL_CHARACTERS]
    return value


def _is_number(text: str) -> bool:
    return text[1:].replace(".", "", 1).isdigit() and text[0] in "-+"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece
