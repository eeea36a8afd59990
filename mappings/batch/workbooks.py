"""XLSX files: read row by row within bounds, written row by row, every text exactly as it is."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from mappings.batch.columns import TITLES, FileRefused
from mappings.batch.workbook_bounds import BoundedReader, SharedTexts, Tick

MOST_COLUMNS = 30
LONGEST_CELL = 32_767  # Excel's own limit
EXACT_BELOW = 10**15  # Excel keeps 15 digits of a number
WIDTHS = (24, 16, 30, 40, 18, 40, 18)
UNREADABLE = "The file is no Excel workbook (XLSX), or is damaged: save it anew, or save it as CSV."
KINDS = {
    "f": "a formula: copy the column and paste its values instead",
    "e": "an error of the spreadsheet: correct it",
    "d": "a date: format the column as text and type it anew",
    "b": "TRUE or FALSE: format the column as text and type it anew",
}
# Excel's way to write in a workbook what XML cannot hold; a text that looks like it is written so, too
_TO_ENCODE = re.compile(r"_(?=x[0-9A-Fa-f]{4})|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
_ENCODED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class CellTooLong(Exception):
    """A cell would hold more than a workbook can."""


def workbook_rows(body: bytes, tick: Tick = lambda: None) -> Iterator[list[str]]:
    """The rows of the first sheet. Raises FileRefused if it is none, too large unpacked, or has formulas."""
    texts = SharedTexts(tick)
    try:
        reader = BoundedReader(io.BytesIO(body), texts, tick)
        reader.read()
        sheet = reader.wb.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        for number, row in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
            yield [_text(cell, number) for cell in row]
    except FileRefused:
        raise
    except Exception as err:  # the library raises whatever the damage leads it to
        raise FileRefused(UNREADABLE) from err
    finally:
        texts.close()


def workbook_write(rows: Iterable[Sequence[str]], to: IO[bytes]) -> None:
    """Write the rows as text cells; memory does not grow with them. Raises CellTooLong."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Mappings")
    sheet.freeze_panes = "B2"
    for letter, width in zip("ABCDEFG", WIDTHS[: len(TITLES)], strict=True):
        sheet.column_dimensions[letter].width = width
    try:
        for row in rows:
            sheet.append([_cell(sheet, text) for text in row])
    finally:
        book.save(to)  # also after an error: it removes the library's temporary files


def _text(cell: Any, number: int) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in KINDS:
        raise FileRefused(f"Row {number} of the workbook has {KINDS[cell.data_type]}.")
    if isinstance(value, int | float) and abs(value) >= EXACT_BELOW:
        raise FileRefused(
            f"Row {number} of the workbook has a number of more than 15 digits, of which a spreadsheet keeps "
            "only the first 15: format the column as text and type it anew."
        )
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return decoded(value) if isinstance(value, str) else str(value)


def _cell(sheet: Any, text: str) -> Any:
    text = encoded(text)
    if len(text) > LONGEST_CELL:
        raise CellTooLong
    if not text:
        return None
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"  # also what looks like an error or a number
    cell.number_format = "@"
    return cell


def encoded(text: str) -> str:
    return _TO_ENCODE.sub(lambda sign: f"_x{ord(sign.group()):04X}_", text)


def decoded(text: str) -> str:
    return _ENCODED.sub(lambda code: chr(int(code.group(1), 16)), text)
