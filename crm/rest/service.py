"""What every service file stands on: the wire, lists page by page, look-ups that are exact on our side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

from crm.errors import PermanentError
from crm.http.characters import clean
from crm.records import CategoryRecord
from crm.rest.wire import RestWire
from crm.values import Struct, Unexpected, Value, record_id, rows, struct, text

PAGE_ROWS = 1000
MAX_PAGES = 50
IDS_PER_CALL = 400  # keeps an address below 8 kB
# Signs that mean something in a filter or might; none of them is known to be quotable.
FILTER_SIGNS = "*;,=<>!()\"'\\"

T = TypeVar("T")


class Service:
    """One group of calls; the adapter joins all groups."""

    _wire: RestWire

    def _pages(
        self,
        operation: str,
        route: str,
        member: str,
        parse: Callable[[Struct], T | None],
        *,
        at: Sequence[int | str] = (),
        query: Mapping[str, str | int] | None = None,
        page_rows: int = PAGE_ROWS,
    ) -> list[T]:
        """Return what `parse` makes of the rows of a list (None leaves one out), all pages of it.

        Raises: PermanentError beyond 50 pages, because a part of the rows is no answer.
        """
        found: list[T] = []
        page = ""
        for _ in range(MAX_PAGES):
            part, page = self._page(
                operation, route, member, parse, at=at, query=query, page_rows=page_rows, page=page
            )
            found.extend(part)
            if not page:
                return found
        raise PermanentError(
            "The CRM holds far too many records that resemble this name. Choose a more distinct name.",
            detail=f"{route}: more than {MAX_PAGES} pages",
            label="too-many-rows",
        )

    def _page(
        self,
        operation: str,
        route: str,
        member: str,
        parse: Callable[[Struct], T | None],
        *,
        at: Sequence[int | str] = (),
        query: Mapping[str, str | int] | None = None,
        page_rows: int = PAGE_ROWS,
        page: str = "",
    ) -> tuple[list[T], str]:
        """Return one page of a list and the token of the next, empty at the end."""

        def parse_page(value: Value) -> tuple[list[T], str]:
            answer = struct(value)
            if member not in answer:
                raise Unexpected(f"the reply has no {member}")
            next_page = text(answer, "next_page_token")
            if "://" in next_page:  # a whole address, whose host is not asked
                next_page = parse_qs(urlsplit(next_page).query).get("page_token", [""])[0]
                if not next_page:
                    raise Unexpected("the next page's address has no page_token")
            if next_page and next_page == page:
                raise Unexpected("the next page is the same again")
            found = [item for item in map(parse, rows(answer[member])) if item is not None]
            return found, next_page

        asked = {**(query or {}), "page_size": page_rows, **({"page_token": page} if page else {})}
        return self._wire.call(operation, route, parse_page, at=at, query=asked)

    def _named(
        self,
        operation: str,
        route: str,
        member: str,
        column: str,
        wanted: str,
        parse: Callable[[Struct], T],
        *,
        at: Sequence[int | str] = (),
        wildcard: bool = True,
        page_rows: int = PAGE_ROWS,
        alike: Callable[[str], str] = str,
    ) -> list[T]:
        """Return the rows whose column is exactly this text, after `alike`; none for a blank text.

        `wildcard`: whether the list's filter knows `*` at the end of a value.
        """
        wanted = clean(wanted)
        if not wanted.strip():
            return []

        def parse_exact(row: Struct) -> T | None:
            return parse(row) if alike(text(row, column)) == alike(wanted) else None

        pattern = safe_value(wanted, wildcard=wildcard)
        query = {"filter": f"{column}=={pattern}"} if pattern else {}
        return self._pages(operation, route, member, parse_exact, at=at, query=query, page_rows=page_rows)

    def _categories(self, operation: str, route: str, member: str, name: str) -> list[CategoryRecord]:
        """Return the rows of a list of categories that have exactly this name, lowest id first."""

        def parse(row: Struct) -> CategoryRecord:
            return CategoryRecord(id=record_id(row.get("id")), name=text(row, "name"))

        found = self._named(operation, route, member, "name", name, parse, wildcard=False)
        return sorted(found, key=lambda category: category.id)

    def _by_ids(
        self,
        operation: str,
        route: str,
        member: str,
        column: str,
        ids: Sequence[int],
        parse: Callable[[Struct], T],
        *,
        page_rows: int = IDS_PER_CALL,
    ) -> list[T]:
        """Return the rows with these ids, as many as exist."""
        wanted = sorted(set(ids))

        def parse_wanted(row: Struct) -> T | None:
            return parse(row) if record_id(row.get("id")) in wanted else None

        found: list[T] = []
        for start in range(0, len(wanted), IDS_PER_CALL):
            some = ",".join(map(str, wanted[start : start + IDS_PER_CALL]))
            query = {"filter": f"{column}=={some}"}
            found.extend(
                self._pages(operation, route, member, parse_wanted, query=query, page_rows=page_rows)
            )
        return found


def safe_value(wanted: str, *, wildcard: bool = True, signs: str = FILTER_SIGNS) -> str:
    """Return a filter value that finds at least the rows whose column is exactly `wanted`; "" is no filter.

    Nothing says how a sign of the filter's own language is quoted, and `NONE` means "is empty" in some: so
    only what comes before such a sign is asked for, with `*` where the list knows it.
    """
    length = next((at for at, sign in enumerate(wanted) if sign in signs), len(wanted))
    begins = wanted[:length]
    if begins == wanted and wanted == wanted.strip() and wanted.upper() != "NONE":
        return wanted
    if not wildcard or begins != begins.lstrip() or not begins.strip() or wanted.upper() == "NONE":
        return ""
    return begins.rstrip() + "*"


def created(value: Value) -> int:
    """Return the id of a record just made."""
    return record_id(struct(value).get("id"))
