"""Reads for the engine: what is due, and what may go next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from cascade.engine.kinds import KINDS
from cascade.models import Replication
from mappings.access.breaker import outages_holding
from mappings.models import Connection

State = Replication.State
AWAITING_AT_LEAST = timedelta(hours=1)  # whatever else has nothing to do is looked at sooner


@dataclass(frozen=True, slots=True)
class Due:
    """A replication that could be worked on, and since when."""

    id: int
    since: datetime
    abandoned: bool  # its worker's lease ran out
    backfill: bool = False


def replications_due(now: datetime, *, limit: int) -> list[Due]:
    """Rows whose time has come or whose worker is gone, fresh ones first, then longest due.

    Left out is what would only be refused, and would crowd out the others: rows of a paused connection, of
    one whose protocol does not answer, new ones of one whose quota is used up, and those whose contact is
    being worked on.
    """
    waiting = Q(state__in=(State.WAITING, State.RETRYING)) & (Q(not_before__lte=now) | Q(not_before=None))
    abandoned = Q(state=State.RUNNING, lease_until__lt=now)
    at_work = Replication.objects.filter(
        connection=OuterRef("connection"),
        contact_key=OuterRef("contact_key"),
        state=State.RUNNING,
        lease_until__gte=now,
    )
    rows = (
        Replication.objects.filter(waiting | abandoned, connection__paused_at__isnull=True)
        .exclude(Exists(at_work))
        .exclude(Exists(outages_holding().filter(connection=OuterRef("connection"))))
        .exclude(state=State.WAITING, connection__throttled_until__gt=now)
        .order_by("lane", "not_before", "id")
        .values_list("id", "state", "not_before", "lease_until", "created_at", "lane")[:limit]
    )
    return [
        Due(
            id,
            (lease_until if state == State.RUNNING else not_before) or created_at,
            state == State.RUNNING,
            lane == Replication.Lane.BACKFILL,
        )
        for id, state, not_before, lease_until, created_at, lane in rows
    ]


def open_for_contact(replication: Replication, now: datetime, *, limit: int = 5) -> list[int]:
    """Replications of the same contact that waited for this one, oldest first."""
    return list(
        Replication.objects.filter(
            Q(not_before__lte=now) | Q(not_before=None),
            connection_id=replication.connection_id,
            contact_key=replication.contact_key,
            state__in=(State.WAITING, State.RETRYING),
        )
        .order_by("lane", "id")
        .values_list("id", flat=True)[:limit]
    )


def replications_awaiting(now: datetime) -> QuerySet[Replication]:
    """What waits for another subject, such as shipments for their order: nothing is to be done for it yet."""
    kinds = [kind.name for kind in KINDS.values() if kind.waits_for_others]
    return Replication.objects.filter(
        kind__in=kinds, state=State.WAITING, not_before__gt=now + AWAITING_AT_LEAST
    )


def calls_wait(connection: Connection, now: datetime) -> bool:
    """Whether a replication into the same account is being worked on, is due, or waits for quota alone."""
    account = Q(connection=connection.pk)
    if connection.bound_app:
        account |= Q(connection__bound_app=connection.bound_app)
    running = Q(state=State.RUNNING, lease_until__gte=now)
    due = Q(state__in=(State.WAITING, State.RETRYING)) & (
        Q(not_before=None) | Q(not_before__lte=now) | Q(held_since__isnull=False)
    )
    return (
        Replication.objects.filter(account, running | due, connection__paused_at__isnull=True)
        .exclude(Exists(outages_holding().filter(connection=OuterRef("connection"))))
        .exists()
    )
