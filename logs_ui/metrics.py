"""What Prometheus reads: counts and ages from the database, without a word about people or merchants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Min, QuerySet
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from carts.models import InboundEvent
from cascade.models import Replication

RECENT = timedelta(hours=24)
MAX_ROWS = 50_000


class DatabaseCollector(Collector):
    """Reads on every scrape: four queries, each answered by an index or cut at `MAX_ROWS`."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        open_rows = Replication.objects.filter(state__in=[state.value for state in Replication.OPEN])
        yield _by_state(
            "cascader_replications_open",
            "Replications not finished yet, by state.",
            [state.value for state in Replication.OPEN],
            open_rows,
        )
        yield _gauge(
            "cascader_replication_oldest_open_age_seconds",
            "Age of the oldest replication not finished yet; 0 if there is none.",
            _age_seconds(open_rows.aggregate(oldest=Min("created_at"))["oldest"]),
        )
        newest = Replication.objects.order_by("-id").values("pk")[:MAX_ROWS]
        yield _by_state(
            "cascader_replications_recent",
            f"Replications that came in within 24 hours, by state; of the newest {MAX_ROWS} at most.",
            Replication.State.values,
            Replication.objects.filter(pk__in=newest, created_at__gte=timezone.now() - RECENT),
        )
        yield from _inbound_events()


def metrics_text() -> bytes:
    """All metrics in the text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DatabaseCollector())
    return generate_latest(registry)


def _inbound_events() -> Iterator[GaugeMetricFamily]:
    stored = InboundEvent.objects.filter(state=InboundEvent.State.STORED).order_by("id")
    times = list(stored.values_list("received_at", flat=True)[:MAX_ROWS])
    yield _gauge(
        "cascader_inbound_events_stored",
        f"Inbound events not parsed yet; {MAX_ROWS} stands for that many or more.",
        len(times),
    )
    yield _gauge(
        "cascader_inbound_event_oldest_stored_age_seconds",
        "Age of the oldest inbound event not parsed yet; 0 if there is none.",
        _age_seconds(times[0] if times else None),
    )


def _by_state(name: str, text: str, states: Iterable[str], rows: QuerySet[Replication]) -> GaugeMetricFamily:
    """One sample per state, zero included, so that an alert sees a state go away."""
    counted = rows.order_by().values_list("state").annotate(number=Count("pk"))
    numbers = dict.fromkeys(states, 0) | dict(counted)
    family = GaugeMetricFamily(name, text, labels=["state"])
    for state, number in numbers.items():
        family.add_metric([state], number)
    return family


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _age_seconds(since: datetime | None) -> float:
    return max((timezone.now() - since).total_seconds(), 0.0) if since else 0.0
