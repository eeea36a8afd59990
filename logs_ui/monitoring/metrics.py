"""What Prometheus reads: counts and ages from the database, without a word about people or merchants."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cascade.engine.selectors import replications_awaiting
from cascade.models import Replication
from intake.models import InboundEvent, Poller, Reading
from mappings.access.breaker import NAMES, outages_felt
from mappings.access.quota.decide import DAY_GUARD_SECONDS, DAY_SECONDS, ScopeState, effective
from mappings.access.quota.limits import limits_of
from mappings.models import QuotaScope

RECENT = timedelta(hours=24)
MAX_ROWS = 50_000
MAX_SCOPES = 5_000
SCOPE_KINDS = ("service_key", "oauth", "app", "legacy")


class DatabaseCollector(Collector):
    """Reads on every scrape: nine queries, each answered by an index or cut at `MAX_ROWS`."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        awaiting = replications_awaiting(timezone.now())
        open_rows = Replication.objects.filter(state__in=[state.value for state in Replication.OPEN])
        open_rows = open_rows.exclude(pk__in=awaiting.values("pk"))
        yield _by_state(
            "cascader_replications_open",
            "Replications not finished yet, by state; without shipments that wait for their order.",
            [state.value for state in Replication.OPEN],
            open_rows,
        )
        yield GaugeMetricFamily(
            "cascader_replication_oldest_open_age_seconds",
            "Age of the oldest replication not finished yet; 0 if there is none.",
            _age_seconds(open_rows.aggregate(oldest=Min("created_at"))["oldest"]),
        )
        yield GaugeMetricFamily(
            "cascader_shipments_awaiting_order",
            "Shipments whose order is not in the CRM.",
            awaiting.count(),
        )
        newest = Replication.objects.order_by("-id").values("pk")[:MAX_ROWS]
        yield _by_state(
            "cascader_replications_recent",
            f"Replications that came in within 24 hours, by state; of the newest {MAX_ROWS} at most.",
            Replication.State.values,
            Replication.objects.filter(pk__in=newest, created_at__gte=timezone.now() - RECENT),
        )
        stored = InboundEvent.objects.filter(state=InboundEvent.State.STORED).order_by("id")
        times = list(stored.values_list("received_at", flat=True)[:MAX_ROWS])
        yield GaugeMetricFamily(
            "cascader_inbound_events_stored",
            f"Inbound events not parsed yet; {MAX_ROWS} stands for that many or more.",
            len(times),
        )
        yield GaugeMetricFamily(
            "cascader_inbound_event_oldest_stored_age_seconds",
            "Age of the oldest inbound event not parsed yet; 0 if there is none.",
            _age_seconds(times[0] if times else None),
        )
        # What is asked of the shops' own APIs.
        failing = Poller.objects.filter(source__enabled=True, problem_since__isnull=False)
        yield GaugeMetricFamily(
            "cascader_shops_failing",
            "Shops whose API did not answer, or refused us, when it was last asked.",
            failing.count(),
        )
        reading = Reading.objects.filter(state__in=[Reading.State.WAITING.value, Reading.State.RUNNING.value])
        yield GaugeMetricFamily(
            "cascader_orders_to_read",
            "Orders that a delivery told of and that are not read from their shop yet.",
            reading.count(),
        )
        found = outages_felt().order_by().values_list("protocol").annotate(number=Count("pk"))
        yield _by(  # zero for a protocol without one, so that an alert sees it end
            "protocol",
            "cascader_outages_open",
            "Connections that a protocol they use does not answer now, by protocol.",
            dict.fromkeys(NAMES, 0) | dict(found),
        )
        yield from _quotas()


def metrics_text() -> bytes:
    """All metrics in the text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DatabaseCollector())
    return generate_latest(registry)


def _quotas() -> Iterator[GaugeMetricFamily]:
    """Per kind of scope the one that has used most and the one that has least left: no key, no merchant."""
    today = int((timezone.now().timestamp() - DAY_GUARD_SECONDS) // DAY_SECONDS)
    scopes = QuotaScope.objects.filter(day=today, kind__in=SCOPE_KINDS).order_by("-used")
    used = dict.fromkeys(SCOPE_KINDS, 0)
    left = {kind: _left_of_day(kind, 0, {}) for kind in SCOPE_KINDS}
    for kind, calls, reported in scopes.values_list("kind", "used", "reported")[:MAX_SCOPES]:
        used[kind] = max(used[kind], calls)
        left[kind] = min(left[kind], _left_of_day(kind, calls, reported))
    yield _by(
        "kind",
        "cascader_quota_day_used",
        "Calls of the CRM's day (UTC) used by the key, client or app that has used most, by kind.",
        used,
    )
    yield _by(
        "kind",
        "cascader_quota_day_left",
        "Calls of the CRM's day (UTC) left for the key, client or app with fewest left, by kind; "
        "+Inf where there is no limit.",
        left,
    )


def _left_of_day(kind: str, used: int, reported: dict[str, Any]) -> float:
    per_day = effective(ScopeState(reported=reported), limits_of(kind)).per_day
    return math.inf if per_day is None else max(per_day - used, 0)


def _by(label: str, name: str, text: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _by_state(name: str, text: str, states: Iterable[str], rows: QuerySet[Replication]) -> GaugeMetricFamily:
    """One sample per state, zero included, so that an alert sees a state go away."""
    counted = rows.order_by().values_list("state").annotate(number=Count("pk"))
    return _by("state", name, text, dict.fromkeys(states, 0) | dict(counted))


def _age_seconds(since: datetime | None) -> float:
    return max((timezone.now() - since).total_seconds(), 0.0) if since else 0.0
