"""The rows of an uploaded file, one at a time, whatever kind of file it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator

from crm.shapes import CsvRows, ShapeRefused
from mappings.batch.columns import FileRefused, names_known
from mappings.batch.workbooks import workbook_rows

MOST_BYTES = 10 * 1024 * 1024
MOST_ROWS = 100_000
DELIMITERS = (",", ";", "\t")
BOM = "\ufeff"
_SEP = re.compile(r"sep=.\r?\n?", re.IGNORECASE)
OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

Row = tuple[int, list[str]]


def rows_read(body: bytes, tick: Callable[[], None] = lambda: None) -> Iterator[Row]:
    """Each row that is not blank, with its number as a spreadsheet shows it; the header comes first.

    `tick` is called for each row, the blank ones included.
    Raises FileRefused, at once or when the reading comes to what is wrong.
    """
    if body.startswith(OLD_EXCEL):
        raise FileRefused("This is an old Excel file (XLS): save it as an Excel workbook (XLSX) or as CSV.")
    rows = workbook_rows(body, tick) if body.startswith(b"PK") else _CsvRows(body)
    count = 0
    for number, row in enumerate(rows, 1):
        tick()
        if number > 10 * MOST_ROWS:
            raise FileRefused(f"The file has more than {10 * MOST_ROWS:,} rows: remove the blank ones.")
        if not any(cell.strip() for cell in row):
            continue
        count += 1
        if count > MOST_ROWS + 1:
            raise FileRefused(f"The file has more than {MOST_ROWS:,} items: split it into several files.")
        yield number, row
    if not count:
        raise FileRefused("The file is empty: export a file first and fill that in.")


def _CsvRows(body: bytes) -> Iterator[list[str]]:
    encoding = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = io.TextIOWrapper(io.BytesIO(body), encoding=encoding, newline="")
    number = 0
    try:
        for row in CsvRows(text, delimiter=_delimiter(text), strict=True):
            number += 1
            yield row
    except ShapeRefused as err:
        raise FileRefused(f"At row {number + 1}: {err}. Is it a CSV file?") from err
    except UnicodeError as err:
        place = f"After row {number}" if number else "In the first rows"
        raise FileRefused(
            f"{place} there is text that is not UTF-8: save the file as “CSV UTF-8”, or as an Excel workbook."
        ) from err
    except csv.Error as err:
        raise FileRefused(f"Row {number + 1} is no CSV: its quotation marks do not pair.") from err


def _delimiter(text: io.TextIOWrapper) -> str:
    """The one that finds the most known columns; leaves the file at its header."""
    start = 0
    first = text.readline(100_000)
    if _SEP.fullmatch(first):  # a line by which a spreadsheet tells its delimiter
        start = text.tell()
        first = text.readline(100_000)
    text.seek(start)

    def known(delimiter: str) -> int:
        return names_known(next(csv.reader([first.rstrip("\r\n")], delimiter=delimiter), []))

    return max(DELIMITERS, key=known)
