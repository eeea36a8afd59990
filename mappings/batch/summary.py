"""What a file would do, counted, with the first lines of each sort and a digest of the whole."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from mappings.batch.compare import Difference, Kind

MOST_SHOWN = 50  # of each sort; the report as a file has all
LONGEST_TOLD = 600


class Survey:
    """Takes one difference after the other; the same differences in the same order give the same digest."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._hash = hashlib.blake2b(digest_size=16)
        self._shown: dict[str, list[dict[str, Any]]] = {"wrong": [], "warning": [], "change": []}

    def take(self, difference: Difference) -> None:
        self._counts[difference.kind] += 1
        self._counts["warnings"] += len(difference.warnings)
        writes = [(write.key, write.pk, write.value) for write in difference.writes]
        self._hash.update(repr((difference.line, difference.item, str(difference.kind), writes)).encode())
        if sort := _sort(difference):
            self._show(sort, difference)

    @property
    def bad_rows(self) -> int:
        return self._counts[Kind.WRONG]

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def summary(self, *, directory_was_read: bool) -> dict[str, Any]:
        counts = {name: self._counts[name] for name in (*(kind.value for kind in Kind), "warnings")}
        return {**counts, "digest": self.digest, "looked_up": directory_was_read}

    def report(self) -> list[dict[str, Any]]:
        """What is wrong first, then what is doubtful, then what would be done."""
        return [line for lines in self._shown.values() for line in lines]

    def _show(self, sort: str, difference: Difference) -> None:
        if len(self._shown[sort]) < MOST_SHOWN:
            told = " ".join(filter(None, [difference.told, *difference.warnings]))
            self._shown[sort].append(
                {
                    "line": difference.line,
                    "item": difference.item,
                    "kind": difference.kind.value,
                    "sort": sort,
                    "told": told if len(told) <= LONGEST_TOLD else f"{told[:LONGEST_TOLD]}…",
                }
            )


def _sort(difference: Difference) -> str:
    if difference.kind == Kind.WRONG:
        return "wrong"
    if difference.warnings:
        return "warning"
    return "" if difference.kind == Kind.UNCHANGED else "change"
