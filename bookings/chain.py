"""What became of a booking: a pure fold over all that was ever told of its chain, in any order.

Segments are put in the order of their links, the events of each in the order of their versions. An event of
a segment that has been replaced changes nothing any more. So the same events give the same state whatever the
order they came in, and an event that comes twice is one event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bookings.booking_data import Actor, BookingData, BookingEventData, Named, News
from bookings.phases import Phase
from intake.party import Party

# What is told at the very same moment: the later of these speaks.
_RANK = {news: rank for rank, news in enumerate(News)}
_BEGINS = (News.REQUESTED, News.SCHEDULED, News.RESCHEDULED, News.REASSIGNED)
_NO_AGREEMENT = (News.REQUESTED, News.REJECTED, News.SUPERSEDED, News.DETAILS)
_UNDER_WAY = ("scheduled", "rescheduled")
_ENDS: Mapping[News, tuple[str, Actor | None]] = {  # None: the actor that is told
    News.CANCELED: ("canceled", None),
    News.REJECTED: ("canceled", Actor.OWNER),
    News.RESCHEDULE_REQUESTED: ("reschedule_requested", Actor.OWNER),
    News.NO_SHOW: ("no_show", Actor.UNKNOWN),
}
_IF_STATE: Mapping[News, tuple[str, ...]] = {  # what is believed in these states alone
    News.REQUESTED: ("",),
    News.SCHEDULED: ("", "requested", "canceled", "completed", "no_show"),
    News.COMPLETED: ("", *_UNDER_WAY),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What one event did to the state, for whoever reads the history."""

    event: BookingEventData
    effect: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Passed:
    """One state that a booking went through."""

    state: str
    actor: Actor
    reassigned: bool
    since: datetime

    def phase(self, *, unknown_is_customer: bool = False) -> Phase:
        """What the tags call it."""
        match self.state:
            case "scheduled":
                return Phase.SCHEDULED_REASSIGNED if self.reassigned else Phase.SCHEDULED
            case "rescheduled":
                if self.reassigned:
                    return Phase.RESCHEDULED_REASSIGNED
                by_owner = self.actor is Actor.OWNER
                return Phase.RESCHEDULED_BY_OWNER if by_owner else Phase.RESCHEDULED_BY_CUSTOMER
            case "canceled":
                if self.actor is Actor.OWNER:
                    return Phase.CANCELED_BY_OWNER
                by_customer = self.actor is Actor.CUSTOMER or unknown_is_customer
                return Phase.CANCELED_BY_CUSTOMER if by_customer else Phase.CANCELED
            case _:
                return Phase(self.state)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """`state` is one of requested, scheduled, rescheduled, canceled, reschedule_requested, completed and
    no_show; blank before anything but a mention came in. `since` is the time of the event that brought it, of
    the platform's clock. `actor` is who rescheduled or cancelled.

    `suspected` and `host_absent` are a machine's remarks. `first_id` is what the booking is called.
    `agreed`: it was more than a request once. `passed` are the states that it went through, this one too.
    """

    first_id: str
    current_id: str
    segments: tuple[str, ...]
    state: str = ""
    actor: Actor = Actor.UNKNOWN
    reassigned: bool = False
    since: datetime | None = None
    reason: str = ""
    booking: BookingData = field(default_factory=BookingData)
    suspected: bool = False
    host_absent: bool = False
    agreed: bool = False
    passed: tuple[Passed, ...] = ()
    history: tuple[Verdict, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def empty(cls, segment_id: str) -> Chain:
        """One of which nothing is known."""
        return cls(first_id=segment_id, current_id=segment_id, segments=(segment_id,))

    @property
    def ends_at(self) -> datetime | None:
        start, booking = self.booking.starts_at, self.booking
        if booking.ends_at is not None or start is None:
            return booking.ends_at
        return start + timedelta(minutes=booking.duration_minutes or 0)

    def completes_at(self, grace: timedelta, *, told: bool) -> datetime | None:
        """When the clock says that it took place; None while it is not under way.

        `told`: the platform sends an event for that, which is given two hours.
        """
        if self.state not in _UNDER_WAY or self.ends_at is None:
            return None
        return self.ends_at + (max(grace, timedelta(hours=2)) if told else grace)

    def at(self, now: datetime, grace: timedelta, *, told: bool) -> Chain:
        """The state with the clock's word added."""
        moment = self.completes_at(grace, told=told)
        if moment is None or now < moment:
            return self
        passed = Passed(state="completed", actor=Actor.UNKNOWN, reassigned=self.reassigned, since=moment)
        return replace(
            self,
            state="completed",
            since=moment,
            actor=Actor.UNKNOWN,
            reason="",
            passed=(*self.passed, passed),
        )


def chain_of(events: Iterable[BookingEventData], *, suspected_is_no_show: bool = False) -> Chain:
    """Fold the events of one chain; there is at least one. Pure, and blind to the order they are given in."""
    told = sorted({event.event_id: event for event in events}.values(), key=_moment)
    by_segment: dict[str, list[BookingEventData]] = defaultdict(list)
    for event in told:
        by_segment[event.segment_id].append(event)
    order = _segments_in_order(told)
    # A segment of which no more is known than that it takes another's place says nothing yet.
    speaking = [segment for segment in order if by_segment[segment]]
    fold = _Fold(suspected_is_no_show)
    for segment in speaking:
        fold.segment(by_segment[segment], is_first=segment == order[0])
    return Chain(
        first_id=order[0].rpartition("/")[2],  # Calendly's ids are addresses
        current_id=speaking[-1],
        segments=tuple(order),
        state=fold.state,
        actor=fold.actor,
        reassigned=fold.reassigned,
        since=fold.since,
        reason=fold.reason,
        booking=fold.booking,
        suspected=fold.suspected,
        host_absent=fold.host_absent,
        agreed=any(event.news not in _NO_AGREEMENT for event in told),
        passed=tuple(fold.passed),
        history=tuple(fold.history),
        warnings=tuple(dict.fromkeys(text for event in told for text in event.warnings)),
    )


def _moment(event: BookingEventData) -> tuple[str, str, int, str]:
    occurred = event.occurred_at.astimezone(UTC).isoformat(timespec="microseconds")
    return (event.version or occurred, occurred, _RANK[event.news], event.event_id)


def _told_first(events: Iterable[BookingEventData]) -> dict[str, tuple[str, str]]:
    """When each segment was first told of, or made, which may be earlier; with its id, so that no two tie."""
    first: dict[str, tuple[str, str]] = {}
    for event in events:
        moment = _moment(event)[1]
        if event.booking and event.booking.created_at:
            created = event.booking.created_at.astimezone(UTC).isoformat(timespec="microseconds")
            moment = min(moment, created)
        known = first.get(event.segment_id, (moment, event.segment_id))
        first[event.segment_id] = min(known, (moment, event.segment_id))
    return first


def _segments_in_order(events: Sequence[BookingEventData]) -> list[str]:
    """Each after what it replaces; those without a link by when they were first told of. Circles end."""
    first = _told_first(events)
    before: dict[str, set[str]] = defaultdict(set)
    for event in events:
        if event.replaces:
            before[event.segment_id].add(event.replaces)
        if event.replaced_by:
            before[event.replaced_by].add(event.segment_id)
    order: list[str] = []

    def place(segment: str, above: frozenset[str]) -> None:
        if segment in order or segment in above:
            return
        for each in sorted(before[segment], key=lambda one: first.get(one, ("", one))):
            place(each, above | {segment})
        order.append(segment)

    # What was told of by time, each behind what it replaces; then what is no more than named.
    for segment in (*sorted(first, key=lambda one: first[one]), *sorted(before)):
        place(segment, frozenset())
    return order


class _Fold:
    def __init__(self, suspected_is_no_show: bool) -> None:
        self.suspected_is_no_show = suspected_is_no_show
        self.state, self.actor, self.reassigned, self.reason = "", Actor.UNKNOWN, False, ""
        self.since: datetime | None = None
        self.suspected = self.host_absent = False
        self.booking = BookingData()
        self.history: list[Verdict] = []
        self.passed: list[Passed] = []

    def segment(self, events: Sequence[BookingEventData], *, is_first: bool) -> None:
        """The news of one segment, after those of the ones it replaces."""
        self._own = BookingData()  # what this segment told of itself: it beats what earlier ones did
        replaces_known = not is_first
        begun = False
        revoked = _revoked(events)
        for event in events:
            before = (self.state, self.actor, self.reassigned, self.since)
            moved = self.state in _UNDER_WAY and _is_moved(event, self._own)
            told_again = self.state == "rescheduled" and _is_told_again(event, self._own)
            self._describe(event)
            if event.event_id in revoked or told_again:
                effect = "changed nothing" if told_again else "was revoked later"
                self.history.append(Verdict(event=event, effect=effect))
                continue
            if event.news in _BEGINS and not begun and replaces_known:
                begun = True
                self._another_time(event)
            else:
                begun = begun or event.news in _BEGINS
                self._news(event, moved=moved)
            changed = before != (self.state, self.actor, self.reassigned, self.since)
            if changed and self.since is not None:
                self.passed.append(
                    Passed(state=self.state, actor=self.actor, reassigned=self.reassigned, since=self.since)
                )
            self.history.append(Verdict(event=event, effect=self.state if changed else "changed nothing"))

    def _another_time(self, event: BookingEventData) -> None:
        """The first that is told of a segment that takes another's place."""
        if event.news is News.REQUESTED:
            self._becomes("requested", event)
            return
        owner = self.state == "reschedule_requested" or event.actor is Actor.OWNER
        self._becomes("rescheduled", event, Actor.OWNER if owner else Actor.CUSTOMER)
        self.reassigned = event.news is News.REASSIGNED

    def _news(self, event: BookingEventData, *, moved: bool) -> None:
        news, state = event.news, self.state
        if news in _ENDS:
            new_state, by = _ENDS[news]
            self._becomes(new_state, event, by or event.actor)
        elif (
            news is News.RESCHEDULED or moved or (news is News.SCHEDULED and state == "reschedule_requested")
        ):
            owner = state == "reschedule_requested" or event.actor is Actor.OWNER
            self._becomes("rescheduled", event, Actor.OWNER if owner else Actor.CUSTOMER)
            self.reassigned = False
        elif news is News.REASSIGNED:
            actor = self.actor if state == "rescheduled" else Actor.UNKNOWN
            self._becomes(state if state in _UNDER_WAY else "scheduled", event, actor)
            self.reassigned = True
        elif news in _IF_STATE and state in _IF_STATE[news]:
            self._becomes(news.value, event)
        else:
            self._remark(event)

    def _remark(self, event: BookingEventData) -> None:
        """What a machine saw, which is a state only if the merchant takes it for one."""
        if event.news is News.NO_SHOW_SUSPECTED:
            self.suspected = True
            if self.suspected_is_no_show:
                self._becomes("no_show", event)
        elif event.news is News.HOST_ABSENT:
            self.host_absent = True

    def _becomes(self, state: str, event: BookingEventData, actor: Actor = Actor.UNKNOWN) -> None:
        self.state, self.since, self.actor = state, event.occurred_at, actor
        self.reason = event.reason or ""
        if state in _UNDER_WAY:
            self.suspected = self.host_absent = False
        else:
            self.reassigned = self.reassigned and state in ("completed", "no_show")

    def _describe(self, event: BookingEventData) -> None:
        if event.booking is not None and event.news is not News.SUPERSEDED:
            self._own = filled(event.booking, self._own)
            self.booking = filled(self._own, self.booking)


def _is_moved(event: BookingEventData, known: BookingData) -> bool:
    """Whether it is scheduled at another time than before: what is only read tells no more of a move."""
    told = event.booking.starts_at if event.booking is not None else None
    return event.news is News.SCHEDULED and None not in (told, known.starts_at) and told != known.starts_at


def _is_told_again(event: BookingEventData, known: BookingData) -> bool:
    """Whether a move is told once more, such as by a poller after the webhook: the time is the same."""
    told = event.booking.starts_at if event.booking is not None else None
    return event.news is News.RESCHEDULED and told is not None and told == known.starts_at


def _revoked(events: Sequence[BookingEventData]) -> set[str]:
    """The marks of a no-show that were taken back later, and the taking back itself."""
    marks: set[str] = set()
    gone: set[str] = set()
    for event in events:
        if event.news in (News.NO_SHOW, News.NO_SHOW_SUSPECTED):
            marks.add(event.event_id)
        elif event.news is News.NO_SHOW_REVOKED:
            gone |= {*marks, event.event_id}
            marks = set()
    return gone


def filled(newer: BookingData, older: BookingData) -> BookingData:
    """The newer, with what it left out taken from the older. A time and its length stay together."""
    values: dict[str, Any] = {}
    for each in fields(BookingData):
        new, old = getattr(newer, each.name), getattr(older, each.name)
        if isinstance(new, Party):
            values[each.name] = _party(new, old)
        elif isinstance(new, Named) and new.id == old.id:
            values[each.name] = Named(id=new.id, name=new.name or old.name)
        elif isinstance(new, Mapping):
            values[each.name] = {**old, **{key: text for key, text in new.items() if text}}
        else:
            values[each.name] = old if new is None or new == "" or new == () or _is_blank(new) else new
    if newer.starts_at is not None:
        values["ends_at"], values["duration_minutes"] = newer.ends_at, newer.duration_minutes
        if newer.ends_at is None and newer.duration_minutes is None:
            values["duration_minutes"] = _length(older)
    return BookingData(**values)


def _length(booking: BookingData) -> int | None:
    """In minutes, told or between its times."""
    if booking.duration_minutes is None and booking.starts_at and booking.ends_at:
        return int((booking.ends_at - booking.starts_at).total_seconds() // 60)
    return booking.duration_minutes


def _is_blank(value: object) -> bool:
    names = getattr(type(value), "__slots__", ())
    return bool(names) and all(getattr(value, name) == "" for name in names)


def _party(newer: Party, older: Party) -> Party:
    return Party(
        **{each.name: getattr(newer, each.name) or getattr(older, each.name) for each in fields(Party)}
    )
