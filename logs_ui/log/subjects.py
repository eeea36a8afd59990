"""What a replication is about, in the words of its kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db.models import QuerySet

from cascade.engine.kinds import KINDS
from cascade.engine.subject_words import Subject, SubjectPage
from cascade.models import Replication

OWN_FIELDS = tuple(field.name for field in Replication._meta.concrete_fields if field.name != "plan")


def subject_of(row: Replication) -> Subject:
    """The subject by its name; a kind that is no longer installed goes by its word."""
    kind = KINDS.get(row.kind)
    if kind is not None:
        return kind.describe(row)
    noun = row.kind.capitalize()
    return Subject(title=row.kind, noun=noun, word=row.kind, label=row.subject_key)


def subjects_of(rows: Sequence[Replication]) -> list[Subject]:
    """The same of several, with what costs a query for each kind among them."""
    details: dict[int, str] = {}
    for name in {row.kind for row in rows} & KINDS.keys():
        details |= KINDS[name].details([row for row in rows if row.kind == name])
    subjects = ((row.pk, subject_of(row)) for row in rows)
    return [replace(subject, detail=details.get(pk, subject.detail)) for pk, subject in subjects]


def page_of(row: Replication) -> SubjectPage:
    kind = KINDS.get(row.kind)
    return kind.page(row) if kind else SubjectPage(subject=subject_of(row))


def with_subjects(
    rows: QuerySet[Replication], *more: str, own: Iterable[str] = OWN_FIELDS
) -> QuerySet[Replication]:
    """The rows with what it takes to name their subjects, and `more` of what they point to, in one query."""
    fields = {*more, *(column for kind in KINDS.values() for column in kind.columns)}
    return rows.select_related(*{name.rpartition("__")[0] for name in fields}).only(*own, *fields)
