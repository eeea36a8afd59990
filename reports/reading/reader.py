"""A run from its first page to the switch: claimed, read page by page, proven, and then shown or taken back.

A page's rows, the cursor and the counters commit together, so a killed reader costs one call. Nobody sees
anything of a run before its end: then readers are switched to it at once.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from background.lease import Lease, LeaseLost, lease_free, lease_take
from crm.errors import CrmError, HeldBack, MissingInCrm, OutcomeUnknown, Throttled, TransientError
from mappings.access.open import open_crm
from mappings.encrypted import UNREADABLE_KEY, DecryptionFailed
from reports.catalogue.calls import Page
from reports.models import DataSet, MetKey, Run
from reports.query.language import QueryError
from reports.reading.asking import Asking, asking_of, over, rows_read, schema_merged
from reports.reading.holds import BLOCKED, SLOW, search_came, search_check, search_refused
from reports.reading.pace import call_take
from reports.reading.rows import page_store, unmet_remove, versions_undo
from reports.selectors import shown_rows

logger = logging.getLogger(__name__)

State, Proof, Mode = Run.State, Run.Proof, DataSet.Mode
LEASE_SECONDS = 120.0  # longer than one call may last
SPELL_SECONDS = 20.0  # then another run has its turn
SHORT_PAUSE_SECONDS = 1.5
WAITS_SECONDS = (60, 240, 960, 3600)
MOST_FAILURES = 12
MOST_REREADS = 1
MOST_NOTES = 50
OURS = "An error of ours stopped the run. Nothing of it is shown; tell support."
NO_REPORT = (
    "The connection's protocol has no such report. Choose another protocol on its settings page, or another "
    "report."
)
_UNKNOWN_FIELD = re.compile(r"\w+\.([\w.]+)|field[: ]+([\w.]+)", re.IGNORECASE)


class _Ended(Exception):
    """The run ended, or went to somebody else."""


def never() -> bool:
    return False


def run_work(run_id: int, *, stop: Callable[[], bool] = never) -> Run | None:
    """Go on with a run for up to 20 seconds, from where its last reader stopped.

    None if it is not due, or somebody else is at it. Repeat: safe, from any number of workers at once.
    Raises: DatabaseError, after which the lease runs out and another reader goes on; whatever nobody foresaw,
            after the run was ended.
    """
    claimed = _claim(run_id, timezone.now())
    if claimed is None:
        return None
    run, lease = claimed
    try:
        _spell(run, lease, stop)
    except (LeaseLost, _Ended):
        pass
    except DecryptionFailed:
        _fail(run, lease, UNREADABLE_KEY)
    except QueryError as err:
        _fail(run, lease, f"The query cannot be read: {err}")
    except CrmError as err:
        with suppress(LeaseLost):
            _put_off(run, lease, err)
    except DatabaseError:
        raise
    except Exception:
        _fail(run, lease, OURS)
        raise
    return Run.objects.filter(pk=run_id).first()


def _claim(run_id: int, now: datetime) -> tuple[Run, Lease] | None:
    """Take the run if it is due and nobody reads it; the first claim begins it."""
    rows = Run.objects.filter(pk=run_id, state__in=Run.OPEN)
    row = rows.first()
    if row is None or (row.not_before is not None and row.not_before > now):
        return None
    state = State.READING if row.state == State.WAITING else row.state
    lease = lease_take(
        rows.filter(state=row.state, lease_token=row.lease_token), now, LEASE_SECONDS, held=rows, state=state
    )
    if lease is None:
        return None
    return rows.select_related("data_set__connection__merchant").get(), lease


def _spell(run: Run, lease: Lease, stop: Callable[[], bool]) -> None:
    ends = time.monotonic() + SPELL_SECONDS
    while run.state == State.UNDOING:
        if not versions_undo(run, lease):
            _end(run, lease, run.ends_as)
        if time.monotonic() > ends:
            lease.release()
            raise _Ended
    connection = over(run.data_set.connection, run.protocol)
    asking = asking_of(run, connection)
    if asking is None:
        _fail(run, lease, NO_REPORT)
        raise _Ended
    step = f"report {run.data_set.slug}"[:120]
    account = open_crm(connection, step=step, trace_id=run.trace_id, attempt=run.number, backfill=True)
    crm = account.crm
    while True:
        if run.cancel_wanted:
            _stop(run, lease, State.CANCELLED)
        if run.counted_before is None and not run.pages:
            _count_before(run, lease, asking, crm)
        if not run.at_end:
            _read_page(run, lease, asking, crm)
        else:
            _finish(run, lease, asking, crm)
        run.refresh_from_db()
        if stop() or time.monotonic() > ends:
            lease.release()
            raise _Ended


def _allowed(run: Run, lease: Lease) -> None:
    """Wait for the moment of the next call. Raises: HeldBack for more than a second or two."""
    while True:
        try:
            call_take(run.data_set.connection, timezone.now())
            return
        except HeldBack as held:
            wait = held.retry_after_seconds or 0.0
            if held.label != "reports-pace" or wait > SHORT_PAUSE_SECONDS:
                raise
            time.sleep(wait)


def _count_before(run: Run, lease: Lease, asking: Asking, crm: Any) -> None:
    """What the CRM counts before the first page; where it cannot, the run goes without."""
    _allowed(run, lease)
    count = asking.call.count(crm, asking.asked)
    run.counted_before = count.number if count else None
    began = (count.server_time if count else None) or run.began_at
    lease.renew(counted_before=run.counted_before, began_at=began, calls=F("calls") + int(count is not None))
    run.began_at = began


def _read_page(run: Run, lease: Lease, asking: Asking, crm: Any) -> None:
    connection, search_id = run.data_set.connection, _search_id(run)
    if search_id:
        search_check(connection, search_id, timezone.now())
    _allowed(run, lease)
    try:
        page: Page = asking.call.page(crm, asking.asked, run.cursor)
    except MissingInCrm as err:
        # Of several ids one is not in the CRM: the others are read, and the run is not complete.
        skipped = asking.call.skipped(asking.asked, run.cursor) if err.label != "field-unknown" else None
        if skipped is None:
            raise
        failed, cursor = [*run.failed_ids, skipped[0]], skipped[1]
        if cursor is None and not run.pages:
            raise
        lease.renew(failed_ids=failed, cursor=dict(cursor or {}), at_end=cursor is None, calls=F("calls") + 1)
        return
    if search_id:
        search_came(connection, search_id)
    if not page.rows and not run.pages and run.counted_before:
        raise TransientError(
            "The CRM counts rows and told none of them. It is asked again.", label="told-nothing"
        )
    prefix = f"{run.number}:" if run.mode == Mode.APPEND else ""
    found = rows_read(asking, page, prefix)
    names = {column.name for column in asking.asked.columns}
    schema, told = schema_merged(run.data_set.schema, found.types, asking.known, names)
    page_store(
        run,
        page,
        found.rows,
        lease,
        calls=F("calls") + 1,
        cursor=dict(page.cursor or {}),
        at_end=page.cursor is None,
        first_page=_digest(page) if not run.pages and page.covers is None and page.cursor else run.first_page,
        began_at=run.began_at or page.server_time or timezone.now(),
        failures=0,
        error="",
        notes=_noted(run, told),
    )
    if schema != run.data_set.schema:
        DataSet.objects.filter(pk=run.data_set_id).update(schema=schema)
        run.data_set.schema = schema
    if run.rows + len(found.rows) >= settings.REPORTS_MOST_ROWS and page.cursor is not None:
        note = f"Stopped at {settings.REPORTS_MOST_ROWS:,} rows. Narrow the query to read less."
        lease.renew(notes=_noted(run, [*told, note]), error=note)
        _stop(run, lease, State.INCOMPLETE)


def _finish(run: Run, lease: Lease, asking: Asking, crm: Any) -> None:
    """At the end of the reading: what was not met is gone, the CRM counts again, and the run is shown."""
    if run.mode == Mode.REPLACE and not run.failed_ids and MetKey.objects.filter(run=run).exists():
        while unmet_remove(run, lease):
            pass
    if run.counted_before is not None and run.counted_after is None:
        _allowed(run, lease)
        after = asking.call.count(crm, asking.asked)
        created = None
        if (
            after is not None
            and run.began_at is not None
            and {run.rows} != {run.counted_before, after.number}
        ):
            _allowed(run, lease)
            created = asking.call.count(crm, asking.asked, run.began_at - timedelta(seconds=1))
        run.counted_after = after.number if after else None
        run.changed_meanwhile = created.number if created else None
        lease.renew(
            counted_after=run.counted_after,
            changed_meanwhile=run.changed_meanwhile,
            calls=F("calls") + 1 + int(created is not None),
        )
    proof = proof_of(run)
    if run.first_page and run.pages > 1:
        # Pages by number: rows may have moved between them, which the first one shows best.
        _allowed(run, lease)
        if _digest(asking.call.page(crm, asking.asked, {})) != run.first_page and proof != Proof.COUNTED:
            proof = Proof.NOT_PROVEN
    if proof == Proof.NOT_PROVEN and run.rereads < MOST_REREADS:
        counted = f" where the CRM counted {run.counted_after:,}" if run.counted_after is not None else ""
        note = f"Read {run.rows:,} rows{counted}, and some moved meanwhile; read once more."
        MetKey.objects.filter(run=run).delete()
        lease.renew(
            rereads=run.rereads + 1,
            cursor={},
            at_end=False,
            rows=0,
            pages=0,
            first_page="",
            counted_before=None,
            counted_after=None,
            changed_meanwhile=None,
            notes=_noted(run, [note]),
        )
        return
    run.proof = proof
    if run.failed_ids:
        run.proof = Proof.NOT_PROVEN
        named = ", ".join(map(str, run.failed_ids[:20]))
        lease.renew(error=f"Not in the CRM: {named}. The others were read."[:600])
        _end(run, lease, State.INCOMPLETE, shown=True)
    _end(run, lease, State.COMPLETE, shown=True)


def proof_of(run: Run) -> str:
    """How sure it is that the run has every row.

    Read by rising ids, a row that was there all the time is met exactly once. So the number read is right if
    it is what the CRM counts, or lies within what came and went since the run began.
    """
    read, before, after = run.rows, run.counted_before, run.counted_after
    if before is None or after is None:
        return Proof.READ_TO_END
    if read in (before, after) and (before == after or run.changed_meanwhile is None):
        return Proof.COUNTED
    changed = run.changed_meanwhile
    if changed is None:
        return Proof.NOT_PROVEN
    return Proof.COUNTED if after - changed <= read <= before + changed else Proof.NOT_PROVEN


def _stop(run: Run, lease: Lease, state: str) -> None:
    """End a run before its end: what a merge or append has read is shown, a replacement is taken back.

    Raises: _Ended.
    """
    if run.mode != Mode.REPLACE:
        _end(run, lease, state, shown=True)
    run.state, run.ends_as = State.UNDOING, state
    lease.release(state=State.UNDOING, ends_as=state, not_before=None)
    raise _Ended


def _end(run: Run, lease: Lease, state: str, *, shown: bool = False) -> None:
    """Let the run go, and where it is shown switch the readers to it, in one transaction. Raises: _Ended."""
    now = timezone.now()
    with transaction.atomic():
        if shown:
            row = DataSet.objects.select_for_update().get(pk=run.data_set_id)
            row.shown_run = run.number
            row.row_count = shown_rows(row).count()
            if state == State.COMPLETE:
                row.began_at = run.began_at
            row.save(update_fields=["shown_run", "row_count", "began_at"])
        MetKey.objects.filter(run=run).delete()
        lease.release(state=state, proof=run.proof, ended_at=now)
    raise _Ended


def _fail(run: Run, lease: Lease, sentence: str) -> None:
    with suppress(LeaseLost):
        lease.release(state=State.UNDOING, ends_as=State.FAILED, error=sentence[:600], not_before=None)


def _put_off(run: Run, lease: Lease, error: CrmError) -> None:
    """Say why the run could not go on, and decide when it does, or that it does not."""
    if (
        isinstance(error, MissingInCrm)
        and error.label == "field-unknown"
        and _field_dropped(run, lease, error)
    ):
        return
    waits = isinstance(error, HeldBack | Throttled)
    if not isinstance(error, TransientError | OutcomeUnknown) or (
        run.failures >= MOST_FAILURES and not waits
    ):
        _fail(run, lease, error.message)
        return
    search_id = _search_id(run)
    if search_id and isinstance(error, TransientError) and error.label in (SLOW, BLOCKED):
        pause = search_refused(run.data_set.connection, search_id, error, timezone.now())
        if pause is None:
            _fail(run, lease, error.message)
        else:
            lease.release(not_before=timezone.now() + timedelta(seconds=pause), error=error.message[:600])
        return
    told: float = getattr(error, "retry_after_seconds", None) or 0.0
    wait = told if waits and told else max(told, WAITS_SECONDS[min(run.failures, 3)])
    changes: dict[str, Any] = {"error": error.message[:600]}
    if not waits:
        changes["failures"] = run.failures + 1
        if error.label == "reply-unusable" and run.failures:
            changes |= _smaller_pages(run)
    lease.release(not_before=timezone.now() + timedelta(seconds=wait), **changes)


def _smaller_pages(run: Run) -> dict[str, Any]:
    """A reply that cannot be read may be too large. Pages that go by number begin anew with another size."""
    smaller = max(1, (run.page_rows or 1000) // 4)
    return {"page_rows": smaller, **({"cursor": {}} if "page" in run.cursor else {})}


def _field_dropped(run: Run, lease: Lease, error: CrmError) -> bool:
    """Go on without a column that the CRM does not know; whether it named one that was asked for."""
    columns: list[str] = run.columns
    if not columns:
        asking = asking_of(run, over(run.data_set.connection, run.protocol))
        columns = [column.name for column in asking.asked.columns] if asking else []
    named = {name for names in _UNKNOWN_FIELD.findall(error.detail) for name in names}
    gone = next((name for name in columns if name in named), None)
    if gone is None:
        return False
    note = f"The CRM does not know the column {gone}; the run went on without it."
    lease.release(columns=[name for name in columns if name != gone], notes=_noted(run, [note]))
    return True


def _search_id(run: Run) -> int:
    """The saved search that the run reads, 0 for none."""
    chosen = run.arguments.get("search")
    return int(chosen["id"]) if isinstance(chosen, dict) else 0


def _digest(page: Page) -> str:
    text = json.dumps([dict(row) for row in page.rows], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _noted(run: Run, told: list[str]) -> list[str]:
    run.notes = [*run.notes, *(each for each in told if each not in run.notes)][:MOST_NOTES]
    return list(run.notes)


def runs_due(now: datetime, limit: int = 20) -> list[int]:
    """Runs to go on with, longest waiting first; none of a paused or untested connection."""
    due = Run.objects.filter(lease_free(now), state__in=Run.OPEN, data_set__connection__paused_at=None)
    due = due.exclude(data_set__connection__bound_app="").exclude(not_before__gt=now)
    return list(
        due.order_by(F("not_before").asc(nulls_first=True), "id").values_list("id", flat=True)[:limit]
    )
