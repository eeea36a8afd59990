"""What a test of a connection looks at, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar, cast

from django.db.models import Model

from mappings.models import Connection

LONGEST_SENTENCE = 600
MOST_FINDINGS = 100
Row = TypeVar("Row", bound=Model)


class FindingLevel(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


_WORST_FIRST = (FindingLevel.ERROR, FindingLevel.WARNING, FindingLevel.OK)


@dataclass(frozen=True, slots=True)
class Finding:
    """`field` is a field of the settings page, or one of its tables: product_tags, product_mappings,
    payment_types. `row` names rows of that table by one of their values (the item, the sales rep code);
    without it the sentence is about the whole table. `unsure` findings say only that something could not be
    asked just now."""

    level: FindingLevel
    field: str
    sentence: str
    row: str = ""
    unsure: bool = False

    def to_json(self) -> dict[str, str]:
        return {
            "level": self.level.value,
            "field": self.field,
            "sentence": self.sentence[:LONGEST_SENTENCE],
            "row": self.row[:LONGEST_SENTENCE],
            **({"unsure": "yes"} if self.unsure else {}),
        }


class CredentialVerdict(StrEnum):
    """How the CRM answered to the credentials."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # not valid, or another app's
    UNREACHABLE = "unreachable"  # no answer to judge them by


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOutcome:
    """`app` is the app that answered; only an accepted outcome has one. `merchant_mode` is what was read of
    it: "test", "live", "unknown" where it is not told, blank where nobody asked."""

    verdict: CredentialVerdict
    tested_at: datetime
    findings: tuple[Finding, ...]
    app: str = ""
    merchant_mode: str = ""

    @property
    def worst_first(self) -> list[Finding]:
        return sorted(self.findings, key=lambda finding: _WORST_FIRST.index(finding.level))

    @property
    def accepted(self) -> bool:
        return self.verdict == CredentialVerdict.ACCEPTED

    def to_json(self) -> list[dict[str, str]]:
        return [finding.to_json() for finding in self.worst_first[:MOST_FINDINGS]]


class MappedNames:
    """The mapping tables of a connection, as they are or as a page is about to store them."""

    def __init__(self, read: Callable[[type[Model]], Sequence[Model]]) -> None:
        self._read = read
        self._rows: dict[type[Model], Sequence[Model]] = {}

    def of(self, table: type[Row]) -> Sequence[Row]:
        """The rows of one table; stored ones are read when first asked for."""
        if table not in self._rows:
            self._rows[table] = self._read(table)
        return cast("Sequence[Row]", self._rows[table])


def mapped_names(connection: Connection) -> MappedNames:
    """What is stored now."""
    return MappedNames(lambda table: list(table._default_manager.filter(connection=connection.pk)))


def names_of(rows: Mapping[type[Model], Sequence[Model]]) -> MappedNames:
    """What is about to be stored; a table that is not among them has no rows."""
    return MappedNames(lambda table: rows.get(table, ()))
