"""What we know of the CRM's names: asked once per name, remembered for a while, never guessed.

A look-up that failed is not an answer: its error goes on to the caller and nothing of the batch is
remembered. Only a clean empty answer is remembered as "absent".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from crm.contract import Crm, ProductRecord, TagRecord
from mappings.models import Connection, DirectoryEntry

# An id stays good until its record is deleted, which the CRM then says (`directory_forget`); a day bounds
# how long a renamed record is used under its old name.
FOUND_KEPT_FOR = timedelta(hours=24)
# Short, because a merchant who was told "absent" creates the record next.
ABSENT_KEPT_FOR = timedelta(minutes=10)

LONGEST_NAME = 200  # as DirectoryEntry.name; longer ones are asked every time


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name stands for in the CRM; `matches` above one asks for a warning."""

    name: str
    crm_id: int | None
    matches: int


def names_resolve(
    connection: Connection, crm: Crm, kind: DirectoryEntry.Kind | str, names: Iterable[str], *, now: datetime
) -> dict[str, Resolution]:
    """Each distinct name with its CRM id, from memory where that is fresh, else from the CRM.

    Of several records with one name the first of the CRM's answer is taken: active, then lowest id.
    Raises: whatever the look-up raised; nothing is remembered then.
    """
    wanted = list(dict.fromkeys(names))
    known = _remembered(connection, kind, wanted, now=now)
    answers = known | names_ask(connection, crm, kind, [n for n in wanted if n not in known], now=now)
    return {name: answers[name] for name in wanted}


def names_ask(
    connection: Connection, crm: Crm, kind: DirectoryEntry.Kind | str, names: Iterable[str], *, now: datetime
) -> dict[str, Resolution]:
    """As `names_resolve`, but every name is asked, whatever was remembered."""
    answers = {name: _ask(crm, kind, name) for name in dict.fromkeys(names)}
    _remember(connection, kind, answers.values(), now=now)
    return answers


def directory_forget(
    connection: Connection,
    kind: DirectoryEntry.Kind | str,
    *,
    name: str | None = None,
    crm_id: int | None = None,
) -> int:
    """Forget a name or an id the CRM said is gone; how many entries that were. Repeat: safe."""
    which = Q()
    if name is not None:
        which |= Q(name=name)
    if crm_id is not None:
        which |= Q(crm_id=crm_id)
    if not which:
        return 0
    return DirectoryEntry.objects.filter(which, connection_id=connection.pk, kind=kind).delete()[0]


def _ask(crm: Crm, kind: DirectoryEntry.Kind | str, name: str) -> Resolution:
    if not name.strip():
        return Resolution(name, None, 0)  # no record has a blank name; some answer to it with everything
    found: Sequence[TagRecord | ProductRecord]
    found = crm.find_tags(name) if kind == DirectoryEntry.Kind.TAG else crm.find_products(name)
    return Resolution(name, found[0].id if found else None, len(found))


def _remembered(
    connection: Connection, kind: DirectoryEntry.Kind | str, names: Sequence[str], *, now: datetime
) -> dict[str, Resolution]:
    if not names or connection.pk is None:
        return {}
    fresh = Q(crm_id__isnull=False, checked_at__gt=now - FOUND_KEPT_FOR) | Q(
        crm_id__isnull=True, checked_at__gt=now - ABSENT_KEPT_FOR
    )
    entries = DirectoryEntry.objects.filter(fresh, connection_id=connection.pk, kind=kind, name__in=names)
    return {entry.name: Resolution(entry.name, entry.crm_id, entry.matches) for entry in entries}


def _remember(
    connection: Connection,
    kind: DirectoryEntry.Kind | str,
    answers: Iterable[Resolution],
    *,
    now: datetime,
) -> None:
    rows = [
        DirectoryEntry(
            connection_id=connection.pk,
            kind=kind,
            name=answer.name,
            crm_id=answer.crm_id,
            matches=min(answer.matches, 32_767),
            checked_at=now,
        )
        for answer in answers
        if answer.name.strip() and len(answer.name) <= LONGEST_NAME
    ]
    if not rows or connection.pk is None:
        return
    DirectoryEntry.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["connection", "kind", "name"],
        update_fields=["crm_id", "matches", "checked_at"],
    )
