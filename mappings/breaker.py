"""The circuit breaker: a protocol that does not answer gets one probe per half minute from all workers.

`Outage` is its only row: made at the first failure, opened at the fifth in a row, closed by the next answer
(or forgotten, if it never opened). While nothing is wrong there is none, so a call costs one look and no
write. One protocol's outage holds back no other's calls.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from crm.errors import OutOfService
from crm.observe import CallOutcome
from mappings.models import Outage
from mappings.quota.clock import Clock

FAILURES_TO_OPEN = 5
PROBE_SECONDS = 30.0
UNSTORED = 0
LABELS = frozenset(  # of crm/error_table.py: the CRM could not be reached, or did not answer properly
    (
        "no-address",
        "no-tls",
        "no-connection",
        "no-reply-in-time",
        "connection-broken",
        "overloaded",
        "redirected",
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
    """One connection's, as one worker sees it. A connection that is not stored yet has none."""

    def __init__(self, connection_id: int | None, clock: Clock) -> None:
        self._connection_id = UNSTORED if connection_id is None else connection_id
        self._clock = clock
        self._troubled: set[str] = set()  # protocols with a row when last looked at
        self._probing: set[str] = set()

    def let_out(self, protocol: str) -> None:
        """Raise HeldBack, with the seconds to the next probe, while the protocol's breaker is open."""
        if not self._may_leave(protocol):
            outage = self._rows(protocol).first()
            if outage is None or outage.next_probe_at is None:  # closed a moment ago
                return
            wait = (outage.next_probe_at - self._clock.now()).total_seconds()
            raise OutOfService(
                f"The CRM has not answered over {NAMES.get(protocol, protocol)} since "
                f"{outage.since:%H:%M} UTC. It is tried every half minute, and the rest is sent by itself "
                "once it answers; nothing needs to be done.",
                label="outage",
                retry_after_seconds=max(wait, 1.0),
            )

    def alive(self, protocol: str) -> bool:
        """Whether the protocol may be used. Asking takes the probe, if one is due."""
        return self._may_leave(protocol)

    def give_probe_back(self, protocol: str) -> None:
        """Nothing was sent after all: anybody may probe at once."""
        if protocol in self._probing:
            self._probing.discard(protocol)
            self._rows(protocol).exclude(opened_at=None).update(next_probe_at=self._clock.now())

    def note(self, outcome: CallOutcome) -> None:
        """Count a failure to answer, or close the breaker at an answer. Repeat: counts again."""
        protocol = outcome.call.protocol
        self._probing.discard(protocol)
        if self._connection_id == UNSTORED:
            return
        if is_outage(outcome):
            self._failed(protocol, outcome.error)
        elif protocol in self._troubled and is_answer(outcome):
            self._answered(protocol, outcome)

    def _may_leave(self, protocol: str) -> bool:
        if self._connection_id == UNSTORED or protocol in self._probing:
            return True
        outage = self._rows(protocol).first()
        if outage is None:
            self._troubled.discard(protocol)
            return True
        self._troubled.add(protocol)
        return outage.opened_at is None or self._takes_probe(outage)

    def _takes_probe(self, outage: Outage) -> bool:
        """Whether the probe is due and ours: of all who see it due, one changes the row."""
        now = self._clock.now()
        if outage.next_probe_at is None or outage.next_probe_at > now:
            return False
        taken = Outage.objects.filter(pk=outage.pk, until=None, next_probe_at=outage.next_probe_at).update(
            next_probe_at=now + timedelta(seconds=PROBE_SECONDS)
        )
        if taken:
            self._probing.add(outage.protocol)
        return bool(taken)

    def _failed(self, protocol: str, error: str) -> None:
        now, words = self._clock.now(), error[:500]
        rows = self._rows(protocol)
        if not rows.update(failures=F("failures") + 1, last_error=words):
            self._suspect(protocol, now, words)
        rows.filter(opened_at=None, failures__gte=FAILURES_TO_OPEN).update(
            opened_at=now, next_probe_at=now + timedelta(seconds=PROBE_SECONDS)
        )
        self._troubled.add(protocol)

    def _suspect(self, protocol: str, now: datetime, words: str) -> None:
        try:
            with transaction.atomic():
                Outage.objects.create(
                    connection_id=self._connection_id, protocol=protocol, since=now, last_error=words
                )
        except IntegrityError:  # another worker's failure came first
            self._rows(protocol).update(failures=F("failures") + 1, last_error=words)

    def _answered(self, protocol: str, outcome: CallOutcome) -> None:
        """Close what began before this call did; an answer to an older call says little."""
        now = self._clock.now()
        sent_at = now - timedelta(milliseconds=outcome.duration_ms)
        rows = self._rows(protocol).filter(since__lte=sent_at)
        rows.filter(opened_at=None).delete()
        rows.update(until=now, next_probe_at=None)
        self._troubled.discard(protocol)

    def _rows(self, protocol: str) -> QuerySet[Outage]:
        return Outage.objects.filter(connection_id=self._connection_id, protocol=protocol, until=None)


def is_outage(outcome: CallOutcome) -> bool:
    """Whether the CRM did not answer; a refusal of the data, the key or the quota is an answer.

    Over XML-RPC also any status but 200 is none: results and faults come with 200, and what a switched-off
    protocol answers is not known.
    """
    status = outcome.http_status
    if status in NO_VERDICT:
        return False
    if outcome.label in LABELS or (status is not None and status >= 500):
        return True
    return outcome.call.protocol == "xmlrpc" and status not in (None, 200)


def is_answer(outcome: CallOutcome) -> bool:
    """Whether the CRM answered properly, well or not."""
    status = outcome.http_status
    return status is not None and status not in NO_VERDICT and not is_outage(outcome)


def outages_of(connection_id: int, *, open_only: bool = False) -> QuerySet[Outage]:
    """The outages of a connection, latest first: each one row, however many calls failed in it."""
    outages = Outage.objects.filter(connection_id=connection_id).exclude(opened_at=None)
    return outages.filter(until=None) if open_only else outages


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


def outages_holding(now: datetime) -> QuerySet[Outage]:
    """The open outages of the one protocol their connection speaks, until the next probe is due.

    Where the protocol is automatic the other one may take over, so nothing is held as a whole.
    """
    return Outage.objects.filter(SPEAKS, until=None, opened_at__isnull=False, next_probe_at__gt=now)
