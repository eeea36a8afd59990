"""What a merchant chose for the bookings of one source, as plain values: all that the plan knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bookings.phases import DEFAULT_TAGS, Phase

CONTACT, APPOINTMENT = "contact", "appointment"
FILL, OVERWRITE, KEEP, NEW = "fill", "overwrite", "keep", "new"  # what becomes of a contact that was found
HOST, FIXED, NONE = "host", "fixed", "none"  # whose a contact is
NOT_CONNECTED = "is not connected."  # by this a skipped booking is found again
ONE, EACH_PHASE = "one", "each_phase"  # the tags of a single booking; or NONE


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnTag:
    """A tag of the merchant's own for a phase; `value` is the case-folded id or name of what `level` says.

    `removed`: taken off again when the booking leaves the phase.
    """

    phase: str
    level: str  # any, booking_page, event_type or master_page
    value: str
    tag: str
    removed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class MappedField:
    """`booking_field` is one of `bookings.booking_fields`; `crm_field` the CRM's name of a field of `target`.

    `event_type` is blank for a row of the account, else the case-folded id or name of the one it is for.
    """

    booking_field: str
    target: str
    crm_field: str
    event_type: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostRule:
    """`user_id` is a user of the CRM, 0 where none is chosen. Not `connected`: its bookings are not sent."""

    user_id: int = 0
    connected: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingRules:
    """Settings and tables of one booking source at one moment.

    Hosts are keyed by address, pages by their case-folded id or name. `all_hosts`: one who is not connected
    counts as if. `tasks`: where the account has no appointments, a task stands for one.
    """

    enabled: bool = True
    create_contacts: bool = True
    new_owner: str = HOST
    new_owner_id: int = 0
    found_by_email: str = FILL
    owner_by_email: str = KEEP
    found_by_id: str = FILL
    owner_by_id: str = KEEP
    guests_as_contacts: bool = False
    all_hosts: bool = False
    contact_type: str = "Prospect"
    action_type: str = "Call"
    priority: str = "Non-Essential"
    lead_sources: bool = True
    lead_source_category: str = ""
    reminder_minutes: int = 0
    deletes_canceled: bool = False
    recreate: bool = False
    tasks: bool = False
    generic_tags: bool = True
    booking_tags: str = ONE
    booking_tag_days: int = 0
    tag_category: str = "Bookings"
    tag_texts: Mapping[Phase, str] = field(default_factory=lambda: DEFAULT_TAGS)
    unknown_actor_is_customer: bool = False
    suspected_is_no_show: bool = False
    grace: timedelta = timedelta(0)
    day_first: bool = False
    link_key_field: str = ""
    own_tags: tuple[OwnTag, ...] = ()
    mapping: tuple[MappedField, ...] = ()
    hosts: Mapping[str, HostRule] = field(default_factory=dict)
    pages: Mapping[str, int] = field(default_factory=dict)
