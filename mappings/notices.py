"""What a merchant's people must hear of: one open notice per cause and connection, until it is gone."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from mappings.models import Connection, Notice

ORDERS = "orders:"  # causes that begin so are errors of replications: each sighting is a new error
SENTENCE_CHARACTERS = 600
_ADDRESS = re.compile(r"[\w.+'%-]+@[\w-]+(?:\.[\w-]+)+")


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
    """Say that the cause was seen `now`, in today's words. Repeat: safe; one open notice per cause.

    `path` leads to the page that shows more, else to the settings; `since` is when it began, if known.
    E-mail addresses in the sentence are left out: notices are mailed.
    """
    now = now or timezone.now()
    values = {
        "sentence": _ADDRESS.sub("[e-mail address]", sentence)[:SENTENCE_CHARACTERS],
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


def _open(connection: Connection, *causes: str) -> QuerySet[Notice]:
    return Notice.objects.filter(connection=connection, cause__in=causes, resolved_at=None)
