"""The shared count of a connection's quotas: one row per scope, for all workers on all machines.

Every decision is made by `decide`, and none is in a transaction that is open while a request is on its way.
A worker decides by the rows as it saw them last, and writes them in one statement that counts only if nobody
changed any of them since. Otherwise it decides anew with the rows locked: PostgreSQL locks the rows, SQLite
the whole file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import OuterRef, QuerySet, Subquery, Sum

from background.rows import locked_for_update
from crm.errors import HeldBack
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


@dataclass(slots=True)
class KnownScope:
    """A scope's row as it was seen, or written, last."""

    id: int
    version: int
    kind: str
    state: ScopeState


class Ledger:
    """What one worker asks of the scopes of one connection; `begin` makes it the holder of a reservation."""

    def __init__(self, scopes: Sequence[Scope], clock: Clock) -> None:
        self._scopes = {scope.key: scope for scope in scopes}
        self._clock = clock
        self._holder = ""
        self._left = 0  # of what is reserved; the row follows when it is kept for longer
        self._ends: datetime | None = None
        self._known: dict[str, KnownScope] = {}

    def take(
        self, asking: str = "", params: Sequence[Any] = (), *, backfill: bool = False
    ) -> tuple[float, Any]:
        """Count one call; the seconds until its moment, a quarter of one at most. Raises HeldBack.

        A `backfill` without a reservation leaves a share of the day to fresh orders.

        The statement that counts answers what SQL asks along with it; None where it took more than that one.
        Must run in a transaction; `forget` it if that is rolled back.
        """
        now = self._clock.now()
        if self._known and self._left > 0 and self._ends is not None and self._ends - now >= _longest_call():
            counts = self._counts()
            try:
                sleep = take(list(counts.values()), now.timestamp(), begun=True)
            except HeldBack:
                pass  # others may have given something back
            else:
                if answers := self._store(counts, asking, params):
                    self._left -= 1
                    return sleep, answers[0]
        self._lock()
        now, counts = self._clock.now(), self._counts()
        if not (self._holder and self._draw(now)):
            self._count_reserved(counts, now)
        sleep = take(list(counts.values()), now.timestamp(), begun=bool(self._holder), backfill=backfill)
        self._store(counts)
        return sleep, None

    def begin(self, holder: str, calls: int, *, begun: bool, backfill: bool = False) -> None:
        """Reserve `calls` of the day in every scope, or raise HeldBack. Repeat: safe, the last one counts.

        Must run in a transaction; `forget` it if that is rolled back.
        """
        self._lock()
        now, counts = self._clock.now(), self._counts()
        reservations = QuotaReservation.objects.filter(scope__key__in=self._scopes)
        gone = []
        for id, key, who, remaining, expires_at in reservations.values_list(
            "id", "scope__key", "holder", "remaining", "expires_at"
        ):
            if who == holder or expires_at < now:
                gone.append(id)
            else:
                counts[key].reserved += remaining
        if gone:
            QuotaReservation.objects.filter(pk__in=gone).delete()
        check_order(list(counts.values()), now.timestamp(), calls, begun=begun, backfill=backfill)
        QuotaReservation.objects.bulk_create(
            QuotaReservation(scope_id=scope.id, holder=holder, remaining=calls, expires_at=_expiry(now))
            for scope in self._known.values()
        )
        self._holder, self._left, self._ends = holder, calls, _expiry(now)

    def forget(self, *, holder: bool) -> None:
        """What was written since is not there: the transaction failed. With `holder`, its reservation too."""
        self._known = {}
        if holder:
            self._holder = ""

    def idle_seconds(self) -> float:
        """Seconds for which not even an order of one call could begin; looked up without a lock."""
        now = self._clock.now()
        alive = QuotaReservation.objects.filter(scope=OuterRef("pk"), expires_at__gte=now)
        reserved = alive.order_by().values("scope").values(total=Sum("remaining"))
        rows = list(QuotaScope.objects.filter(key__in=self._scopes).annotate(reserved=Subquery(reserved)))
        self._see(rows)
        counts = self._counts()
        for row in rows:
            counts[row.key].reserved = row.reserved or 0
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
        with transaction.atomic():
            self._lock()
            now, counts = self._clock.now().timestamp(), self._counts()
            started_at = now - outcome.duration_ms / 1000
            for key, count in counts.items():
                roll(count.state, now)
                follow(count.state, count.configured, reported[key], now=now, started_at=started_at)
                if refused and (self._scopes[key].kind == APP) == by_app:
                    wait = seconds_to_wait({"Retry-After": outcome.limits.get("retry-after", "")})
                    slow_down(count.state, count.limits, now, started_at=started_at, wait=wait)
            self._store(counts)

    def _is_news(self, reported: dict[str, ReportedUsage], outcome: CallOutcome) -> bool:
        """Whether a reply says what the ledger does not know.

        Asked of what it was when the call left, and only if that knows less, of the rows, without a lock.
        """
        if all(one == ReportedUsage() for one in reported.values()):
            return False
        now = self._clock.now().timestamp()
        started_at = now - outcome.duration_ms / 1000

        def differs() -> bool:
            for key, count in self._counts().items():
                roll(count.state, now)
                if news(count.state, count.configured, reported[key], now=now, started_at=started_at):
                    return True
            return False

        if self._known and not differs():
            return False
        self._see(QuotaScope.objects.filter(key__in=self._scopes))
        return differs()

    def _lock(self) -> None:
        """See the scopes' rows as they are, locked in one order for all until the transaction ends."""
        wanted = QuotaScope.objects.select_for_update().filter(key__in=self._scopes).order_by("key")
        rows = list(wanted)
        if len(rows) < len(self._scopes):
            made = (QuotaScope(key=scope.key, kind=scope.kind) for scope in self._scopes.values())
            QuotaScope.objects.bulk_create(made, ignore_conflicts=True)
            rows = list(wanted.all())
        self._see(rows)

    def _see(self, rows: Iterable[QuotaScope]) -> None:
        self._known = {row.key: KnownScope(row.pk, row.version, row.kind, _state(row)) for row in rows}

    def _counts(self) -> dict[str, ScopeCount]:
        """To decide by: what is booked there is known only once it is stored."""
        return {
            key: ScopeCount(
                known.kind, self._scopes[key].limits, replace(known.state, sent=list(known.state.sent))
            )
            for key, known in self._known.items()
        }

    def _store(
        self, counts: dict[str, ScopeCount], asking: str = "", params: Sequence[Any] = ()
    ) -> list[Any]:
        """Write all scopes as counted, or none: nothing is answered if any is not as it was seen."""
        values: list[Any] = []
        for key, known in self._known.items():
            values += [known.id, known.version]
            for name, field in zip(STATE_FIELDS, _STATE_COLUMNS, strict=True):
                values.append(field.get_db_prep_save(getattr(counts[key].state, name), connection))
        with connection.cursor() as cursor:
            cursor.execute(_store_sql(len(counts), asking, connection.vendor), [*values, *params])
            answers = [answer for (answer,) in cursor.fetchall()]
        for key, known in self._known.items() if answers else ():
            known.version, known.state = known.version + 1, counts[key].state
        return answers

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


_STATE_COLUMNS: list[Any] = [QuotaScope._meta.get_field(name) for name in STATE_FIELDS]


@lru_cache(maxsize=16)
def _store_sql(count: int, asking: str, vendor: str) -> str:
    """Locked in one order for all, compared with what was seen, and written only if all are as they were."""
    kinds = ["bigint", "bigint", *(str(field.db_type(connection)) for field in _STATE_COLUMNS)]
    values = ", ".join("%s" if vendor == "sqlite" else f"CAST(%s AS {kind})" for kind in kinds)
    columns = ["id", "version", *STATE_FIELDS]
    changes = ", ".join(f"{name} = new.{name}" for name in STATE_FIELDS)
    return f"""WITH new ({", ".join(columns)}) AS (VALUES {", ".join([f"({values})"] * count)}),
locked AS (
    SELECT id, version FROM mappings_quotascope
    WHERE id IN (SELECT id FROM new) ORDER BY key{locked_for_update()}
),
alike AS (
    SELECT count(*) AS count FROM locked JOIN new ON new.id = locked.id AND new.version = locked.version
)
UPDATE mappings_quotascope AS one SET version = one.version + 1, {changes}
FROM new WHERE one.id = new.id AND (SELECT count FROM alike) = {count}
RETURNING {asking or 1}"""  # noqa: S608
