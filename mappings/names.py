"""Lists of names as merchants type them, and names that almost match."""

from __future__ import annotations

from collections.abc import Iterable


def names_split(text: str) -> tuple[str, ...]:
    """The names of a comma separated list, each once, in their order."""
    return tuple(dict.fromkeys(name for part in text.split(",") if (name := part.strip())))


def near_miss(name: str, known: Iterable[str]) -> str | None:
    """The first known name that differs from `name` only in letter case or blanks."""
    wanted = _folded(name)
    return next((other for other in known if other != name and _folded(other) == wanted), None)


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()
