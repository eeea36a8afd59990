"""What JSON, XML and CSV would become, counted before anything is built of them.

A byte of `[],[],…` becomes thirty of memory, a byte of XML a hundred: a bound on bytes alone bounds nothing.
Used for whatever comes from elsewhere: replies, shops' answers, deliveries, uploads.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from xml.parsers import expat

FEED_BYTES = 64 * 1024
MAX_ROW_CHARACTERS = 1_000_000

# Neither backtracks nor remembers, whatever it is fed: a string without an end goes to the end. A fraction is
# a token beside its comma, because a Decimal is twice as large as any other value.
_JSON_TOKEN = re.compile(rb'"(?>[^"\\]+|\\.?)*+(?:"|\Z)|[\[\]{},]|\d[.eE]', re.DOTALL)


class ShapeRefused(ValueError):
    """It has more parts, or is nested deeper, than anything honest."""


class XmlRefused(ValueError):
    """What cannot be counted, because another reader might make something else of it."""


class DoctypeFound(XmlRefused):
    """It may define entities, which grow."""


def json_check(body: bytes, *, most_tokens: int, most_depth: int) -> None:
    """Count texts, commas, brackets and fractions, and the depth. Raises: ShapeRefused."""
    depth = 0
    for count, token in enumerate(_JSON_TOKEN.finditer(body)):
        if count >= most_tokens:
            raise ShapeRefused("it has too many elements")
        sign = body[token.start()]
        if sign in b"[{":
            depth += 1
            if depth > most_depth:
                raise ShapeRefused("it is nested too deeply")
        elif sign in b"]}":
            depth -= 1


def xml_check(pieces: Iterable[bytes], *, most_elements: int, most_depth: int) -> None:
    """Count elements (an attribute is a quarter of one) and the depth, without a tree.

    Raises: ShapeRefused; XmlRefused.
    """
    counter = _XmlCounter(most_elements, most_depth)
    try:
        for piece in pieces:
            for start in range(0, len(piece), FEED_BYTES):
                counter.feed(piece[start : start + FEED_BYTES])
    except expat.ExpatError as err:
        raise XmlRefused(f"it is not readable as XML ({expat.ErrorString(err.code)})") from err


class _XmlCounter:
    def __init__(self, most_elements: int, most_depth: int) -> None:
        self._most_elements, self._most_depth = most_elements, most_depth
        self._count = self._depth = self._fed = 0
        self._expat = expat.ParserCreate()
        self._expat.ordered_attributes = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes) -> None:
        self._fed += len(piece)
        self._expat.Parse(piece, False)
        # Expat before 2.6 scans an unfinished token again with every piece (CVE-2023-52425).
        if self._fed - self._expat.CurrentByteIndex > 4 * FEED_BYTES:
            raise XmlRefused("one piece of its XML is too long")

    def _start(self, _name: str, attributes: list[str]) -> None:
        self._count += 1 + len(attributes) // 8  # names and values in turn: four attributes are one
        self._depth += 1
        if self._count > self._most_elements:
            raise ShapeRefused("it has too many elements")
        if self._depth > self._most_depth:
            raise ShapeRefused("it is nested too deeply")

    def _end(self, _name: str) -> None:
        self._depth -= 1

    def _doctype(self, *_: object) -> None:
        raise DoctypeFound("it carries a document type, which may define entities")


class CsvRows:
    """The rows of a CSV text, none of more than a million characters, however many lines it has.

    Raises: ShapeRefused; csv.Error for a row that is none, after which the next one may be asked for.
    """

    def __init__(self, lines: Iterable[str], *, delimiter: str = ",", strict: bool = False) -> None:
        self._taken = 0
        self._reader = csv.reader(self._counted(lines), delimiter=delimiter, strict=strict)

    @property
    def line_num(self) -> int:
        return self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        self._taken = 0
        return next(self._reader)

    def _counted(self, lines: Iterable[str]) -> Iterator[str]:
        """A file is asked for no more of a line than a row may have."""
        if isinstance(lines, io.TextIOBase):
            file = lines
            lines = iter(lambda: file.readline(MAX_ROW_CHARACTERS + 1), "")
        for line in lines:
            self._taken += len(line)
            if self._taken > MAX_ROW_CHARACTERS:
                raise ShapeRefused("a row is longer than a million characters")
            yield line
