"""What programs tell of an object of the CRM: a company, an opportunity, a task or a note.

A blank value says nothing: it never overwrites. Times are aware; amounts are in the CRM account's currency.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from intake.stored_data import StoredData


class ObjectType(StrEnum):
    COMPANY = "company"
    OPPORTUNITY = "opportunity"
    TASK = "task"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectData(StoredData):
    """`title` is a company's name too. `happens_at` is when an opportunity is to close, a task is due, a note
    was taken. `stage` is the name of an opportunity's stage.
    """

    type: ObjectType
    object_id: str
    version_at: datetime
    title: str
    text: str = ""
    contact_email: str = ""
    owner_email: str = ""
    happens_at: datetime | None = None
    completed_at: datetime | None = None
    stage: str = ""
    activity_type: str = ""
    priority: str = ""
    email: str = ""
    phone: str = ""
    website: str = ""
    revenue_low: Decimal | None = None
    revenue_high: Decimal | None = None
    custom_fields: dict[str, str] = field(default_factory=dict)
