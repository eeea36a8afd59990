"""Time that does not count: while the one protocol of a connection does not answer, no order is to blame."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from mappings.breaker import SPEAKS
from mappings.models import Outage


def outage_now(connection_id: int) -> Outage | None:
    """The open outage that holds all of the connection's work; one probe at a time goes out meanwhile."""
    return _whole(connection_id).filter(until=None).first()


def outage_time(connection_id: int, since: datetime, now: datetime) -> timedelta:
    """For how long, of the time from `since` to `now`, nothing of the connection could be sent."""
    ended_later = Q(until=None) | Q(until__gt=since)
    spans = _whole(connection_id).filter(ended_later).order_by("opened_at").values_list("opened_at", "until")
    held, reached = timedelta(0), since
    for opened_at, until in spans:
        begins, ends = max(opened_at or now, reached), min(until or now, now)
        if ends > begins:
            held += ends - begins
            reached = ends
    return held


def _whole(connection_id: int) -> QuerySet[Outage]:
    return Outage.objects.filter(SPEAKS, connection_id=connection_id, opened_at__isnull=False)
