"""One test of a connection: what every group of checks is given, and the words they share."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from crm.contract import Crm
from mappings.access.open import Account
from mappings.findings import Finding, Level, MappedNames
from mappings.models import Connection

MOST_USES = 20  # of one name: a finding for each of a thousand items says no more
T = TypeVar("T")
K = TypeVar("K")


class Clock:
    """How long a test may go on asking."""

    def __init__(self, seconds: float) -> None:
        self.ends_at = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.ends_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What is set and mapped, and the CRM to ask about it; missing tags are created only where `creates`."""

    account: Account
    mapped: MappedNames
    crm: Crm
    clock: Clock
    creates: bool = True

    @property
    def connection(self) -> Connection:
        return self.account.connection


@dataclass(frozen=True, slots=True)
class Use:
    """Where a name or id of the CRM is set: a field of the page, or the `row` of a table.

    `by` says so within a sentence, such as “for the item BONE”; it is blank for a field.
    """

    field: str
    row: str = ""
    by: str = ""

    def finding(self, level: Level, sentence: str) -> Finding:
        return Finding(level, self.field, sentence, self.row)


def uses_of(pairs: Iterable[tuple[K, Use]]) -> dict[K, list[Use]]:
    """Where each name or id is set, at most twenty places of each."""
    found: dict[K, list[Use]] = {}
    for key, use in pairs:
        places = found.setdefault(key, [])
        if len(places) < MOST_USES:
            places.append(use)
    return found


def all_well(
    uses: Mapping[K, Sequence[Use]], wrong: Iterable[Finding], what: str, *, unasked: Iterable[str] = ()
) -> Iterator[Finding]:
    """A quiet word for every field whose names were all found; `what` is their plural."""
    spoilt = {finding.field for finding in wrong} | set(unasked)
    counts: dict[str, int] = {}
    for places in uses.values():
        for field in {use.field for use in places}:
            counts[field] = counts.get(field, 0) + 1
    for field, count in counts.items():
        if field not in spoilt:
            yield Finding(Level.OK, field, f"Probed: the CRM has the {what} named here ({count}).")


def hint(other: str | None) -> str:
    return f" It has “{other}”: letter case and blanks count." if other else ""


def not_all(field: str, what: str) -> Finding:
    return Finding(
        Level.WARNING,
        field,
        f"Not all {what} could be checked in time; the rest is checked when first used.",
        unsure=True,
    )


def is_id(value: str) -> bool:
    """Whether what a merchant typed is taken for an id: an integer is, anything else is a name."""
    return value.isascii() and value.isdigit() and len(value) < 16


def chunks(values: Sequence[T], size: int) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
