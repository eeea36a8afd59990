"""The circuit breaker: a protocol that does not answer is left alone until a harmless read is answered.

`Outage` is its only row: made at the first failure, opened once a probe fails as well, closed by the next
answer (or forgotten, if it never opened). A probe is a read of its own, sent by the scheduler
(`mappings/checks/outage_probes.py`) and paid for by no order: so an error of one record, however often it is
repeated, opens nothing. While all is well there is no row, so a call costs one look and no write. One
protocol's outage holds back no other's calls.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from crm.errors import OutOfService
from crm.http.observe import CallOutcome
from mappings.access.quota.clock import Clock
from mappings.models import Outage

FAILURES_TO_OPEN = 5
PROBE_SECONDS = 30.0
SUSPECT_SECONDS = 5.0
SEEN_SECONDS = 1.0
UNSTORED = 0
_OUTAGES = "SELECT 1 FROM mappings_outage WHERE connection_id = %s AND until IS NULL"
LABELS = frozenset(  # of crm/classify/table.py: the CRM could not be reached, or did not answer properly
    (
        "no-address",
        "no-tls",
        "no-connection",
        "no-reply-in-time",
        "connection-broken",
        "overloaded",
        "redirected",
        "gateway",
        "firewall",
        "reply-unusable",
        "unexpected",
        # What a protocol that is switched off answers is not known; several such in a row are no accident.
        "unclear",
    )
)
NO_VERDICT = (401, 403, 429)  # about the key and the quota, not about whether the protocol works
# Of an outage: its protocol is the one that its connection speaks.
SPEAKS = Q(connection__protocol=F("protocol")) | Q(connection__protocol="rest", protocol="rest_v2")
NAMES = {"xmlrpc": "XML-RPC", "rest_v1": "REST v1", "rest_v2": "REST v2"}


class Breaker:
    """One connection's, as one worker sees it. A connection that is not stored yet has none.

    `probing` names the protocol whose probe is to be let out.
    """

    def __init__(self, connection_id: int | None, clock: Clock, *, probing: str = "") -> None:
        self._connection_id = UNSTORED if connection_id is None else connection_id
        self._clock = clock
        self._probing = probing
        self._open: dict[str, Outage] = {}  # by protocol, when last looked at
        self._looked_at = float("-inf")

    @property
    def question(self) -> tuple[str, list[Any]]:
        """In SQL, whether there is any outage of the connection, with its parameters."""
        return f"EXISTS ({_OUTAGES})", [self._connection_id]

    def let_out(self, protocol: str, *, in_doubt: bool = True) -> None:
        """Raise OutOfService, with the seconds to the next probe, while the protocol's breaker is open.

        Not `in_doubt` is who just had "no" for an answer to the `question`.
        """
        if in_doubt:
            self._look()
        else:
            self._open, self._looked_at = {}, time.monotonic()
        outage = self._open.get(protocol)
        if outage is None or outage.opened_at is None or protocol == self._probing:
            return
        wait = ((outage.next_probe_at or self._clock.now()) - self._clock.now()).total_seconds()
        raise OutOfService(
            f"The CRM has not answered over {NAMES.get(protocol, protocol)} since "
            f"{outage.since:%H:%M} UTC. It is tried every half minute, and the rest is sent by itself "
            "once it answers; nothing needs to be done.",
            label="outage",
            retry_after_seconds=max(wait, 1.0),
        )

    def alive(self, protocol: str) -> bool:
        """Whether the protocol answered when it was last asked; that all is well is believed for a second."""
        if self._open or time.monotonic() - self._looked_at > SEEN_SECONDS:
            self._look()
        return protocol not in self._open

    def note(self, outcome: CallOutcome) -> None:
        """Count a failure to answer, or close the breaker at an answer. Repeat: counts again."""
        protocol = outcome.call.protocol
        if self._connection_id == UNSTORED:
            return
        if is_outage(outcome):
            self._failed(protocol, outcome.error)
        elif protocol in self._open and is_answer(outcome):
            self._answered(protocol, outcome)

    def _look(self) -> None:
        """See how the protocols stand, all of them at once."""
        self._open, self._looked_at = {}, time.monotonic()
        if self._connection_id != UNSTORED:
            rows = Outage.objects.filter(connection_id=self._connection_id, until=None)
            self._open = {outage.protocol: outage for outage in rows}

    def _failed(self, protocol: str, error: str) -> None:
        now, words = self._clock.now(), error[:500]
        rows = self._rows(protocol)
        if not rows.update(failures=F("failures") + 1, last_error=words):
            try:
                with transaction.atomic():
                    Outage.objects.create(
                        connection_id=self._connection_id,
                        protocol=protocol,
                        since=now,
                        last_error=words,
                        next_probe_at=now + timedelta(seconds=SUSPECT_SECONDS),
                    )
            except IntegrityError:  # another worker's failure came first
                self._rows(protocol).update(failures=F("failures") + 1, last_error=words)
        many = rows.filter(opened_at=None, failures__gte=FAILURES_TO_OPEN)
        if protocol == self._probing:
            many.update(opened_at=now, next_probe_at=now + timedelta(seconds=PROBE_SECONDS), announced=False)
        else:
            many.filter(failures=FAILURES_TO_OPEN).update(next_probe_at=now)
        self._look()

    def _answered(self, protocol: str, outcome: CallOutcome) -> None:
        """Close what began before this call did; an answer to an older call says little."""
        now = self._clock.now()
        sent_at = now - timedelta(milliseconds=outcome.duration_ms)
        rows = self._rows(protocol).filter(since__lte=sent_at)
        rows.filter(opened_at=None).delete()
        rows.update(until=now, next_probe_at=None, announced=False)
        self._open.pop(protocol, None)

    def _rows(self, protocol: str) -> QuerySet[Outage]:
        return Outage.objects.filter(connection_id=self._connection_id, protocol=protocol, until=None)


def is_outage(outcome: CallOutcome) -> bool:
    """Whether the CRM did not answer; a refusal of the data, the key or the quota is an answer.

    Over XML-RPC also any status but 200 is none: results and faults come with 200, and what a switched-off
    protocol answers is not known.
    """
    status = outcome.http_status
    if status in NO_VERDICT and outcome.label != "firewall":
        return False
    if outcome.label in LABELS or (status is not None and status >= 500):
        return True
    return outcome.call.protocol == "xmlrpc" and status not in (None, 200)


def is_answer(outcome: CallOutcome) -> bool:
    """Whether the CRM answered properly, well or not."""
    status = outcome.http_status
    return status is not None and status not in NO_VERDICT and not is_outage(outcome)


def probe_take(now: datetime, *, limit: int) -> list[Outage]:
    """The protocols whose probe is due, now ours to send: of all who see one due, one changes its row.

    A paused connection's are left alone: its key is refused, or a person wants silence.
    """
    due = Outage.objects.filter(until=None, next_probe_at__lte=now, connection__paused_at=None)
    taken = []
    for outage in due.select_related("connection").order_by("next_probe_at")[:limit]:
        seconds = SUSPECT_SECONDS if outage.opened_at is None else PROBE_SECONDS
        row = Outage.objects.filter(pk=outage.pk, until=None, next_probe_at=outage.next_probe_at)
        if row.update(next_probe_at=now + timedelta(seconds=seconds)):
            taken.append(outage)
    return taken


def outages_felt() -> QuerySet[Outage]:
    """The open outages of connections at work, over protocols that they use now.

    One that was left for another protocol stays open: nobody asks that protocol any more.
    """
    uses = (
        Q(connection__protocol="automatic")
        | Q(connection__protocol=F("protocol"))
        | Q(connection__protocol="rest", protocol__in=("rest_v1", "rest_v2"))
    )
    return Outage.objects.filter(
        uses, until=None, opened_at__isnull=False, connection__enabled=True, connection__paused_at=None
    )


def outages_holding() -> QuerySet[Outage]:
    """The open outages that hold a connection's work as a whole: of the one protocol it speaks, or of both.

    Where the protocol is automatic the other one takes over, while it answers.
    """
    xmlrpc_too = Outage.objects.filter(
        connection=OuterRef("connection"), protocol="xmlrpc", until=None, opened_at__isnull=False
    )
    whole = SPEAKS | (Q(connection__protocol="automatic", protocol="rest_v2") & Exists(xmlrpc_too))
    return Outage.objects.filter(whole, until=None, opened_at__isnull=False)
