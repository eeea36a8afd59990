"""One worker per replication: a lease taken and kept by conditional updates.

The lease is renewed by a heartbeat also during a call, and looked at again right before each request leaves.
The CRM cannot check it, so a worker that was stopped for longer than its lease finds out by its own clock.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

import background.lease
from background.rows import RowQuery, locked_for_update, rows_insert
from cascade.models import Attempt, ContactLink, JournalEntry, Replication
from crm.errors import NotSent
from crm.http.observe import Call, CallOutcome
from crm.http.session import last_look
from mappings.access.breaker import outages_holding
from mappings.access.gate import CallGate
from mappings.access.quota.clock import DATABASE_CLOCK

logger = logging.getLogger(__name__)

RETURN_LEASES = 10  # for how many leases a row is tried to be given back
RETURN_PAUSE_SECONDS = 0.2
RETURN_REST_SECONDS = 2.0
NO_DATABASE = "The worker was held up by the database, and goes on soon."

State = Replication.State


def replication_seen(replication_id: int) -> Replication | None:
    """The row as it is, for `lease_claim`, with whether the CRM is out of service for its connection, and
    whether anything is known of its subject's effects and its contact: of a new one nobody need ask.
    """
    return _SEEN.row(replication_id)


def _rows_seen() -> QuerySet[Replication]:
    of_connection = {"connection": OuterRef("connection")}
    entries = JournalEntry.objects.filter(subject_key=OuterRef("subject_key"), **of_connection)
    links = ContactLink.objects.filter(contact_key=OuterRef("contact_key"), **of_connection)
    return Replication.objects.select_related("connection").annotate(
        is_out_of_service=Exists(outages_holding().filter(**of_connection)),
        has_entries=Exists(entries),
        has_link=Exists(links),
    )


_SEEN = RowQuery(_rows_seen)


def is_suspect(row: Replication, now: datetime) -> bool:
    """Whether a worker was lost with the row in its hands, so that the row may be what ended it.

    One that is in a living worker's hands is nobody else's business.
    """
    if row.state == State.RUNNING:
        return _is_abandoned(row, now)
    return row.state in (State.WAITING, State.RETRYING) and row.crashes > 0


def _is_abandoned(row: Replication, now: datetime) -> bool:
    return row.state == State.RUNNING and row.lease_until is not None and row.lease_until < now


def lease_claim(row: Replication, now: datetime) -> bool:
    """Take the replication if it is due, nobody has it, and it is as it was seen; begin an attempt.

    A row whose worker died is taken over once its lease has run out; `crashes` counts those. The partial
    unique index refuses a second replication in flight for one contact. False is a normal answer.
    """
    if row.connection.paused_at is not None:
        return False
    taken_over = _is_abandoned(row, now)
    is_due = row.state in (State.WAITING, State.RETRYING) and (
        row.not_before is None or row.not_before <= now
    )
    if not (taken_over or is_due) or _is_held(row, now):
        return False
    tried_since = row.first_failure_at
    if tried_since is not None and row.not_before is not None:
        # The 72 hours move by how long the row was due and nobody tried: while its connection was paused or
        # out of service, or nothing of ours ran.
        tried_since += max(now - row.not_before, timedelta(0))
    seen = {name: getattr(row, name) for name in ("state", "lease_token", "attempts", "triggered_by")}
    changes: dict[str, Any] = {
        "state": State.RUNNING,
        "attempts": row.attempts + 1,
        "crashes": row.crashes + taken_over,
        "first_failure_at": tried_since,
        "not_before": None,
    }
    token = uuid.uuid4().hex
    try:
        with transaction.atomic():
            lease = background.lease.lease_take(
                Replication.objects.filter(pk=row.pk, **seen),
                now,
                settings.LEASE_SECONDS,
                token=token,
                **changes,
            )
            if lease is None:
                return False
            worker = f"{process_name()}{threading.current_thread().name}"[:100]
            rows_insert(
                Attempt,
                (
                    "replication",
                    "number",
                    "worker",
                    "started_at",
                    "outcome",
                    "error_class",
                    "message",
                    "detail",
                ),
                [(row.pk, row.attempts + 1, worker, now, "", "", "", "")],
            )
    except IntegrityError:
        return False
    except (OperationalError, InterfaceError):
        row.lease_token, row.attempts = token, row.attempts + 1  # perhaps it is ours by now
        lease_return(row)
        raise
    row.lease_token, row.lease_until = lease.token, lease.until
    for name, value in changes.items():
        setattr(row, name, value)
    return True


def lease_return(replication: Replication) -> None:
    """The worker could not go on, but lives: give the row back; where another took it, no death is counted.

    Tried for a while, for the database may be away. Repeat: safe.
    """
    deadline = time.monotonic() + RETURN_LEASES * settings.LEASE_SECONDS
    rows = Replication.objects.filter(pk=replication.pk)
    while True:
        try:
            now = DATABASE_CLOCK.now()
            with transaction.atomic():
                returned = rows.filter(lease_token=replication.lease_token, state=State.RUNNING).update(
                    state=State.RETRYING,
                    reason=NO_DATABASE,
                    not_before=now + timedelta(seconds=RETURN_REST_SECONDS),
                    lease_token="",
                    lease_until=None,
                )
                if not returned:
                    rows.filter(crashes__gt=0).update(crashes=F("crashes") - 1)
                unended = Attempt.objects.filter(replication=replication, number=replication.attempts)
                unended.filter(finished_at=None).update(
                    finished_at=now, outcome=State.RETRYING, message=NO_DATABASE
                )
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() > deadline:
                logger.warning("Replication %s could not be given back; its lease runs out.", replication.pk)
                return
            connection.close()
            time.sleep(RETURN_PAUSE_SECONDS)


def _is_held(row: Replication, now: datetime) -> bool:
    """Whether the CRM is known to take nothing now: waiting for that is no attempt.

    What has begun may go on while new orders wait for the quota.
    """
    connection = row.connection
    if getattr(row, "is_out_of_service", True):
        return True
    if row.state != State.WAITING:
        return False
    seconds = CallGate(connection).idle_seconds()
    if seconds > 0:
        throttled_until = now + timedelta(seconds=seconds)
        type(connection).objects.filter(pk=connection.pk).update(throttled_until=throttled_until)
    return seconds > 0


def process_name() -> str:
    """What the names of this process's workers begin with."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:"


class ReplicationLease(background.lease.Lease):
    """A claimed replication, kept while the block runs. Also watches every request about to be sent."""

    def __init__(self, replication: Replication) -> None:
        assert replication.lease_until is not None
        rows = Replication.objects.filter(pk=replication.pk, state=State.RUNNING)
        super().__init__(rows, replication.lease_token, replication.lease_until, settings.LEASE_SECONDS)
        self._pk = replication.pk

    @property
    def held(self) -> tuple[str, list[Any]]:
        """In SQL, that the row is ours and stays so until the transaction ends, with the parameters."""
        ours = "SELECT 1 FROM cascade_replication WHERE id = %s AND lease_token = %s AND state = 'running'"
        return f"EXISTS ({ours}{locked_for_update()})", [self._pk, self.token]

    def __enter__(self) -> Self:
        self._looking = last_look.set(self.check)
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        last_look.reset(self._looking)
        super().__exit__(kind, error, trace)

    # -- CallObserver: nothing leaves without a live lease ---------------------------------------------

    def sending(self, call: Call) -> None:
        self.check()

    def check(self) -> None:
        """Looked at before each request, and again once its connection stands. Raises: NotSent."""
        if time.monotonic() >= self.ends:
            raise NotSent("The worker was held up for too long; another one goes on.", detail="lease lost")

    def finished(self, outcome: CallOutcome) -> None:
        pass
