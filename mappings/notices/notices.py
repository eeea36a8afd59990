"""What a merchant's people must hear of: one open notice per cause and connection, until it is gone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from mappings.models import Connection, Notice

ORDERS = "orders:"  # causes that begin so are errors of replications: each sighting is a new error
SENTENCE_CHARACTERS = 600
_ADDRESS = re.compile(r"[\w.+'%-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True, kw_only=True, slots=True)
class NoticeDraft:
    """What is known of one cause now.

    `since` is when it began and `last_seen_at` when it was last seen, both if known. `path` leads to the page
    that shows more, else to the settings.
    """

    connection_id: int
    cause: str
    sentence: str
    level: str
    path: str = ""
    since: datetime | None = None
    last_seen_at: datetime | None = None


def notices_reconcile(known: Iterable[Notice], drafts: Iterable[NoticeDraft], now: datetime) -> None:
    """Bring the open notices that one producer answers for up to date with all that it sees. Repeat: safe.

    Units: a query, and two for each notice that changes; none if none does.
    """
    before = {(notice.connection_id, notice.cause): notice for notice in known}
    seen = {(draft.connection_id, draft.cause): draft for draft in drafts}
    changed = [draft for key, draft in seen.items() if _differs(before.get(key), draft)]
    connections = Connection.objects.only("merchant_id").in_bulk({each.connection_id for each in changed})
    for draft in changed:
        if draft.connection_id in connections:
            notice_tell(connections[draft.connection_id], draft, now)
    for key, notice in before.items():
        if key not in seen:  # and unless somebody has just seen it again
            same = Notice.objects.filter(pk=notice.pk, last_seen_at=notice.last_seen_at, resolved_at=None)
            same.update(resolved_at=now)


def notice_tell(connection: Connection, draft: NoticeDraft, now: datetime) -> None:
    notice_raise(
        connection,
        draft.cause,
        draft.sentence,
        draft.level,
        path=draft.path,
        since=draft.since,
        now=draft.last_seen_at or now,
    )


def notice_raise(
    connection: Connection,
    cause: str,
    sentence: str,
    level: str,
    *,
    path: str = "",
    since: datetime | None = None,
    now: datetime | None = None,
) -> None:
    """Record that the cause was seen at `now`. Repeat: safe; one open notice per cause.

    `path` leads to the page that shows more, else to the settings; `since` is when it began, if known.
    E-mail addresses in the sentence are left out: notices are mailed.
    """
    now = now or timezone.now()
    values = {
        "sentence": _sentence(sentence),
        "level": level,
        "path": path,
        "last_seen_at": now,
    }
    open_ones = _open(connection, cause)
    if open_ones.update(**values):
        return
    began = {"merchant_id": connection.merchant_id, "first_seen_at": since or now}
    try:
        with transaction.atomic():
            Notice.objects.create(connection=connection, cause=cause, **began, **values)
    except IntegrityError:  # somebody else was faster
        open_ones.update(**values)


def notice_resolve(connection: Connection, *causes: str, now: datetime | None = None) -> int:
    """Say that the causes are gone; how many notices that closed. Repeat: safe."""
    return _open(connection, *causes).update(resolved_at=now or timezone.now())


def _differs(notice: Notice | None, draft: NoticeDraft) -> bool:
    if notice is None or (notice.sentence, notice.level) != (_sentence(draft.sentence), draft.level):
        return True
    return draft.last_seen_at is not None and draft.last_seen_at > notice.last_seen_at


def _sentence(sentence: str) -> str:
    return _ADDRESS.sub("[e-mail address]", sentence)[:SENTENCE_CHARACTERS]


def _open(connection: Connection, *causes: str) -> QuerySet[Notice]:
    return Notice.objects.filter(connection=connection, cause__in=causes, resolved_at=None)
