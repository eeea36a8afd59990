"""What the scheduler does about outages, in this thread: probe what is due, then ring for what is back."""

from __future__ import annotations

from cascade.standstill import outages_ring
from mappings.breaker import probe_take
from mappings.outage_probes import outage_probe
from mappings.quota.clock import DATABASE_CLOCK


def look_at_outages() -> int:
    """One round; how many probes were sent."""
    taken = probe_take(DATABASE_CLOCK.now(), limit=100)
    for outage in taken:
        outage_probe(outage)
    outages_ring(DATABASE_CLOCK.now())
    return len(taken)
