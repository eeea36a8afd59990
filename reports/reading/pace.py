"""The lane of the reports, below backfill: no call while an order waits, one a second, a fifth of the day."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q

from crm.errors import HeldBack
from mappings.access.quota.scopes import scopes_of
from mappings.access.waiting import work_waits
from mappings.models import Connection
from reports.models import ReportAllowance

SHARE_OF_DAY = 0.2
ORDERS_FIRST_SECONDS = 5.0


def call_take(connection: Connection, now: datetime) -> None:
    """Count one call of the connection's reports. Raises: HeldBack, having counted nothing."""
    if work_waits(connection, now):
        raise HeldBack(
            "Orders are being sent, and go first. The report goes on by itself.",
            label="orders-first",
            retry_after_seconds=ORDERS_FIRST_SECONDS,
        )
    ReportAllowance.objects.get_or_create(connection=connection, defaults={"day": now.date(), "next_at": now})
    rows = ReportAllowance.objects.filter(connection=connection)
    most = calls_of_day(connection)
    pause = timedelta(seconds=settings.REPORTS_PACE_SECONDS)
    free = rows.filter(next_at__lte=now)
    if free.filter(day=now.date(), calls__lt=most).update(calls=F("calls") + 1, next_at=now + pause):
        return
    if free.filter(~Q(day=now.date())).update(day=now.date(), calls=1, next_at=now + pause):
        return
    row = rows.get()
    if row.next_at > now:
        wait = (row.next_at - now).total_seconds()
        raise HeldBack(
            "Reports make one call a second. The report goes on by itself.",
            label="reports-pace",
            retry_after_seconds=min(wait, 60.0),
        )
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), now.tzinfo)
    raise HeldBack(
        f"Reports have used their share of the day, {most:,} calls. The report goes on after 00:00 UTC.",
        label="reports-day",
        retry_after_seconds=(midnight - now).total_seconds() + 10,
    )


def calls_of_day(connection: Connection) -> int:
    """How many calls the connection's reports may make in a day."""
    limits = [scope.limits.per_day for scope in scopes_of(connection) if scope.limits.per_day]
    return int(min(limits, default=250_000) * SHARE_OF_DAY)
