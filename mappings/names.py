"""Lists of names as merchants type them, and names that almost match."""

from __future__ import annotations

from collections.abc import Iterable


def names_split(text: str) -> tuple[str, ...]:
    """The names of a comma separated list, each once, in their order."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


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
