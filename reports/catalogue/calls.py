"""How a report's rows are asked for: a table by its ids or page numbers, a method, a resource with its pages.

Each call reads one page from where a cursor says, sends one request for it, and says where to go on. What a
page covers tells which stored rows must be in it, and so which were deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from crm.values import Unexpected, Value
from reports.columns import Column
from reports.query.language import Query

Cursor = Mapping[str, Any]
Row = Mapping[str, Value]
ID = "Id"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a run asks for. `arguments` are by parameter; `page_rows` is the most of one page, 0 the usual."""

    arguments: Mapping[str, Any]
    columns: tuple[Column, ...]
    query: Query = field(default_factory=Query)
    zone: ZoneInfo
    page_rows: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """The key numbers above `above`, up to `up_to` (None: to the end)."""

    above: int
    up_to: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """`cursor` is where to go on, None at the end; `covers` what the page tells all of, where it is known;
    `whole` says that it is all there is."""

    rows: Sequence[Row]
    cursor: Cursor | None = None
    covers: Span | None = None
    whole: bool = False
    server_time: datetime | None = None


class ReportCall(Protocol):
    """One protocol's way to a report."""

    def page(self, crm: Any, asked: Asked, cursor: Cursor) -> Page:
        """Read the page the cursor names; an empty one is the first. Raises: CrmError."""
        ...

    def count(self, crm: Any, asked: Asked, since: datetime | None = None) -> Count | None:
        """How many rows the CRM counts, or of them those new or changed since; None where it cannot."""
        ...

    def lacked(self, arguments: Mapping[str, Any], known: Mapping[str, Column]) -> frozenset[str]:
        """Which of the known columns this protocol does not tell."""
        ...

    def skipped(self, asked: Asked, cursor: Cursor) -> tuple[int, Cursor | None] | None:
        """The id that the page at the cursor asks for, of several, and where to go on without it; or None."""
        ...

    def checked_here(self, asked: Asked) -> Query:
        """The conditions that the CRM was not asked for, or not exactly."""
        ...


@dataclass(frozen=True, slots=True)
class Count:
    number: int
    server_time: datetime | None


def row_id(row: Row) -> int:
    """Raises Unexpected."""
    try:
        return int(str(row[ID]))
    except (KeyError, ValueError) as err:
        raise Unexpected("a row without an id") from err


def skip_each(ids: Sequence[int], cursor: Cursor) -> tuple[int, Cursor | None] | None:
    """As `ReportCall.skipped`, for calls that ask for one id after the other."""
    index = int(cursor.get("index", 0))
    if len(ids) < 2:
        return None
    return ids[index], {"index": index + 1} if index + 1 < len(ids) else None
