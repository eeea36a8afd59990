"""What is read from its shop because an event told of it.

Where a shop's events tell less than its API, or carry no time of change, their subject is read instead: the
event waits as `reading`. Events of the same id share one look, as long as it has not begun. Where the shop
cannot tell, the event counts for what it says itself; one that only mentions an id is parked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from background.wakeup import wake_on_commit
from intake.models.events import InboundEvent
from intake.models.polling import Poller, Reading
from intake.models.sources import Source
from intake.platform import Platform
from intake.polling.feeds import READ_AT_ONCE, PollSession
from intake.polling.pages import reading_store
from intake.records import arrived_at
from intake.shop_api import ShopAnswerUnusable

logger = logging.getLogger(__name__)

ASK_SHOP = "intake.tasks.ask_shop"
PATIENCE = timedelta(minutes=15)  # that long an event waits for a shop that does not answer
PATIENCE_WITH_MENTIONS = timedelta(days=1)
MOST_WOKEN = 100
State = Reading.State
_EVENT = InboundEvent.State


def reading_wanted(event: InboundEvent, platform: Platform, *, is_mention: bool) -> bool:
    """Whether to ask the shop instead of taking the event's word; never twice for one event, unless its word
    is worth nothing and the shop did not answer at all.
    """
    if event.channel != InboundEvent.Channel.WEBHOOK or not platform.may_ask(event.source):
        return False
    if event.reading is None:
        return True
    waited = timezone.now() - arrived_at(event)
    return is_mention and event.reading.problem == TOO_LATE and waited < PATIENCE_WITH_MENTIONS


def reading_open(source: Source, refresh_id: str) -> Reading:
    """See to it that what has this id is read after now; wakes a worker on commit. Repeat: safe.

    The look is held locked to the end of the caller's transaction: it cannot begin, and end without the event
    that waits for it, before that event is there to be seen.
    """
    wanted: dict[str, Any] = {"source": source, "refresh_id": refresh_id, "state": State.WAITING}
    with transaction.atomic():
        reading = None
        while reading is None:  # one that began in between is no longer for us
            try:
                with transaction.atomic():
                    Reading.objects.get_or_create(**wanted)
            except IntegrityError:
                logger.debug("Somebody else was faster to ask for the same of shop %s", source.pk)
            reading = Reading.objects.select_for_update(no_key=True).filter(**wanted).first()
        poller_wake(source)
    return reading


def poller_wake(source: Source) -> None:
    """Something is to be asked of the shop now; the sweep finds it, and a worker is woken on commit."""
    poller, _ = Poller.objects.get_or_create(source=source)
    Poller.objects.filter(pk=poller.pk).update(due_at=timezone.now())
    wake_on_commit(ASK_SHOP, source.pk)


def reading_finish(reading: Reading, answer: InboundEvent | None, problem: str = "") -> None:
    """End a look. With an answer the events that waited are done; without one they count by themselves."""
    from intake.deliveries import event_wake

    now = timezone.now()
    with transaction.atomic():
        reading.state = State.FAILED if problem else State.DONE
        reading.problem, reading.finished_at = problem[:500], now
        reading.save(update_fields=["state", "problem", "finished_at"])
        waiting = reading.events.filter(state=_EVENT.READING)
        if answer is not None:
            note = f"It was read from the shop instead: event {answer.pk}."
            waiting.update(state=_EVENT.APPLIED, problem=note, parsed_at=now)
            return
        ids = list(waiting.values_list("pk", flat=True)[:MOST_WOKEN])
        waiting.update(state=_EVENT.STORED)
        for event_id in ids:  # the sweep finds the others
            event_wake(event_id)


NOT_THERE = "The shop has nothing under this id."
TOO_LATE = "The shop did not answer in time."


def readings_work(session: PollSession) -> None:
    """Read what waits. Events that come while their subject is being read get a look of their own after it.

    Raises: ShopError, and then what was not read stays under way for the next try.
    """
    # Those that wait, and those that an earlier try left under way: we alone hold the shop's lease.
    mine = Reading.objects.filter(source=session.source, state__in=[State.WAITING, State.RUNNING])
    while batch := list(mine.order_by("pk")[:READ_AT_ONCE]):
        ids = [reading.pk for reading in batch]
        Reading.objects.filter(pk__in=ids, state=State.WAITING).update(state=State.RUNNING)
        _read(session, batch)


def readings_fail(source: Source, problem: str) -> None:
    """End what waits: its events count for what they say themselves."""
    _give_up(Reading.objects.filter(source=source, state__in=[State.WAITING, State.RUNNING]), problem)


def readings_overdue(now: datetime) -> int:
    """End what has waited too long, whatever keeps the shop from answering; how many those were."""
    late = Reading.objects.filter(state__in=[State.WAITING, State.RUNNING], created_at__lte=now - PATIENCE)
    return _give_up(late, TOO_LATE)


def _read(session: PollSession, batch: Sequence[Reading]) -> None:
    session.lease.renew()
    try:
        answers = session.shop.read_in_parts(list(dict.fromkeys(reading.refresh_id for reading in batch)))
    except ShopAnswerUnusable as err:
        if len(batch) == 1:
            reading_finish(batch[0], None, err.message)
            return
        for reading in batch:  # one of them spoils the answer for all
            _read(session, [reading])
        return
    found = {polled.key: polled for polled in answers}
    for reading in batch:
        polled = found.get(reading.refresh_id)
        if polled is None:
            reading_finish(reading, None, NOT_THERE)
        else:
            reading_finish(reading, reading_store(session.source, polled, session.lease, reading))


def _give_up(rows: QuerySet[Reading], problem: str) -> int:
    readings = list(rows.order_by("pk")[:1000])
    for reading in readings:
        reading_finish(reading, None, problem)
    return len(readings)
