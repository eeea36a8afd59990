"""The shared count of a connection's quotas: one row per scope, for all workers on all machines.

Every decision is made by `decide`, in one short transaction with the rows locked, and none is open while a
request is on its way. PostgreSQL locks the rows, SQLite the whole file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum

from crm.http.observe import CallOutcome
from crm.http.transport import seconds_to_wait
from mappings.access.quota.clock import Clock
from mappings.access.quota.decide import (
    SLOTS,
    ScopeCount,
    ScopeState,
    check_order,
    idle_seconds,
    roll,
    slow_down,
    take,
)
from mappings.access.quota.reply_headers import ReportedUsage, follow, news, usage_of_app, usage_of_key
from mappings.access.quota.scopes import APP, Scope
from mappings.models import QuotaReservation, QuotaScope

STATE_FIELDS = tuple(field.name for field in fields(ScopeState))
TENANT_MINUTE_LEFT = "x-keap-tenant-throttle-available"


class Ledger:
    """What one worker asks of the scopes of one connection; `begin` makes it the holder of a reservation."""

    def __init__(self, scopes: Sequence[Scope], clock: Clock) -> None:
        self._scopes = {scope.key: scope for scope in scopes}
        self._clock = clock
        self._holder = ""
        self._left = 0  # of what is reserved; the row follows when it is kept for longer
        self._ends: datetime | None = None
        self._seen: dict[str, ScopeState] = {}  # as the last call left it

    def take(self, *, savepoint: bool = True) -> float:
        """Count one call; the seconds until its moment, a quarter of one at most. Raises HeldBack.

        Without a `savepoint` an open transaction is lost with it.
        """
        with self._locked(savepoint=savepoint) as (rows, counts, now):
            if not (self._holder and self._draw(now)):
                self._count_reserved(counts, now)
            sleep = take(list(counts.values()), now.timestamp(), begun=bool(self._holder))
            _store(rows, counts)
        self._seen = {key: count.state for key, count in counts.items()}
        return sleep

    def begin(self, holder: str, calls: int, *, begun: bool, backfill: bool = False) -> None:
        """Reserve `calls` of the day in every scope, or raise HeldBack. Repeat: safe, the last one counts."""
        with self._locked() as (rows, counts, now):
            gone = QuotaReservation.objects.filter(scope__key__in=self._scopes)
            (gone.filter(expires_at__lt=now) | gone.filter(holder=holder)).delete()
            self._count_reserved(counts, now)
            check_order(list(counts.values()), now.timestamp(), calls, begun=begun, backfill=backfill)
            QuotaReservation.objects.bulk_create(
                QuotaReservation(scope=row, holder=holder, remaining=calls, expires_at=_expiry(now))
                for row in rows
            )
        self._holder, self._left, self._ends = holder, calls, _expiry(now)

    def idle_seconds(self) -> float:
        """Seconds for which not even an order of one call could begin; looked up without a lock."""
        now = self._clock.now()
        rows = QuotaScope.objects.filter(key__in=self._scopes)
        counts = self._counts(rows)
        self._count_reserved(counts, now)
        return idle_seconds(list(counts.values()), now.timestamp())

    def end(self) -> None:
        """Give back what was reserved and not used. Repeat: safe."""
        if self._holder:
            self._own().delete()
            self._holder = ""

    def note(self, outcome: CallOutcome) -> None:
        """Follow what the reply says of limits and use; slow down if the CRM refused the call."""
        refused = outcome.http_status == 429 or outcome.error_class == "quota"
        reported = {
            key: (usage_of_app if scope.kind == APP else usage_of_key)(outcome.limits)
            for key, scope in self._scopes.items()
        }
        if not refused and not self._is_news(reported, outcome):
            return
        # Which scope refused: the app where its minute is said to be empty, else the key.
        by_app = len(self._scopes) > 1 and outcome.limits.get(TENANT_MINUTE_LEFT) == "0"
        with self._locked() as (rows, counts, moment):
            now = moment.timestamp()
            started_at = now - outcome.duration_ms / 1000
            for key, count in counts.items():
                roll(count.state, now)
                follow(count.state, count.configured, reported[key], now=now, started_at=started_at)
                if refused and (self._scopes[key].kind == APP) == by_app:
                    wait = seconds_to_wait({"Retry-After": outcome.limits.get("retry-after", "")})
                    slow_down(count.state, count.limits, now, started_at=started_at, wait=wait)
            _store(rows, counts)

    def _is_news(self, reported: dict[str, ReportedUsage], outcome: CallOutcome) -> bool:
        """Whether a reply says what the ledger does not know.

        Asked of what it was when the call left, and only if that knows less, of the rows, without a lock.
        """
        if all(one == ReportedUsage() for one in reported.values()):
            return False
        now = self._clock.now().timestamp()
        started_at = now - outcome.duration_ms / 1000

        def differs(key: str, state: ScopeState) -> bool:
            roll(state, now)
            return news(state, self._scopes[key].limits, reported[key], now=now, started_at=started_at)

        if self._seen and not any(differs(key, state) for key, state in self._seen.items()):
            return False
        rows = QuotaScope.objects.filter(key__in=self._scopes)
        return any(differs(row.key, _state(row)) for row in rows)

    @contextmanager
    def _locked(
        self, *, savepoint: bool = True
    ) -> Iterator[tuple[list[QuotaScope], dict[str, ScopeCount], datetime]]:
        """One transaction with the scopes' rows, locked in one order for all, and the moment it began."""
        with transaction.atomic(savepoint=savepoint):
            wanted = QuotaScope.objects.select_for_update().filter(key__in=self._scopes).order_by("key")
            rows = list(wanted)
            if len(rows) < len(self._scopes):
                made = (QuotaScope(key=scope.key, kind=scope.kind) for scope in self._scopes.values())
                QuotaScope.objects.bulk_create(made, ignore_conflicts=True)
                rows = list(wanted.all())
            yield rows, self._counts(rows), self._clock.now()

    def _counts(self, rows: Iterable[QuotaScope]) -> dict[str, ScopeCount]:
        return {row.key: ScopeCount(row.kind, self._scopes[row.key].limits, _state(row)) for row in rows}

    def _own(self) -> QuerySet[QuotaReservation]:
        return QuotaReservation.objects.filter(scope__key__in=self._scopes, holder=self._holder)

    def _draw(self, now: datetime) -> bool:
        """Use one reserved call of every scope; whether there was one. Now and then the rest is kept longer.

        Until then the rows promise calls that were made already: less is used than might be, never more.
        """
        if self._left <= 0 or self._ends is None or self._ends <= now:
            return False
        self._left -= 1
        if self._ends - now < _longest_call():
            self._ends = _expiry(now)
            kept: int = self._own().update(remaining=self._left, expires_at=self._ends)
            return kept == len(self._scopes)
        return True

    def _count_reserved(self, counts: dict[str, ScopeCount], now: datetime) -> None:
        alive = QuotaReservation.objects.filter(scope__key__in=self._scopes, expires_at__gte=now)
        for key, reserved in alive.values_list("scope__key").annotate(Sum("remaining")):
            counts[key].reserved = reserved


def _longest_call() -> timedelta:
    """With a lease's length: nothing is heard of the holder during one."""
    longest_call = settings.CRM_CONNECT_TIMEOUT_SECONDS + 2 * settings.CRM_READ_TIMEOUT_SECONDS
    return timedelta(seconds=settings.LEASE_SECONDS + longest_call)


def _expiry(now: datetime) -> datetime:
    return now + 2 * _longest_call()


def _state(row: QuotaScope) -> ScopeState:
    state = ScopeState(**{name: getattr(row, name) for name in STATE_FIELDS})
    if len(state.sent) != SLOTS:  # a new row
        state.sent = [0] * SLOTS
    return state


def _store(rows: Sequence[QuotaScope], counts: dict[str, ScopeCount]) -> None:
    for row in rows:
        for name in STATE_FIELDS:
            setattr(row, name, getattr(counts[row.key].state, name))
        row.save(update_fields=STATE_FIELDS)
