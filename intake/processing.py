"""Work on what was stored: split a delivery into its events, and take each in on its own.

Each event has one transaction for its effects and its new state together, begun once it has been read. It
may be started by a message, by the sweep, or by both at once on two workers: the state is written only if it
is as it was, and who comes second takes back what it did.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import F, Q

from background.alone import room
from background.rows import rows_update
from intake.models.events import InboundEvent
from intake.platform import BadPayload, Delivery, NativeEvent, NotUsed, Platform
from intake.polling.readings import reading_open, reading_wanted
from intake.records import IngestOutcome, arrived_at, record_type_of
from intake.registry import platform_get
from mappings.access.quota.clock import DATABASE_CLOCK

logger = logging.getLogger(__name__)

State = InboundEvent.State

DATABASE_ATTEMPTS = 3  # of what the database refused; a database that is away is waited for without end
MAX_WAIT_SECONDS = 60
POSTPONE_TRIES = 10
POSTPONE_PAUSE_SECONDS = 0.2
LATE = timedelta(seconds=2)  # by then a wake-up has been heard, or never will be
HELD = timedelta(seconds=10)
MOST_DEATHS = 3
DEADLY = (
    "This event ended the process that worked on it, three times in a row, so it is not tried again by "
    "itself. Nothing of it was applied. Report it, then process it again."
)
# The same event may come twice for good reasons: a shop repeats what it was not told had arrived, and an
# order may go from A to B and back to A. What was applied days ago and comes again word for word tells
# nothing new, while it could take back what happened since in a shop whose events carry no time of change.
REPLAY_AGE = timedelta(days=7)  # longer than any shop goes on repeating a delivery
REPLAYED = (
    f"The very same event was taken more than {REPLAY_AGE.days} days ago: an old one that comes again "
    "changes nothing."
)
SMALL_BYTES = 64 * 1024  # as JSON this becomes two megabytes at most, so any number of threads may read one

# In one process no two large deliveries are read at once: what each becomes in memory would add up. One that
# comes meanwhile is left to the thread that is free first, so that those who wait keep no small one waiting.
_large = threading.RLock()
_large_ones: deque[int] = deque()

_STATES = {
    IngestOutcome.CREATED: (State.APPLIED, ""),
    IngestOutcome.UPDATED: (State.APPLIED, ""),
    IngestOutcome.REPEATED: (State.REPEATED, ""),
    IngestOutcome.OUTDATED: (State.OUTDATED, ""),
    IngestOutcome.TRIED: (
        State.IGNORED,
        "A test event: it arrived, its signature fits and it can be read. Nothing of it is kept or sent.",
    ),
    IngestOutcome.KEPT: (
        State.IGNORED,
        "The shop itself has told this order; what is imported as history changes nothing of it.",
    ),
}


def events_due(now: datetime, limit: int) -> list[int]:
    """Stored events that nobody works on: their wake-up was missed, or their wait is over."""
    missed = Q(not_before=None, received_at__lte=now - LATE)
    due = InboundEvent.objects.filter(missed | Q(not_before__lte=now), state=InboundEvent.State.STORED)
    return list(due.order_by("id").values_list("pk", flat=True)[:limit])


def event_process(event_id: int, now: datetime | None = None) -> None:
    """Bring a stored delivery, or one event of it, to its end.

    Repeat: safe, also at the same time. Never raises for what is wrong with the event: that is parked.
    """
    now = now or DATABASE_CLOCK.now()
    _process(event_id, now)
    while _large_ones and _large.acquire(blocking=False):
        try:
            _process(_large_ones.popleft(), now)
        except IndexError:  # another thread was quicker
            pass
        finally:
            _large.release()


def _process(event_id: int, now: datetime) -> None:
    event = _stored_event(event_id)
    children = _attempt(event, now) if event is not None else _children_of(event_id)
    for child in children:
        _attempt(child, now)


def _stored_event(event_id: int) -> InboundEvent | None:
    """The event with what taking it in reads, unless it is done."""
    rows = InboundEvent.objects.select_related("source", "parent").defer("parent__body", "parent__detail")
    return rows.filter(pk=event_id, state=State.STORED).first()


def _children_of(event_id: int) -> Iterator[InboundEvent]:
    rows = InboundEvent.objects.filter(parent_id=event_id, state=State.STORED).order_by("position")
    for child_id in list(rows.values_list("pk", flat=True)):
        child = _stored_event(child_id)
        if child is not None:
            yield child


def _attempt(event: InboundEvent, now: datetime) -> Sequence[InboundEvent]:
    """Take it in if it is due; the events that it was split into."""
    if event.not_before is not None and event.not_before > now:
        return ()
    with room.entered(alone=event.deaths > 0):
        # Taken in at once, as nearly all are, nothing is noted; a late one may have ended its process.
        late = now - event.received_at >= LATE
        if late and not _death_foreseen(event.pk, now):
            return ()
        return _take_in(event, now)


def _death_foreseen(event_id: int, now: datetime) -> bool:
    """Note beforehand that the process ends at this event: whatever else comes of it takes that back.

    For a while it is left to this process. False if it is not to be tried now, or was parked for what it did
    before.
    """
    due = Q(not_before=None) | Q(not_before__lte=now)
    rows = InboundEvent.objects.select_for_update(skip_locked=True).filter(
        due, pk=event_id, state=State.STORED
    )
    with transaction.atomic():
        found = rows.values_list("deaths").first()
        if found is None:
            return False
        (deaths,) = found
        InboundEvent.objects.filter(pk=event_id).update(deaths=deaths + 1, not_before=now + HELD)
    if deaths >= MOST_DEATHS:
        _park(event_id, now, DEADLY, "")
    return bool(deaths < MOST_DEATHS)


def _take_in(event: InboundEvent, now: datetime) -> Sequence[InboundEvent]:
    try:
        body = event.body
        # What is packed may be of any size.
        large = len(body) > SMALL_BYTES or bytes(body[:1]) not in (b"{", b"[")
        if large and not _large.acquire(blocking=False):
            _large_ones.append(event.pk)
            return ()
        try:
            platform = _platform_of(event)
            told = _read(event, platform)
            try:
                with transaction.atomic():
                    return _advance(event, platform, told, now)
            except IntegrityError:
                with transaction.atomic():  # another worker was first with the same order; now it is there
                    return _advance(event, platform, told, now)
        finally:
            if large:
                _large.release()
    except _Overtaken:
        pass
    except BadPayload as err:
        _park(event.pk, now, err.message, err.detail)
    except (OperationalError, InterfaceError) as err:
        _postpone(event.pk, now, err, parks=False)
    except DatabaseError as err:
        _postpone(event.pk, now, err, parks=True)
    except Exception as err:
        logger.exception("Event %s failed", event.pk)
        _park(event.pk, now, _internal(err), traceback.format_exc())
    return ()


class _Overtaken(Exception):
    """Another worker has taken the event in: what was done of it here is rolled back."""


def _advance(event: InboundEvent, platform: Platform, told: object, now: datetime) -> Sequence[InboundEvent]:
    """Write the event's effects and its new state; the events that it was split into. Raises: _Overtaken."""
    children: list[InboundEvent] = []
    if isinstance(told, list):
        # A row for each event of the delivery.
        children = [
            InboundEvent(
                source=event.source,
                parent=event,
                position=position,
                channel=event.channel,
                name=native.name[:60],
                body=native.body,
                content_type=event.content_type,
                headers=event.headers,
            )
            for position, native in enumerate(told)
        ]
        InboundEvent.objects.bulk_create(children, batch_size=100)
        event.state = State.SPLIT
    elif told is None:
        event.state, event.problem = State.OUTDATED, REPLAYED
    elif isinstance(told, NotUsed):
        event.state, event.problem = State.IGNORED, told.reason[:500]
    else:
        record_type = record_type_of(told)
        refresh_id = record_type.refresh_id(told)
        if refresh_id and reading_wanted(event, platform, is_mention=record_type.is_mention):
            event.reading, event.state = reading_open(event.source, refresh_id), State.READING
        else:
            event.state, event.problem = _STATES[record_type.ingest(event, platform, told)]
    event.parsed_at, event.deaths, event.not_before = now, 0, None
    changed = ("name", "digest", "state", "problem", "reading", "parsed_at", "deaths", "not_before")
    values = [event.reading_id if name == "reading" else getattr(event, name) for name in changed]
    if not rows_update(InboundEvent, changed, [(event.pk, *values)], where="one.state = 'stored'"):
        raise _Overtaken
    return children


def _platform_of(event: InboundEvent) -> Platform:
    """The REST API speaks our own words, whatever the shop."""
    name = "api" if event.channel == InboundEvent.Channel.API else event.source.platform
    platform = platform_get(name)
    if platform is None:
        raise BadPayload(f"No platform {name!r} is installed; choose another one for the source.")
    return platform


def _read(event: InboundEvent, platform: Platform) -> object:
    """The events of a delivery that is to be split, as a list; else what it says, None for a replay.

    Raises: BadPayload.
    """
    body = bytes(event.body)
    if event.parent_id is None and not event.name:
        delivery = Delivery(body=body, content_type=event.content_type, headers=event.headers)
        natives = platform.split(event.source, delivery)
        if len(natives) != 1 or natives[0].body != body:
            return natives
        event.name = natives[0].name[:60]
    if event.channel == InboundEvent.Channel.WEBHOOK:
        event.digest = hashlib.sha256(body).hexdigest()
        before = InboundEvent.objects.exclude(pk=event.pk).filter(
            source=event.source_id,
            digest=event.digest,
            state__in=(State.APPLIED, State.REPEATED, State.OUTDATED),
            received_at__lt=event.received_at - REPLAY_AGE,
        )
        if before.exists():
            return None
    return platform.read(event.source, NativeEvent(name=event.name, body=body), arrived_at(event))


def _park(event_id: int, now: datetime, problem: str, detail: str) -> None:
    InboundEvent.objects.filter(pk=event_id, state=State.STORED).update(
        state=State.PARKED,
        problem=problem[:500],
        detail=detail[-5000:],
        parsed_at=now,
        deaths=0,
        not_before=None,
    )


def _postpone(event_id: int, now: datetime, error: Exception, *, parks: bool) -> None:
    """Try again later; if even this cannot be written, the row stays due as it is."""
    logger.warning("Event %s: the database refused (%s)", event_id, error)
    for left in reversed(range(POSTPONE_TRIES)):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
        try:
            rows = InboundEvent.objects.filter(pk=event_id)
            attempts = rows.values_list("attempts", flat=True).first() or 0
            if parks and attempts + 1 >= DATABASE_ATTEMPTS:
                _park(event_id, now, _internal(error), "".join(traceback.format_exception(error)))
                return
            wait = min(2 ** min(attempts + 1, 10), MAX_WAIT_SECONDS)
            rows.filter(state=State.STORED).update(
                attempts=F("attempts") + (1 if attempts < 1000 else 0),
                not_before=now + timedelta(seconds=wait),
                deaths=0,
            )
            return
        except (OperationalError, InterfaceError):
            if left:
                time.sleep(POSTPONE_PAUSE_SECONDS)
    logger.warning("Event %s could not be postponed; it stays due.", event_id)


def _internal(error: Exception) -> str:
    return (
        f"The event could not be processed: an error inside Cascader ({type(error).__name__}). Nothing of it "
        "was applied. Report the detail below, then process it again."
    )
