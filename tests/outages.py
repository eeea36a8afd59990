"""Outages: those noticed, and what the scheduler does about them, in this thread."""

from __future__ import annotations

from django.db.models import QuerySet

from cascade.periodic import outages_announce
from mappings.access.breaker import probe_take
from mappings.access.quota.clock import DATABASE_CLOCK
from mappings.checks.outage_probes import outage_probe
from mappings.models import Outage


def look_at_outages() -> int:
    """Probe what is due, then ring for what is back; how many probes were sent."""
    taken = probe_take(DATABASE_CLOCK.now(), limit=100)
    for outage in taken:
        outage_probe(outage)
    outages_announce(DATABASE_CLOCK.now())
    return len(taken)


def outages_of(connection_id: int, *, open_only: bool = False) -> QuerySet[Outage]:
    """The outages of a connection, latest first: each one row, however many calls failed in it."""
    outages = Outage.objects.filter(connection_id=connection_id).exclude(opened_at=None)
    return outages.filter(until=None) if open_only else outages
