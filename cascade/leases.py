"""One worker per replication: a lease taken and kept by conditional updates.

The lease is renewed by a heartbeat also during a call, and looked at again right before each request leaves.
The CRM cannot check it, so a worker that was stopped for longer than its lease finds out by its own clock.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from datetime import datetime, timedelta
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction

from cascade.errors import LeaseLost
from cascade.models import Replication
from crm.contract import Call, CallOutcome
from crm.errors import NotSent
from mappings.breaker import outages_holding
from mappings.gate import CallGate

logger = logging.getLogger(__name__)

State = Replication.State


def lease_claim(replication_id: int, now: datetime) -> Replication | None:
    """Take the replication if it is due and nobody has it; None is a normal answer.

    A row whose worker died is taken over once its lease has run out; `crashes` counts those. The partial
    unique index refuses a second replication in flight for one contact.
    """
    row = Replication.objects.select_related("connection").filter(pk=replication_id).first()
    if row is None or row.connection.paused_at is not None or not _is_claimable(row, now):
        return None
    if _is_held(row, now):
        return None
    taken_over = row.state == State.RUNNING
    token = uuid.uuid4().hex
    try:
        with transaction.atomic():
            count = Replication.objects.filter(
                pk=row.pk, state=row.state, lease_token=row.lease_token, attempts=row.attempts
            ).update(
                state=State.RUNNING,
                lease_token=token,
                lease_until=now + timedelta(seconds=settings.LEASE_SECONDS),
                attempts=row.attempts + 1,
                crashes=row.crashes + taken_over,
                not_before=None,
            )
    except IntegrityError:
        return None
    if count != 1:
        return None
    return Replication.objects.select_related("connection").get(pk=row.pk)


def _is_held(row: Replication, now: datetime) -> bool:
    """Whether the CRM is known to take nothing now: waiting for that is no attempt.

    What has begun may go on while new orders wait for the quota.
    """
    connection = row.connection
    if outages_holding(now).filter(connection=connection).exists():
        return True
    if row.state != State.WAITING:
        return False
    seconds = CallGate(connection).idle_seconds()
    if seconds > 0:
        quiet_until = now + timedelta(seconds=seconds)
        type(connection).objects.filter(pk=connection.pk).update(quiet_until=quiet_until)
    return seconds > 0


def _is_claimable(row: Replication, now: datetime) -> bool:
    if row.state == State.RUNNING:
        return row.lease_until is not None and row.lease_until < now
    return row.state in (State.WAITING, State.RETRYING) and (row.not_before is None or row.not_before <= now)


class Lease:
    """A claimed replication, kept while the block runs. Also watches every request about to be sent."""

    def __init__(self, replication: Replication) -> None:
        self.replication_id = replication.pk
        self.token = replication.lease_token
        started = time.monotonic()
        self._ends = started + settings.LEASE_SECONDS
        assert replication.lease_until is not None
        self._epoch = replication.lease_until - timedelta(seconds=settings.LEASE_SECONDS + started)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease-{self.replication_id}", daemon=True)

    def __enter__(self) -> Lease:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def now(self) -> datetime:
        """The database's time, as it was at the claim, with what has passed here since."""
        return self._epoch + timedelta(seconds=time.monotonic())

    def renew(self) -> None:
        """Extend the lease. Raises LeaseLost if the row is no longer ours."""
        started = time.monotonic()
        until = self.now() + timedelta(seconds=settings.LEASE_SECONDS)
        held = Replication.objects.filter(
            pk=self.replication_id, lease_token=self.token, state=State.RUNNING
        ).update(lease_until=until)
        if held != 1:
            self._ends = 0.0
            raise LeaseLost
        self._ends = started + settings.LEASE_SECONDS

    def _beat(self) -> None:
        try:
            while not self._stop.wait(settings.LEASE_SECONDS / 3):
                try:
                    self.renew()
                except LeaseLost:
                    return
                except DatabaseError:
                    logger.warning("The lease of replication %s could not be renewed.", self.replication_id)
                    close_old_connections()
        finally:
            connection.close()

    # -- CallObserver: nothing leaves without a live lease ---------------------------------------------

    def sending(self, call: Call) -> None:
        if time.monotonic() >= self._ends:
            raise NotSent("The worker was held up for too long; another one goes on.", detail="lease lost")

    def finished(self, outcome: CallOutcome) -> None:
        pass
