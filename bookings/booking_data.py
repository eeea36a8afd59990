"""A booking in our words: what every platform's events are read into, what is stored, what the fold reads.

A *booking* is a chain of *segments*: most platforms give a rescheduled booking a new id, which points back
at the one it replaces. One `BookingEventData` is one piece of news about one segment; the state of the chain
is a pure fold over all of them, so the order in which they arrive means nothing.

Units: times are aware, durations in minutes. `None` and blank mean "the platform did not say".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from intake.party import Party
from intake.stored_data import StoredData


class News(StrEnum):
    """What an event tells of its segment."""

    REQUESTED = "requested"  # waits for the host's consent
    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"  # the same segment at another time, or a new one that replaces `replaces`
    REASSIGNED = "reassigned"  # to another host
    SUPERSEDED = "superseded"  # the segment ends because another takes its place: never a cancellation
    CANCELED = "canceled"
    RESCHEDULE_REQUESTED = "reschedule_requested"  # the host cancels and asks for another time
    REJECTED = "rejected"  # the host did not consent
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    NO_SHOW_REVOKED = "no_show_revoked"
    NO_SHOW_SUSPECTED = "no_show_suspected"  # a machine thinks so
    HOST_ABSENT = "host_absent"  # never the customer's no-show
    DETAILS = "details"  # something else of the booking changed


class Actor(StrEnum):
    CUSTOMER = "customer"
    OWNER = "owner"  # the host, or whoever acts for them
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A booking page, an event type or a master page; each is blank if not told."""

    id: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    id: str = ""
    email: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Guest:
    email: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A question of the booking form. `key` is what stays when the label is reworded; the label where there
    is no such thing.
    """

    key: str
    label: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingData:
    """A booking as one event describes it, whole.

    `time_zone` is the customer's, an IANA name as sent; `whole_name` for platforms that do not tell first and
    last name apart. `contact_hint` is a CRM id or token that came back from a link: never trusted alone.
    """

    subject: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    duration_minutes: int | None = None
    email: str = ""
    whole_name: str = ""
    customer: Party = field(default_factory=Party)
    time_zone: str = ""
    host: Host = field(default_factory=Host)
    booking_page: Named = field(default_factory=Named)
    event_type: Named = field(default_factory=Named)
    master_page: Named = field(default_factory=Named)
    location: str = ""
    description: str = ""  # the text of the calendar event
    note: str = ""  # what the customer wrote
    guests: tuple[Guest, ...] = ()
    answers: tuple[Answer, ...] = ()
    utm: Mapping[str, str] = field(default_factory=dict)  # source, medium, campaign, term, content
    utm_told: bool = True  # False: this delivery could not have told it
    contact_hint: str = ""
    cancel_url: str = ""
    reschedule_url: str = ""
    meeting_url: str = ""
    created_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingEventData(StoredData):
    """One piece of news.

    `version` sorts the events of one segment where the platform counts or dates them, as text that sorts;
    blank where it does not, then `occurred_at`, the time of the envelope, decides. `replaces` and
    `replaced_by` name other segments; `series_id` is equal for the segments of one booking of one attendee
    (iCalUID).
    `booking` is None where the event tells of no more than ids.
    """

    segment_id: str
    event_id: str
    news: News
    occurred_at: datetime
    version: str = ""
    actor: Actor = Actor.UNKNOWN
    actor_id: str = ""
    reason: str = ""
    replaces: str = ""
    replaced_by: str = ""
    series_id: str = ""
    booking: BookingData | None = None
    ask_again: bool = False  # the platform's API tells more; where it cannot be asked, this counts
    warnings: tuple[str, ...] = ()  # what of the delivery could not be used


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingMention(StoredData):
    """An event that carries no more than an id: nothing is believed before the platform's API tells it.

    `event_id`, `name` and `occurred_at` are of the delivery.
    """

    segment_id: str
    event_id: str
    name: str
    occurred_at: datetime
