"""All that the page of a source shows of its inflow: a fixed number of queries, whatever came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from intake.models.events import InboundEvent
from intake.models.polling import Catchup, FeedState, Poller, Reading
from intake.models.sources import Source
from intake.platform import Platform
from intake.registry import platform_get
from intake.watch.parked import parked_numbers
from intake.watch.silence import PUSHED, Flow, Silence, silence_of
from intake.watch.states import TITLES, SourceState, failing, lacks, state_of
from intake.watch.words import counted, length

DAY, WEEK = timedelta(days=1), timedelta(days=7)
CATCHUPS_SHOWN = 5
State = InboundEvent.State
Channel = InboundEvent.Channel


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """A delivery may hold several events; `pushed` are those of the week that the shop sent by itself."""

    deliveries_day: int
    events_day: int
    deliveries_week: int
    events_week: int
    pushed: int
    parked: int
    waiting: int
    failed_readings: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownFeed:
    title: str
    state: FeedState | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """`asks` says whether the shop's API can be asked."""

    source: Source
    platform: Platform | None
    state: SourceState
    lacks: Sequence[str]
    is_failing: bool
    silence: Silence
    silence_sentence: str
    counts: Counts
    asks: bool
    poller: Poller | None
    feeds: Sequence[ShownFeed]
    last_test: InboundEvent | None

    @property
    def title(self) -> str:
        return TITLES[self.state]

    @property
    def can_send_test_event(self) -> bool:
        return self.platform is not None and self.platform.takes_hooks


def overview_of(source: Source, now: datetime) -> Overview:
    """The source is read by `with_secrets_given`."""
    platform = platform_get(source.platform)
    silence = silence_of(source, now)
    counts = _counts(source, now)
    poller = Poller.objects.filter(source=source).first()
    is_failing = failing(poller, now)
    known = {state.feed: state for state in FeedState.objects.filter(source=source)}
    feeds = platform.feeds if platform is not None else ()
    tests = InboundEvent.objects.filter(
        source=source, channel=Channel.TEST, parent=None, received_at__gt=now - WEEK
    )
    return Overview(
        source=source,
        platform=platform,
        state=state_of(source, flow=silence.flow, parked=counts.parked, is_failing=is_failing),
        lacks=list(lacks(source)),
        is_failing=is_failing,
        silence=silence,
        silence_sentence=silence_sentence(source, silence, now),
        counts=counts,
        asks=platform is not None and platform.may_ask(source),
        poller=poller,
        feeds=[ShownFeed(title=feed.title, state=known.get(feed.name)) for feed in feeds],
        last_test=tests.defer("body", "detail").order_by("-received_at").first(),
    )


def catchups_of(source: Source) -> list[Catchup]:
    """The last times that days were fetched, the latest first."""
    return list(Catchup.objects.filter(source=source).select_related("asked_by")[:CATCHUPS_SHOWN])


def silence_sentence(source: Source, silence: Silence, now: datetime) -> str:
    if silence.last_at is None:
        return "Nothing has come from there yet."
    if not source.silence_hours:
        return "The silence alarm is switched off (0 hours, below)."
    ago = length(now - silence.last_at)
    if silence.flow == Flow.FLOWING:
        return (
            f"It comes as usual. The alarm looks after {counted(source.silence_hours, 'hour')} without a "
            "delivery."
        )
    habits = silence.habits
    if silence.flow == Flow.SILENT and habits is not None:
        asked = " Orders still come, late, because the shop is asked." if silence.is_asked_still else ""
        return (
            f"Nothing for {ago}, and never more than {length(habits.longest_pause)} in the two weeks before."
            f"{asked} Look in the shop whether its webhook is switched on and has the address below."
        )
    if habits is not None and silence.alarm_at is not None:
        return (
            f"Quiet for {ago}. That is no alarm yet: in the two weeks before, it paused for up to "
            f"{length(habits.longest_pause)}. The alarm comes in {length(silence.alarm_at - now)}."
        )
    return f"Quiet for {ago}. Too little came before to call that unusual, so there is no alarm."


def _counts(source: Source, now: datetime) -> Counts:
    """Without our own test events."""
    day, whole = Q(received_at__gt=now - DAY), Q(parent=None)
    single = ~Q(state=State.SPLIT)
    mine = InboundEvent.objects.filter(source=source).exclude(channel=Channel.TEST)
    lately = mine.filter(received_at__gt=now - WEEK).aggregate(
        deliveries_week=Count("pk", filter=whole),
        deliveries_day=Count("pk", filter=whole & day),
        events_week=Count("pk", filter=single),
        events_day=Count("pk", filter=single & day),
        pushed=Count("pk", filter=whole & Q(channel__in=PUSHED)),
        waiting=Count("pk", filter=Q(state__in=[State.STORED, State.READING])),
    )
    readings = Reading.objects.filter(source=source, state=Reading.State.FAILED)
    return Counts(
        **lately,
        parked=parked_numbers([source.pk]).get(source.pk, 0),
        failed_readings=readings.filter(finished_at__gt=now - WEEK).count(),
    )
