"""Companies, opportunities, tasks and notes in our words: more of the values of `crm.contract`.

Of what is written, None leaves a value as it is and a blank text clears it; a new record takes neither.
`fields` are custom fields by underscore name, as text. Times are aware, to the second; ids are integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from crm.records import Address


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanyData:
    """`name` is required of a new company. An address with a street takes the old one's place as a whole."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    website: str | None = None
    notes: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    owner_id: int | None = None
    address: Address = field(default_factory=Address)
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CompanyRecord:
    """The country is as the CRM writes it; `fields` are those that `read_company` was asked for."""

    id: int
    name: str
    email: str = ""
    phone: str = ""
    website: str = ""
    notes: str = ""
    first_name: str = ""
    last_name: str = ""
    owner_id: int = 0
    address: Address = field(default_factory=Address)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpportunityData:
    """Contact, title and stage are required of a new opportunity. Revenues are in the account's currency."""

    contact_id: int | None = None
    title: str | None = None
    stage_id: int | None = None
    user_id: int | None = None
    affiliate_id: int | None = None
    closes_at: datetime | None = None
    next_action_at: datetime | None = None
    next_action_notes: str | None = None
    revenue_low: Decimal | None = None
    revenue_high: Decimal | None = None
    notes: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpportunityRecord:
    """`stage_id`, `user_id` and `affiliate_id` are 0 where there is none."""

    id: int
    contact_id: int
    title: str
    stage_id: int = 0
    user_id: int = 0
    affiliate_id: int = 0
    closes_at: datetime | None = None
    next_action_at: datetime | None = None
    next_action_notes: str = ""
    revenue_low: Decimal | None = None
    revenue_high: Decimal | None = None
    notes: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class StageMove:
    """An opportunity went from one stage to another; from 0, its first."""

    id: int
    from_stage_id: int
    to_stage_id: int
    moved_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskData:
    """`title` is required of a new task, over REST also `user_id`. `priority` is a word of `Priority`."""

    contact_id: int | None = None
    title: str | None = None
    description: str | None = None
    due_at: datetime | None = None
    completed_at: datetime | None = None
    user_id: int | None = None
    opportunity_id: int | None = None
    type: str | None = None
    priority: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskRecord:
    """Ids are 0 where there is none; `priority` is a word of `Priority` or blank."""

    id: int
    title: str
    description: str = ""
    contact_id: int = 0
    user_id: int = 0
    opportunity_id: int = 0
    due_at: datetime | None = None
    completed_at: datetime | None = None
    type: str = ""
    priority: str = ""
    created_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteData:
    """A new note has a title. `created_at` is for a new one, and XML-RPC alone takes it.

    Without `user_id` REST names the active user with the lowest id as the author.
    """

    title: str | None = None
    text: str | None = None
    type: str | None = None
    user_id: int | None = None
    created_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class NoteRecord:
    id: int
    contact_id: int
    title: str
    text: str = ""
    type: str = ""
    user_id: int = 0
    created_at: datetime | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
