"""The work on an upload: checking it, and applying it as a whole or not at all.

Whatever stops a worker, the next one starts anew: checking writes nothing but its outcome, and applying is
one transaction that also says that it is done. All that can be prepared is prepared before that transaction,
so that other writers wait for it as briefly as possible.
"""

from __future__ import annotations

import csv
import gzip
import io
import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from background.lease import LeaseLost
from mappings.batch.claim import MOST_ATTEMPTS, Hold, State, batch_claim
from mappings.batch.columns import COLUMNS, Column, ColumnsUnknown, FileRefused
from mappings.batch.compare import Difference, differences, file_stage
from mappings.batch.export import guarded, header_of, item_cells
from mappings.batch.files import BOM
from mappings.batch.staging import Staging
from mappings.batch.summary import Survey
from mappings.batch.tables import Directory, fingerprint

logger = logging.getLogger(__name__)

APPLY_TRIES = 3
OURS = "An error of ours stopped the work on this file; nothing was changed. Tell support."
CHANGED_MEANWHILE = (
    "The mappings were changed after the check, so nothing was applied. This is the file against the "
    "mappings as they are now: look once more, then apply."
)
STILL_CHANGING = (
    "The mappings are being changed by somebody else; nothing was applied. Apply again in a while."
)
CORRECT = "Correct the rows named below and upload the file again."


class _TablesMoved(Exception):
    """A mapping was changed between the preparation and the transaction."""


def batch_work(batch_id: int) -> bool:
    """Check or apply the upload if it is due; whether this worker had it. Repeat: safe, from many at once.

    Raises: DatabaseError, after which the lease runs out and another worker starts anew; whatever nobody
            foresaw, after the upload was set aside.
    """
    hold = batch_claim(batch_id, timezone.now())
    if hold is None:
        return False
    try:
        if hold.batch.attempts > MOST_ATTEMPTS:
            _set_aside(hold, OURS)
        elif hold.batch.state == State.CHECKING:
            with Staging() as staging:
                columns = _stage(hold, staging)
                survey = Survey()
                for difference in _compared(hold, staging, columns):
                    survey.take(difference)
            hold.release(**_outcome(hold, survey))
        else:
            _apply(hold)
    except LeaseLost:
        logger.info("The upload %s was taken over or withdrawn.", batch_id)
    except ColumnsUnknown as err:
        hold.release(state=State.COLUMNS, problem=str(err)[:500], columns=err.guesses)
    except FileRefused as err:
        hold.release(state=State.REFUSED, problem=str(err)[:500], body=b"")
    except DatabaseError:
        raise
    except Exception:
        _set_aside(hold, OURS)
        raise
    return True


def _apply(hold: Hold) -> None:
    batch = hold.batch
    for _ in range(APPLY_TRIES):
        seen = fingerprint(batch.connection)
        with Staging() as staging, tempfile.TemporaryFile() as before:
            columns = _stage(hold, staging)
            survey = Survey()
            with _packed_csv(before, header_of(columns)) as row_write:
                for difference in _compared(hold, staging, columns):
                    survey.take(difference)
                    if difference.writes:
                        staging.writes_add(difference.writes)
                        row_write([difference.item, *item_cells(difference.before, columns)])
            if survey.digest != batch.summary.get("digest"):
                hold.release(**{**_outcome(hold, survey), "problem": CHANGED_MEANWHILE})
                return
            before.seek(0)
            try:
                # The one transaction: all writes, and that they are done. Nothing of it stays after an error.
                # Raises: LeaseLost; _TablesMoved.
                body = before.read()
                connection = hold.batch.connection
                hold.keep(done_rows=hold.batch.rows)
                with transaction.atomic():
                    hold.release(state=State.APPLIED, body=body, problem="", done_rows=hold.batch.rows)
                    if fingerprint(connection) != seen:
                        raise _TablesMoved
                    for column in COLUMNS:
                        for removed in staging.writes(column.key, removes=True):
                            column.rows(connection).filter(pk__in=[write.pk for write in removed]).delete()
                        for added in staging.writes(column.key, removes=False):
                            column.rows_add(connection, [(write.item, write.value) for write in added])
            except _TablesMoved:
                continue
            return
    hold.release(state=State.CHECKED, problem=STILL_CHANGING)


def _stage(hold: Hold, staging: Staging) -> list[Column]:
    """Read the file; sets `rows`, and tells how far it is."""
    count = 0

    def progress(rows: int) -> None:
        nonlocal count
        count = rows
        hold.tell(rows=rows, done_rows=0)

    columns = file_stage(bytes(hold.batch.body), staging, progress, dict(hold.batch.columns))
    hold.batch.rows = count
    hold.keep(rows=count, done_rows=0)
    return columns


def _compared(hold: Hold, staging: Staging, columns: Sequence[Column]) -> Iterator[Difference]:
    batch = hold.batch
    found = differences(batch.connection, staging, columns, replaces_all=batch.replaces_all)
    for number, difference in enumerate(found, 1):
        hold.tell(done_rows=min(number, batch.rows))
        yield difference


def _outcome(hold: Hold, survey: Survey) -> dict[str, object]:
    """The check's answer, as changes of the row."""
    bad = survey.bad_rows
    return {
        "state": State.REFUSED if bad else State.CHECKED,
        "problem": CORRECT if bad else "",
        "bad_rows": bad,
        "done_rows": hold.batch.rows,
        "summary": survey.summary(directory_was_read=Directory(hold.batch.connection).was_read),
        "report": survey.report(),
    }


def _set_aside(hold: Hold, sentence: str) -> None:
    """After an error of ours: a checked file may be applied later, one that cannot be checked is refused."""
    state = State.CHECKED if hold.batch.state == State.APPLYING else State.REFUSED
    hold.release(state=state, problem=sentence)


@contextmanager
def _packed_csv(file: Any, header: Sequence[str]) -> Iterator[Any]:
    """A function that writes one row to a packed CSV, guarded like an export."""
    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
        text = io.TextIOWrapper(packed, encoding="utf-8", newline="")
        text.write(BOM)
        writer = csv.writer(text)
        writer.writerow(header)
        yield lambda cells: writer.writerow(guarded(cells))
        text.flush()
        text.detach()
