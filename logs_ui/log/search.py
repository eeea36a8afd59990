"""Find what a support person has at hand: a number, an e-mail address, an item. Each kind finds its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from cascade.engine.kinds import KINDS
from mappings.models import Connection

MAX_SUBJECTS = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectsFound:
    """The newest matching subjects as (kind, id); `more` if there are others beside them."""

    subjects: list[tuple[str, int]]
    more: bool = False

    @property
    def condition(self) -> Q:
        """Replications of what was found."""
        ids: dict[str, list[int]] = {}
        for kind, pk in self.subjects:
            ids.setdefault(kind, []).append(pk)
        return reduce(or_, (KINDS[kind].found(pks) for kind, pks in ids.items()), Q(pk__in=[]))


def subjects_find(connections: QuerySet[Connection], text: str) -> SubjectsFound:
    """Whatever of these connections begins with the text in what names it.

    One query: a union of conditions on one column each, so that an index can answer every part. Only where
    that finds nothing, what costs more is asked.
    """
    kinds = KINDS.values()
    found = _newest(part for kind in kinds for part in kind.search(connections, text))
    found = found or _newest(part for kind in kinds for part in kind.search_more(connections, text))
    return SubjectsFound(subjects=found[:MAX_SUBJECTS], more=len(found) > MAX_SUBJECTS)


def _newest(queries: Iterable[QuerySet[Any]]) -> list[tuple[str, int]]:
    parts = list(queries)
    if not parts:
        return []
    united = parts[0].union(*parts[1:]) if parts[1:] else parts[0]
    return list(united.order_by("-id")[: MAX_SUBJECTS + 1])
