"""An XLSX file is as large as somebody packed it: counted part by part, its texts kept on disk.

The library builds a tree of every part but the sheets, and a list of all texts that the cells share. So the
small parts may hold little, and the large ones (sheets, shared texts) little in any one row or text.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import IO, Any
from xml.parsers import expat
from zipfile import ZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS

from mappings.batch.columns import FileRefused

MOST_UNPACKED = 60 * 1024 * 1024
MOST_RATIO = 200
RATIO_FROM = 10 * 1024 * 1024  # a small part may be packed as well as it likes
MOST_PARTS = 500
MOST_SMALL_BYTES = 2 * 1024 * 1024
MOST_SMALL_ELEMENTS = 20_000  # of a part, or of a sheet outside its rows
MOST_ROW_ELEMENTS = 2_000
MOST_ROW_CHARACTERS = 1_000_000
MOST_ELEMENTS = 5_000_000  # 100,000 rows of seven cells have 2,200,000
SHEETS = "xl/worksheets/"
TOO_LARGE = "The workbook is too large when unpacked: save its first sheet alone, or as CSV."
_PIECE_BYTES = 64 * 1024
_ROWS = frozenset({"row", "si"})
_CHUNK = 500

Tick = Callable[[], None]  # called again and again while it is read, so that a lease can be renewed


def bounds_check(archive: ZipFile, tick: Tick) -> None:
    """Sizes as the archive names them, which unpacking never exceeds; then what is in the parts.

    Raises: FileRefused; expat.ExpatError for a part that is no XML.
    """
    parts = archive.infolist()
    ratio_bad = any(
        part.file_size > RATIO_FROM and part.file_size > MOST_RATIO * max(part.compress_size, 1)
        for part in parts
    )
    if sum(part.file_size for part in parts) > MOST_UNPACKED or ratio_bad or len(parts) > MOST_PARTS:
        raise FileRefused(TOO_LARGE)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")) or part.filename.startswith(SHEETS):
            is_large = part.filename.startswith(SHEETS) or part.filename == "xl/sharedStrings.xml"
            if not is_large and part.file_size > MOST_SMALL_BYTES:
                raise FileRefused(TOO_LARGE)
            with archive.open(part) as content:
                _Counter(counts_by_row=is_large).read(content, tick)


class _Counter:
    """Elements, attributes and characters, in all and in the row under way."""

    def __init__(self, *, counts_by_row: bool) -> None:
        self._rows = _ROWS if counts_by_row else frozenset()
        self._all = self._outside = self._in_row = self._characters = self._depth = self._row_depth = 0
        self._expat = expat.ParserCreate(namespace_separator=" ")
        self._expat.ordered_attributes = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text
        self._expat.StartDoctypeDeclHandler = self._doctype

    def read(self, content: IO[bytes], tick: Tick) -> None:
        fed = 0
        while piece := content.read(_PIECE_BYTES):
            tick()
            fed += len(piece)
            self._expat.Parse(piece, False)
            if fed - self._expat.CurrentByteIndex > 4 * _PIECE_BYTES:
                raise FileRefused(TOO_LARGE)

    def _start(self, name: str, attributes: list[str]) -> None:
        weight = 1 + len(attributes) // 2
        self._depth += 1
        self._all += weight
        if not self._row_depth and name.rpartition(" ")[2] in self._rows:
            self._row_depth, self._in_row, self._characters = self._depth, 0, 0
        if self._row_depth:
            self._in_row += weight
        else:
            self._outside += weight
        if (
            self._all > MOST_ELEMENTS
            or self._outside > MOST_SMALL_ELEMENTS
            or self._in_row > MOST_ROW_ELEMENTS
            or self._depth > 100
        ):
            raise FileRefused(TOO_LARGE)

    def _end(self, _name: str) -> None:
        if self._depth == self._row_depth:
            self._row_depth = self._characters = 0
        self._depth -= 1

    def _text(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > MOST_ROW_CHARACTERS:
            raise FileRefused(TOO_LARGE)

    def _doctype(self, *_: object) -> None:
        raise ValueError("a document type may define entities")


class SharedTexts:
    """The texts that cells refer to by their place, in a private temporary database. Close it."""

    def __init__(self, tick: Tick) -> None:
        self._tick = tick
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode=OFF; PRAGMA cache_size=-4000; BEGIN;")
        self._db.execute("CREATE TABLE texts (place INTEGER PRIMARY KEY, text TEXT)")
        self._waiting: list[tuple[int, str]] = []
        self._count = 0
        self._parts: list[str] = []
        self._is_text = self._is_reading_aid = False

    def close(self) -> None:
        self._db.close()

    def __getitem__(self, place: int) -> str:
        found = self._db.execute("SELECT text FROM texts WHERE place = ?", [place]).fetchone()
        if found is None:
            raise IndexError(place)
        return str(found[0])

    def read(self, content: IO[bytes]) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parser.ParseFile(content)
        self._flush()

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "si":
            self._parts.clear()
        elif tag == "rPh":  # how the text is spoken, as Japanese workbooks have it
            self._is_reading_aid = True
        elif tag == "t":
            self._is_text = not self._is_reading_aid

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "t":
            self._is_text = False
        elif tag == "rPh":
            self._is_reading_aid = False
        elif tag == "si":
            self._waiting.append((self._count, "".join(self._parts)))
            self._count += 1
            if len(self._waiting) >= _CHUNK:
                self._flush()

    def _text(self, text: str) -> None:
        if self._is_text:
            self._parts.append(text)

    def _flush(self) -> None:
        self._tick()
        self._db.executemany("INSERT INTO texts VALUES (?, ?)", self._waiting)
        self._waiting.clear()


class BoundedReader(ExcelReader):
    """The library's reader, with the shared texts on disk and no tree of a large part."""

    shared_strings: Any
    package: Any

    def __init__(self, file: IO[bytes], texts: SharedTexts, tick: Tick) -> None:
        super().__init__(file, read_only=True, data_only=False, keep_links=False)
        bounds_check(self.archive, tick)
        self.shared_strings = texts

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            with self.archive.open(part.PartName[1:]) as content:
                self.shared_strings.read(content)

    def read_workbook(self) -> None:
        if any(
            part.PartName.startswith(f"/{SHEETS}")
            for part in self.package.Override
            if "main+xml" in part.ContentType
        ):
            raise FileRefused(TOO_LARGE)
        super().read_workbook()

    def read_chartsheet(self, sheet: Any, rel: Any) -> None:
        """Diagrams hold no mappings."""
