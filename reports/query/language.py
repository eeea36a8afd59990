"""The query language, as the product's description has it: `'GroupId':'12,30','City':'Ogden'`.

Pairs with commas between, all of which must hold. Outside of the quotes blanks, line ends, braces around the
whole and one comma at the end do not matter; a quote inside is doubled or has a backslash before it. What a
value means:

`x`                  equals, letter case ignored; of a column of ids several with commas are one of them
`%` in it            a pattern, in which `%` stands for anything; of a time, of its text
`~null~`             null, which blank is not
`~>=~` `~>~` `~<=~` `~<~`    compared; `~<>~` differs, and alone: is not empty
`~>=~LastSuccessfulRun`      since the last complete run began; before the first one it says nothing
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from zoneinfo import ZoneInfo

from reports.columns import Column, ColumnType, moment

LAST_RUN = "LastSuccessfulRun"
LONGEST_QUERY = 20_000
MOST_IDS = 1000  # of one list (DataService.query)
CURLY = str.maketrans("‘’“”", "''\"\"")
_DATE_TEXT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?")
_WORD = re.compile(r"~[^~'\"]*~")


class Sign(StrEnum):
    EQUALS = "equals"
    ONE_OF = "one of"
    LIKE = "like"
    NULL = "null"
    FILLED = "filled"
    DIFFERS = "~<>~"
    AT_LEAST = "~>=~"
    ABOVE = "~>~"
    AT_MOST = "~<=~"
    BELOW = "~<~"


COMPARED = (Sign.AT_LEAST, Sign.AT_MOST, Sign.DIFFERS, Sign.ABOVE, Sign.BELOW)
RANGES = (Sign.AT_LEAST, Sign.ABOVE, Sign.AT_MOST, Sign.BELOW)


class QueryError(Exception):
    """The query cannot be read; `position` counts its characters from 1."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(f"{message} (character {position})")
        self.position = position


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """`value` is text as written; `ids` are those of `ONE_OF`."""

    column: Column
    sign: Sign
    value: str = ""
    ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    conditions: tuple[Condition, ...] = ()

    @property
    def since_last_run(self) -> bool:
        return any(condition.value == LAST_RUN for condition in self.conditions)

    def since(self, last: datetime | None, zone: ZoneInfo) -> Query:
        """The query with that moment for `LastSuccessfulRun`; without one, what names it drops out."""
        if last is None:
            return Query(tuple(each for each in self.conditions if each.value != LAST_RUN))
        text = f"{last.astimezone(zone):%Y-%m-%d %H:%M:%S}"
        return Query(
            tuple(replace(each, value=text) if each.value == LAST_RUN else each for each in self.conditions)
        )


def parse(text: str, columns: Mapping[str, Column]) -> Query:
    """Raises QueryError, with the position of what cannot be read."""
    if len(text) > LONGEST_QUERY:
        raise QueryError(f"The query is longer than {LONGEST_QUERY:,} characters.", LONGEST_QUERY)
    if "'" not in text and '"' not in text:
        text = text.translate(CURLY)
    found: dict[str, Condition] = {}
    for name, name_at, value, value_at in _pairs(text):
        column = columns.get(name)
        if column is None:
            near = get_close_matches(name.lower(), [known.lower() for known in columns], n=1, cutoff=0.6)
            meant = next((known for known in columns if near and known.lower() == near[0]), "")
            hint = f" Did you mean {meant}?" if meant else ""
            raise QueryError(f"There is no column {name or 'without a name'} here.{hint}", name_at)
        if name in found:
            raise QueryError(f"{name} stands here a second time: a column takes one value.", name_at)
        found[name] = _condition(column, value, value_at)
    return Query(tuple(found.values()))


def _pairs(text: str) -> Iterator[tuple[str, int, str, int]]:
    """Each pair with the positions of its two texts, from 1."""
    at, end = _skip(text, 0), len(text)
    braced = text[at : at + 1] == "{"
    at = _skip(text, at + braced)
    while at < end and not (braced and text[at] == "}"):
        name, name_at, at = _quoted(text, at, "a column's name in quotes")
        at = _skip(text, at)
        if text[at : at + 1] != ":":
            raise QueryError(f"A colon is missing after '{name}'.", at + 1)
        value, value_at, at = _quoted(text, _skip(text, at + 1), f"the value of '{name}' in quotes")
        yield name, name_at, value, value_at
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif at < end and not (braced and text[at] == "}"):
            raise QueryError("A comma is missing between two pairs.", at + 1)
    if braced:
        if at >= end:
            raise QueryError("The brace at the beginning is not closed.", end + 1)
        at = _skip(text, at + 1)
    if at < end:
        raise QueryError("The query goes on after its end.", at + 1)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _quoted(text: str, at: int, wanted: str) -> tuple[str, int, int]:
    """The text in quotes that begins here, the position of its first sign, and where it ends."""
    quote = text[at : at + 1]
    if quote not in ("'", '"') or not quote:
        raise QueryError(f"Expected {wanted}.", at + 1)
    signs: list[str] = []
    began = at + 1
    at = began
    while at < len(text):
        sign = text[at]
        if sign in ("\\", quote) and text[at + 1 : at + 2] == quote:
            signs.append(quote)
            at += 2
        elif sign == quote:
            return "".join(signs), began + 1, at + 1
        else:
            signs.append(sign)
            at += 1
    raise QueryError("The quote that begins here is not closed.", began)


def _condition(column: Column, value: str, at: int) -> Condition:
    if value.strip() == "~null~":
        return Condition(column=column, sign=Sign.NULL)
    for sign in COMPARED:
        if value.startswith(sign):
            return _compared(column, sign, value.removeprefix(sign).strip(), at)
    word = _WORD.match(value)
    if word:
        raise QueryError(f"{word.group()} is no operator; there are ~null~, {', '.join(COMPARED)}.", at)
    if "%" in value:
        return Condition(column=column, sign=Sign.LIKE, value=value)
    if column.type is ColumnType.ID and "," in value:
        parts = [part.strip() for part in value.split(",")]
        if not all(part.isascii() and part.isdigit() and len(part) < 12 for part in parts):
            raise QueryError(f"{column.name} is a column of ids: digits with commas between.", at)
        ids = tuple(sorted({int(part) for part in parts}))
        if len(ids) > MOST_IDS:
            raise QueryError(f"A list has at most {MOST_IDS:,} ids.", at)
        return Condition(column=column, sign=Sign.ONE_OF, ids=ids)
    if value != "":
        _check(column, value, at)
    return Condition(column=column, sign=Sign.EQUALS, value=value)


def _compared(column: Column, sign: Sign, value: str, at: int) -> Condition:
    if not value:
        if sign is Sign.DIFFERS:
            return Condition(column=column, sign=Sign.FILLED)
        raise QueryError(f"Something to compare with is missing after {sign}.", at)
    if value == LAST_RUN:
        if column.type not in (ColumnType.TIME, ColumnType.DATE) or sign not in (Sign.AT_LEAST, Sign.ABOVE):
            raise QueryError(f"{LAST_RUN} goes with ~>=~ and a column of times alone.", at)
    else:
        _check(column, value, at)
    return Condition(column=column, sign=sign, value=value)


def _check(column: Column, value: str, at: int) -> None:
    """Raise QueryError for what no value of such a column can equal."""
    match column.type:
        case ColumnType.ID | ColumnType.NUMBER:
            if not re.fullmatch(r"-?\d{1,18}", value.strip(), re.ASCII):
                raise QueryError(f"{column.name} is a number, not {value[:40]!r}.", at)
        case ColumnType.DECIMAL:
            if not re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", value.strip(), re.ASCII):
                raise QueryError(f"{column.name} is an amount such as 12.50, not {value[:40]!r}.", at)
        case ColumnType.TIME | ColumnType.DATE:
            try:
                if not _DATE_TEXT.fullmatch(value.strip(), 0):
                    raise ValueError
                moment(value, ZoneInfo("UTC"))
            except ValueError:
                raise QueryError(
                    f"{value[:40]!r} is no date. Write 2026-11-28 or 2026-11-28 08:15:00.", at
                ) from None
        case _:
            return
