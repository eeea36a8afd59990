"""What the log says of a subject: its names, its facts, and what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import CharField, Q, QuerySet, Value

from cascade.models import Replication

MIN_PREFIX_CHARACTERS = 3
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """`title` is what lists call its kind, blank where they need not. `noun` and `label` make a heading;
    `detail` is one line more, such as a cart's items.
    """

    title: str
    noun: str
    word: str  # the noun in the middle of a sentence
    label: str
    email: str = ""
    detail: str = ""
    is_test: bool = False

    @property
    def heading(self) -> str:
        return f"{self.noun} {self.label}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """`at` stands before the text."""

    term: str
    text: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Belonging:
    """Something of which there is no replication. `codes` are printed as such; `at` stands behind `sub`."""

    title: str
    text: str = ""
    codes: Sequence[str] = ()
    sub: str = ""
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One piece of news of a subject: what was told, when it came about and came in, by whom, and what it
    changed.
    """

    at: datetime
    told_at: datetime
    what: str
    by: str = ""
    effect: str = ""
    is_idle: bool = False  # it changed nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectPage:
    """What one replication's page says of its subject. `event_id` is the delivery that last told of it.

    `related`, of other kinds, and `belongings` are what the shop told about `belongs_to`. `history` is in the
    order in which it counts; `history_cut` if there was more. `source_term` is what a source is called here.
    """

    subject: Subject
    facts: Sequence[Fact] = ()
    event_id: int | None = None
    belongs_to: str = ""
    related: Sequence[Replication] = ()
    belongings: Sequence[Belonging] = ()
    history: Sequence[Told] = ()
    history_cut: bool = False
    source_term: str = "Shop"


@dataclass(frozen=True, slots=True)
class ApiId:
    """The field of the API that holds the subject's own id; `finds` is blank where it is no filter."""

    name: str
    help: str
    finds: str = ""


def money(value: Decimal) -> str:
    """With two decimals, or as many as the amount needs: 1,234.50."""
    plain = value.normalize()
    return f"{plain:,.2f}" if plain == round(plain, 2) else f"{plain:,f}"


def found_as(kind: str, rows: QuerySet[Any], column: str = "id") -> QuerySet[Any]:
    """(kind, id) of the rows, in a shape that a union takes."""
    what = Value(kind, output_field=CharField())
    named: QuerySet[Any] = rows.order_by().annotate(subject_kind=what).values_list("subject_kind", column)
    return named


def begins_with(field: str, text: str) -> Q:
    """A prefix condition that an index can answer; SQLite's own LIKE cannot. Short text must match whole."""
    if len(text) < MIN_PREFIX_CHARACTERS:
        return Q(**{field: text})
    if connection.vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": text + LAST_CHARACTER})
    return Q(**{f"{field}__startswith": text})
