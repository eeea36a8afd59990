"""What a person does with an upload: bring, apply, withdraw and undo it; and the report of its check."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from mappings.batch.cells import guard
from mappings.batch.claim import State
from mappings.batch.columns import ITEM
from mappings.batch.compare import differences, file_stage
from mappings.batch.export import csv_pieces
from mappings.batch.staging import Staging
from mappings.models import BatchImport, Connection

KEPT = 20
OPEN = (State.CHECKING, State.COLUMNS, State.CHECKED)
REPLACED = "Withdrawn: a newer file was uploaded."
REPORT_TITLES = ("Row", ITEM, "What happens", "Details", "Warnings")


@transaction.atomic
def batch_upload(
    connection: Connection, *, user: Any, file_name: str, body: bytes, replaces_all: bool = False
) -> BatchImport:
    """Store a file to be checked; one that was not applied yet gives way, and only the last 20 are kept."""
    mine = BatchImport.objects.filter(connection=connection)
    mine.filter(state__in=OPEN).update(
        state=State.WITHDRAWN, problem=REPLACED, body=b"", lease_until=None, finished_at=timezone.now()
    )
    kept = list(mine.order_by("-id").values_list("id", flat=True)[: KEPT - 1])
    mine.exclude(pk__in=kept).exclude(state=State.APPLYING).delete()
    return BatchImport.objects.create(
        connection=connection,
        user=user,
        file_name=file_name.replace("\x00", "")[-200:] or "mappings",
        body=body,
        replaces_all=replaces_all,
    )


def batch_columns(batch: BatchImport, titles: Sequence[str]) -> str:
    """Say for each column of the file which of ours it is, blank for none, and have it checked anew.

    Returns what is wrong with that, as a sentence; blank if it is being checked. Repeat: safe.
    """
    named = [title for title in titles if title]
    if twice := next((title for title in named if named.count(title) > 1), ""):
        return f"Two columns cannot both be “{twice}”."
    if ITEM not in named or len(named) < 2:
        return f"Say which column is “{ITEM}”, and at least one other."
    columns = [[name, title] for (name, _), title in zip(batch.columns, titles, strict=True)]
    waiting = BatchImport.objects.filter(pk=batch.pk, state=State.COLUMNS)
    done = waiting.update(
        state=State.CHECKING, columns=columns, problem="", attempts=0, lease_until=None, finished_at=None
    )
    return "" if done else "Its columns were named already: look at its state."


def batch_apply(batch: BatchImport) -> bool:
    """Have a checked file applied; False if it is not checked, has wrong rows, or somebody pressed before."""
    ready = BatchImport.objects.filter(pk=batch.pk, state=State.CHECKED, bad_rows=0)
    return bool(
        ready.update(
            state=State.APPLYING, problem="", attempts=0, done_rows=0, lease_until=None, finished_at=None
        )
    )


def batch_withdraw(batch: BatchImport) -> bool:
    """Drop a file that was not applied; False if it was, or is being applied."""
    still = BatchImport.objects.filter(pk=batch.pk, state__in=(*OPEN, State.REFUSED))
    return bool(
        still.update(
            state=State.WITHDRAWN,
            problem="",
            body=b"",
            report=[],
            lease_until=None,
            finished_at=timezone.now(),
        )
    )


def batch_undo(batch: BatchImport, *, user: Any) -> BatchImport | None:
    """Upload what an applied file changed as it was before: it is checked and shown first, like any file."""
    body = batch_before(batch)
    if body is None:
        return None
    return batch_upload(batch.connection, user=user, file_name=f"Before {batch.file_name}"[:200], body=body)


def batch_before(batch: BatchImport) -> bytes | None:
    """What an applied file changed as it was before, as CSV; None if it was not applied."""
    if batch.state != State.APPLIED:
        return None
    return gzip.decompress(bytes(batch.body))


def batch_report(batch: BatchImport) -> Iterator[bytes]:
    """Every row of a file that was checked, against the mappings as they are now, as a CSV in pieces."""
    return csv_pieces(_report_rows(batch))


def batches_of(connection: Connection) -> QuerySet[BatchImport]:
    """The uploads of a connection without their files, the newest first."""
    rows = BatchImport.objects.filter(connection=connection).defer("body", "report")
    return rows.select_related("user")[:KEPT]


def _report_rows(batch: BatchImport) -> Iterator[list[str]]:
    yield list(REPORT_TITLES)
    with Staging() as staging:
        columns = file_stage(bytes(batch.body), staging, lambda rows: None, dict(batch.columns))
        for found in differences(batch.connection, staging, columns, replaces_all=batch.replaces_all):
            line = str(found.line or "not in the file")
            yield [line, *map(guard, (found.item, found.kind.value, found.told, " ".join(found.warnings)))]
