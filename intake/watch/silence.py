"""Whether a shop has fallen silent, judged by its own habits.

A shop is silent when nothing came for its `silence_hours` and for longer than it ever paused in the two
weeks before, with some to spare, so that a shop that rests on Sundays raises no alarm on a Sunday. A shop
that never sent, or only now and then, has no habits and is never silent. Judged is what the shop sends by
itself; where it sent nothing so for two weeks, what was found by asking it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncHour

from intake.models.events import InboundEvent
from intake.models.sources import Source

HABITS_DAYS = 14
HABITS = timedelta(days=HABITS_DAYS)
LEAST_DELIVERIES, LEAST_DAYS = 5, 3  # fewer are no habit
TO_SPARE = 1.25  # a pause is unusual when it is that much longer than the longest one before
_AT_ONCE = 50
_Channel = InboundEvent.Channel
PUSHED = (_Channel.WEBHOOK, _Channel.API)
SECRETS = ("token", "basic_password", "signing_secret", "signing_secret_before", "api_secret")
Known = tuple[datetime, bool]  # the delivery that a silence began with, and whether the shop was asked still


class Flow(StrEnum):
    NEVER = "never"  # nothing has come yet
    FLOWING = "flowing"
    PAUSED_AS_USUAL = "quiet"  # for as long as the alarm would take, but that is usual for the shop
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """What came in the two weeks up to the last delivery."""

    deliveries: int = 0
    days: int = 0
    longest_pause: timedelta = timedelta(0)

    @property
    def are_known(self) -> bool:
        return self.deliveries >= LEAST_DELIVERIES and self.days >= LEAST_DAYS


@dataclass(frozen=True, kw_only=True, slots=True)
class Silence:
    """`last_at` is the delivery judged by, `any_at` the last one at all, `alarm_at` when somebody is told.

    `habits` are looked up only where the shop is quiet.
    """

    flow: Flow
    last_at: datetime | None = None
    any_at: datetime | None = None
    alarm_at: datetime | None = None
    habits: Habits | None = None

    @property
    def is_asked_still(self) -> bool:
        """Whether orders are found by asking, while the shop itself is silent."""
        return self.any_at is not None and self.any_at != self.last_at


def deliveries() -> QuerySet[InboundEvent]:
    """What came, whole: neither the single events of a batch nor our own test events."""
    return InboundEvent.objects.filter(parent=None).exclude(channel=_Channel.TEST)


def with_last_deliveries(sources: QuerySet[Source], now: datetime) -> QuerySet[Source]:
    """With `last_any`, and with `last_pushed` if that was within two weeks. No further query."""
    of_source = deliveries().filter(source=OuterRef("pk")).order_by("-received_at").values("received_at")
    pushed = of_source.filter(channel__in=PUSHED, received_at__gt=now - HABITS)
    return sources.annotate(last_any=Subquery(of_source[:1]), last_pushed=Subquery(pushed[:1]))


def silence_of(source: Source, now: datetime) -> Silence:
    return silences(Source.objects.filter(pk=source.pk), now)[source.pk]


def silences(
    sources: QuerySet[Source], now: datetime, known: Mapping[int, Known] | None = None
) -> dict[int, Silence]:
    """How each source is, by its id. `known` silences stay what they are while nothing comes that would
    change them, and are not judged again.

    Units: one query, and one for fifty sources that are quiet.
    """
    known = known or {}
    found: dict[int, Silence] = {}
    quiet: list[Source] = []
    for source in with_last_deliveries(sources.defer(*SECRETS), now):
        last_at = _judged_at(source)
        silence = Silence(flow=flow_of(source, last_at, now), last_at=last_at, any_at=source.last_any)  # type: ignore[attr-defined]
        if silence.flow == Flow.PAUSED_AS_USUAL and known.get(source.pk) == (last_at, silence.is_asked_still):
            silence = replace(silence, flow=Flow.SILENT)
        elif silence.flow == Flow.PAUSED_AS_USUAL:
            quiet.append(source)
        found[source.pk] = silence
    for source, habits in _habits(quiet):
        silence, alarm_at = found[source.pk], None
        if habits.are_known and silence.last_at is not None:
            usual = habits.longest_pause * TO_SPARE
            alarm_at = silence.last_at + max(timedelta(hours=source.silence_hours), usual)
        flow = Flow.SILENT if alarm_at is not None and now > alarm_at else Flow.PAUSED_AS_USUAL
        found[source.pk] = replace(silence, flow=flow, alarm_at=alarm_at, habits=habits)
    return found


def _judged_at(source: Source) -> datetime | None:
    pushed: datetime | None = source.last_pushed  # type: ignore[attr-defined]
    return pushed or source.last_any  # type: ignore[attr-defined]


def flow_of(source: Source, last_at: datetime | None, now: datetime) -> Flow:
    if last_at is None:
        return Flow.NEVER
    is_paused = source.silence_hours and now - last_at > timedelta(hours=source.silence_hours)
    return Flow.PAUSED_AS_USUAL if is_paused else Flow.FLOWING


def _habits(sources: Iterable[Source]) -> Iterator[tuple[Source, Habits]]:
    """Counted by the hour: a shop with thousands of deliveries a day has no more rows than one with few."""
    left = list(sources)
    while left:
        part, left = left[:_AT_ONCE], left[_AT_ONCE:]
        wanted = Q()
        for source in part:
            last_at = _judged_at(source)
            if last_at is not None:  # as it is of every one that is quiet
                window = Q(source=source.pk, received_at__gte=last_at - HABITS, received_at__lte=last_at)
                wanted |= window & (Q(channel__in=PUSHED) if source.last_pushed else Q())  # type: ignore[attr-defined]
        hours = (
            deliveries()
            .filter(wanted)
            .order_by()
            .values("source_id", hour=TruncHour("received_at"))
            .annotate(first=Min("received_at"), last=Max("received_at"), number=Count("pk"))
            .order_by("source_id", "hour")
            .values_list("source_id", "first", "last", "number")
        )
        told: dict[int, list[tuple[datetime, datetime, int]]] = {source.pk: [] for source in part}
        for source_id, first, last, number in hours:
            told[source_id].append((first, last, number))
        for source in part:
            times = told[source.pk]
            pauses = [after[0] - before[1] for before, after in pairwise(times)]
            yield (
                source,
                Habits(
                    deliveries=sum(number for _, _, number in times),
                    days=len({first.date() for first, _, _ in times}),
                    longest_pause=max(pauses, default=timedelta(0)),
                ),
            )
