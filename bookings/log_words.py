"""A booking in the words of the log: when, with whom, what it has come to, and everything that was told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from bookings.booking_data import Actor, BookingData, BookingEventData, News
from bookings.chain import Verdict
from bookings.values import local_time
from cascade.engine.journal import State
from cascade.engine.subject_words import Fact, Told
from cascade.models import JournalEntry

MOST_NEWS = 100
STATE_WORDS = {
    "requested": "Requested",
    "scheduled": "Scheduled",
    "rescheduled": "Rescheduled",
    "canceled": "Canceled",
    "reschedule_requested": "Canceled, another time asked for",
    "completed": "Completed",
    "no_show": "No-show",
}
NEWS_WORDS = {
    News.REQUESTED: "Requested",
    News.SCHEDULED: "Scheduled",
    News.RESCHEDULED: "Rescheduled",
    News.REASSIGNED: "Given to another host",
    News.SUPERSEDED: "Replaced by another booking",
    News.CANCELED: "Canceled",
    News.RESCHEDULE_REQUESTED: "Canceled, another time asked for",
    News.REJECTED: "Rejected by the host",
    News.COMPLETED: "Took place",
    News.NO_SHOW: "Marked as no-show",
    News.NO_SHOW_REVOKED: "No-show taken back",
    News.NO_SHOW_SUSPECTED: "The customer did not join, a machine says",
    News.HOST_ABSENT: "The host did not join, a machine says",
    News.DETAILS: "Details changed",
}
_BY = {Actor.CUSTOMER: "by the customer", Actor.OWNER: "by the host"}
_IDLE = {
    "changed nothing": "Changed nothing: the booking was further already, or the news tells no state.",
    "was revoked later": "Changed nothing: it was taken back later.",
}


def state_words(state: str) -> str:
    return STATE_WORDS.get(state, "Not known yet")


def history_words(history: Iterable[Verdict], received: dict[str, datetime]) -> Iterator[Told]:
    """Every piece of news in the order in which it counts; `received` is when it came in, by its event id."""
    for verdict in history:
        event, idle = verdict.event, _IDLE.get(verdict.effect)
        yield Told(
            at=event.occurred_at,
            told_at=received.get(event.event_id, event.occurred_at),
            what=NEWS_WORDS[event.news],
            by=_told_by(event),
            effect=idle or f"Now: {state_words(verdict.effect)}.{_moved(event)}",
            is_idle=idle is not None,
        )


def _told_by(event: BookingEventData) -> str:
    who = _BY.get(event.actor, "")
    reason = f"“{event.reason}”" if event.reason else ""
    return ", ".join(part for part in (who, reason) if part)


def _moved(event: BookingEventData) -> str:
    """To which time, for the customer's clock."""
    if event.booking is None or event.news not in (News.SCHEDULED, News.RESCHEDULED, News.REQUESTED):
        return ""
    local = local_time(event.booking.starts_at, event.booking.time_zone)
    return f" For {local}." if local else ""


def time_facts(starts_at: datetime | None, ends_at: datetime | None, data: BookingData) -> Iterator[Fact]:
    """When it is, on the viewer's clock and on the customer's."""
    yield Fact(term="Starts", at=starts_at)
    yield Fact(term="Ends", at=ends_at)
    if data.time_zone and starts_at is not None:
        local = local_time(starts_at, data.time_zone)
        yield Fact(
            term="For the customer", text=local or f"The zone “{data.time_zone}” is not known: no local time"
        )


def tag_facts(entries: Sequence[JournalEntry], names: Mapping[int, str]) -> Iterator[Fact]:
    """The tags that the booking's last run left on its contact, and those that it took off; `names` by id."""
    on: list[str] = []
    off: list[str] = []
    for entry in entries:
        if entry.state != State.DONE:
            continue
        match entry.kind:
            case "apply_lifecycle_tag" | "apply_booking_tag":
                on.append(str(entry.args.get("name", "")))
            case "set_own_tag":
                (on if entry.args["on"] else off).append(str(entry.args["name"]))
            case "clear_lifecycle_tags":
                gone = [names.get(tag_id, f"tag {tag_id}") for tag_id in taken_off(entry)]
                off += [name for name in gone if name != entry.args.get("wanted")]
    if on:
        yield Fact(term="Tags put on", text=", ".join(dict.fromkeys(on)))
    if off:
        yield Fact(term="Tags taken off", text=", ".join(dict.fromkeys(off)))


def taken_off(entry: JournalEntry) -> list[int]:
    """Ids of the lifecycle tags that the contact had before the wanted one was applied anew."""
    return [int(tag_id) for tag_id in entry.external.get("taken_off") or []]
