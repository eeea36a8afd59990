"""What people must hear of the inflow: silence, a shop that cannot be asked, parked deliveries.

Run every minute beside the check of the replications (`AlarmRounds`). Each cause names its source, and its
notice leads to the source's page, or to the parked deliveries. An app registers what else it watches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse

from intake.models.events import InboundEvent
from intake.models.polling import Poller
from intake.models.sources import Source
from intake.watch.parked import parked_numbers
from intake.watch.silence import SECRETS, Flow, Habits, Silence, silences
from intake.watch.words import length, moment
from mappings.models import Notice
from mappings.notices.notices import NoticeDraft, notices_reconcile

SILENCE, SHOP, PARKED = "silence:", "shop:", "parked:"
FAILING = timedelta(minutes=30)  # a shop that does not answer for less is nothing to wake people for
Level = Notice.Level
Open = dict[str, Notice]
Watch = Callable[[dict[int, Source], datetime], Iterator[NoticeDraft]]
_watches: dict[str, Watch] = {}


def watch_register(prefix: str, watch: Watch) -> None:
    """Have the sources that are switched on watched by this as well; the causes of its notices begin so."""
    _watches[prefix] = watch


def inflow_check(now: datetime) -> None:
    """Bring the notices about what comes in up to date. Repeat: safe, also from several machines at once.

    Units: six queries, one for fifty sources that are quiet, and two for each notice that changes.
    """
    prefixes = "|".join((SILENCE, SHOP, PARKED, *_watches))
    ours = Notice.objects.filter(resolved_at=None, cause__regex=rf"^({prefixes})")
    known = {notice.cause: notice for notice in ours.filter(connection__isnull=False)}
    watched = _watched().in_bulk()
    drafts = (
        *_silent(watched, known, now),
        *_failing(watched, now),
        *_parked(watched),
        *(draft for watch in _watches.values() for draft in watch(watched, now)),
    )
    notices_reconcile(known.values(), drafts, now)


def silent_cause(source_id: int) -> str:
    return f"{SILENCE}{source_id}"


def source_path(source_id: int) -> str:
    return reverse("admin:intake_source_change", args=[source_id])


def parked_path(source_id: int) -> str:
    page = reverse("admin:intake_inboundevent_changelist")
    return f"{page}?source__id__exact={source_id}&state__exact={InboundEvent.State.PARKED}"


def _watched() -> QuerySet[Source]:
    """Where the source or the integration is switched off, nobody waits for anything."""
    rows = Source.objects.filter(enabled=True, connection__enabled=True)
    return rows.select_related("connection").defer(*SECRETS, "connection__api_key")


def _silent(watched: dict[int, Source], open_ones: Open, now: datetime) -> Iterator[NoticeDraft]:
    """A silence that was told already stays in the words in which it was told."""
    notices = {
        int(cause.removeprefix(SILENCE)): notice
        for cause, notice in open_ones.items()
        if cause.startswith(SILENCE)
    }
    known = {pk: (notice.first_seen_at, notice.level == Level.WARNING) for pk, notice in notices.items()}
    for source_id, silence in silences(_watched().exclude(silence_hours=0), now, known).items():
        if silence.flow != Flow.SILENT:
            continue
        if silence.habits is None:
            level, sentence = notices[source_id].level, notices[source_id].sentence
        else:
            level = Level.WARNING if silence.is_asked_still else Level.ERROR
            sentence = silent_sentence(watched[source_id], silence, silence.habits)
        yield NoticeDraft(
            connection_id=watched[source_id].connection_id,
            cause=silent_cause(source_id),
            level=level,
            sentence=sentence,
            path=source_path(source_id),
            since=silence.last_at,
        )


def silent_sentence(source: Source, silence: Silence, habits: Habits) -> str:
    since = moment(silence.last_at) if silence.last_at else ""
    if silence.is_asked_still:
        what = (
            f"The shop {source.name} has told nothing by itself since {since}; its orders come late, because "
            "they are found only by asking."
        )
    else:
        what = f"Nothing has come from the shop {source.name} since {since}."
    return (
        f"{what} In the two weeks before, its longest pause was {length(habits.longest_pause)}. Look in the "
        "shop whether its webhook is still switched on and has the address shown on the source's page."
    )


def _failing(watched: dict[int, Source], now: datetime) -> Iterator[NoticeDraft]:
    for poller in Poller.objects.filter(source__in=watched).exclude(problem=""):
        since = poller.problem_since or now
        if not poller.needs_person and now - since < FAILING:
            continue
        shop = f"The shop {watched[poller.source_id].name}"
        yield NoticeDraft(
            connection_id=watched[poller.source_id].connection_id,
            cause=f"{SHOP}{poller.source_id}",
            level=Level.ERROR if poller.needs_person else Level.WARNING,
            sentence=f"{shop} cannot be asked for its orders since {moment(since)}. {poller.problem}",
            path=source_path(poller.source_id),
            since=since,
        )


def _parked(watched: dict[int, Source]) -> Iterator[NoticeDraft]:
    for source_id, number in parked_numbers(watched).items():
        what = "1 delivery is parked" if number == 1 else f"{number:,} deliveries are parked"
        yield NoticeDraft(
            connection_id=watched[source_id].connection_id,
            cause=f"{PARKED}{source_id}",
            level=Level.ERROR,
            sentence=f"{what} at the shop {watched[source_id].name}: nothing of it was applied. Each says "
            "what is wrong; cure that, then press “Process again”.",
            path=parked_path(source_id),
        )
