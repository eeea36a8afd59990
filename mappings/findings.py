"""What a test of a connection looks at, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from mappings.models import Connection, PaymentTypeMapping, ProductActionSet, ProductMapping, ProductTag

LONGEST_SENTENCE = 600
MOST_FINDINGS = 100


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


_WORST_FIRST = (Level.ERROR, Level.WARNING, Level.OK)


@dataclass(frozen=True, slots=True)
class Finding:
    """`field` is a field of the settings page, or one of its tables: product_tags, product_mappings,
    payment_types."""

    level: Level
    field: str
    sentence: str

    def to_json(self) -> dict[str, str]:
        return {"level": self.level.value, "field": self.field, "sentence": self.sentence[:LONGEST_SENTENCE]}


class Verdict(StrEnum):
    """How the CRM answered to the credentials."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # not valid, or another app's
    UNREACHABLE = "unreachable"  # no answer to judge them by


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckOutcome:
    """`app` is the app that answered; only an accepted outcome has one."""

    verdict: Verdict
    tested_at: datetime
    findings: tuple[Finding, ...]
    app: str = ""

    @property
    def worst_first(self) -> list[Finding]:
        return sorted(self.findings, key=lambda finding: _WORST_FIRST.index(finding.level))

    @property
    def accepted(self) -> bool:
        return self.verdict == Verdict.ACCEPTED

    def to_json(self) -> list[dict[str, str]]:
        return [finding.to_json() for finding in self.worst_first[:MOST_FINDINGS]]


@dataclass(frozen=True, kw_only=True, slots=True)
class MappedNames:
    """The mapping tables of a connection, as they are or as a page is about to store them."""

    product_tags: tuple[str, ...] = ()
    products: Mapping[str, int] = field(default_factory=dict)
    payment_types: tuple[str, ...] = ()
    action_set_items: tuple[str, ...] = ()


def mapped_names(connection: Connection) -> MappedNames:
    """What is stored now."""
    return names_of(
        connection.product_tags.all(),
        connection.product_mappings.all(),
        connection.payment_types.all(),
        connection.product_action_sets.all(),
    )


def names_of(
    tags: Iterable[ProductTag],
    products: Iterable[ProductMapping],
    types: Iterable[PaymentTypeMapping],
    action_sets: Iterable[ProductActionSet],
) -> MappedNames:
    return MappedNames(
        product_tags=tuple(dict.fromkeys(row.tag_name for row in tags)),
        products={row.item_id: row.crm_product_id for row in products},
        payment_types=tuple(dict.fromkeys(row.crm_type for row in types)),
        action_set_items=tuple(dict.fromkeys(row.item_id for row in action_sets)),
    )
