"""Lists of names as merchants type them, and names that almost match."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from io import StringIO

_TO_QUOTE = re.compile(r'[,"\r\n]|^\s|\s$')


def names_read(text: str) -> tuple[str, ...]:
    """The names of a list, each once, in their order: separated by commas or lines, a name that holds a comma
    or a quotation mark quoted as in CSV.

    Raises: ValueError with a sentence, where the quotation marks do not pair.
    """
    try:
        rows = list(csv.reader(StringIO(text, newline=""), skipinitialspace=True, strict=True))
    except csv.Error as err:
        raise ValueError(
            "The quotation marks do not pair, or something follows one before its comma: quote a name that "
            'holds a comma or a quotation mark, and double the marks inside it: "Bones, large", "5"" leash".'
        ) from err
    return tuple(dict.fromkeys(name for row in rows for part in row if (name := part.strip())))


def names_split(text: str) -> tuple[str, ...]:
    """The names of a list that was stored; where its marks do not pair, every comma separates."""
    try:
        return names_read(text)
    except ValueError:
        return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def names_join(names: Iterable[str]) -> str:
    """The list as `names_read` reads it."""
    return ", ".join(
        '"' + name.replace('"', '""') + '"' if _TO_QUOTE.search(name) else name for name in names
    )


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The first known name that differs from `name` only in letter case or blanks."""
    return near_misses([name], known).get(name)


def near_misses(names: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """For each name the first known one that differs only in letter case or blanks; reads `known` once."""
    wanted: dict[str, list[str]] = {}
    for name in names:
        wanted.setdefault(_folded(name), []).append(name)
    found: dict[str, str] = {}
    for other in known:
        for name in wanted.get(_folded(other), ()):
            if name != other:
                found.setdefault(name, other)
    return found


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()
