"""What is to be done for one object: its contact, and the object itself. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from cascade.plan import INTEGRATION_OFF, Draft, Plan, PlannedStep, PlanVerdict, skip
from cascade.planning.contact import clean_text, party_args
from cascade.planning.rules import Rules
from crm.lengths import EMAIL
from intake.party import Party
from objects.keys import name_key, object_key
from objects.object_data import ObjectData, ObjectType

LONGEST_TITLE = 255
LONGEST_TEXT = 60_000
# What one type has and others have not, and what its key needs.
TAKES: Mapping[ObjectType, frozenset[str]] = {
    ObjectType.COMPANY: frozenset({"email", "phone", "website"}),
    ObjectType.OPPORTUNITY: frozenset(
        {"contact_email", "happens_at", "stage", "revenue_low", "revenue_high"}
    ),
    ObjectType.TASK: frozenset({"contact_email", "happens_at", "completed_at", "activity_type", "priority"}),
    ObjectType.NOTE: frozenset({"contact_email", "happens_at", "activity_type"}),
}
NEEDS: Mapping[ObjectType, tuple[str, ...]] = {
    ObjectType.OPPORTUNITY: ("contact_email", "stage"),
    ObjectType.NOTE: ("contact_email",),
}
STEPS: Mapping[ObjectType, str] = {
    ObjectType.COMPANY: "upsert_company",
    ObjectType.OPPORTUNITY: "upsert_opportunity",
    ObjectType.TASK: "add_activity",
    ObjectType.NOTE: "add_activity",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectFacts:
    """What is known beside the object. `user_id` 0: no active user has the owner's address; `stage_id` 0: the
    CRM has no such stage, or several.
    """

    marker: str
    zone: ZoneInfo
    user_id: int = 0
    stage_id: int = 0


def build_object_plan(data: ObjectData, rules: Rules, facts: ObjectFacts) -> Plan:
    """Raises nothing: what cannot be sent is a verdict."""
    draft = Draft()
    if verdict := _not_sent(data, rules, facts):
        draft.verdict = verdict
        draft.say(verdict.reason)
        return draft.plan()
    for name in sorted(frozenset().union(*TAKES.values()) - TAKES[data.type]):
        if getattr(data, name) not in (None, ""):
            draft.say(f"“{name}” is left out: the CRM's {data.type} has no such value.", "warning")
    if data.owner_email and not facts.user_id:
        draft.say(
            f"No active user of the CRM has the address {data.owner_email}, so the owner is left as it is.",
            "warning",
        )
    needs: tuple[str, ...] = ()
    if data.contact_email and "contact_email" in TAKES[data.type]:
        args, _ = party_args(data.contact_email.strip(), Party(), rules)
        draft.steps.append(PlannedStep(name="contact", kind="upsert_contact", args=args))
        needs = ("contact",)
    values = _values(data, facts)
    key = object_key(data.type, values, facts.zone)
    draft.say(f"An existing {data.type} is one that is called “{key[0]}”{_at(key)}: signs and case aside.")
    args = {
        "type": data.type.value,
        "title": values.get("name") or values.get("title"),
        "values": values,
        "fields": {f"_{name.removeprefix('_')}": text for name, text in data.custom_fields.items() if text},
        "key": list(key),
        "zone": str(facts.zone),
        "marker": facts.marker,
    }
    draft.steps.append(PlannedStep(name="object", kind=STEPS[data.type], args=args, needs=needs))
    return draft.plan()


def _at(key: tuple[str, ...]) -> str:
    return f" at {key[1]}" if len(key) > 1 and key[1] else ""


def _not_sent(data: ObjectData, rules: Rules, facts: ObjectFacts) -> PlanVerdict | None:
    if not rules.enabled:
        return skip(INTEGRATION_OFF)
    missing = [name for name in NEEDS.get(data.type, ()) if not getattr(data, name).strip()]
    if not name_key(data.title):
        missing.append("title")
    if missing:
        return PlanVerdict(
            state="parked",
            reason=f"Held: without “{missing[0]}” this {data.type} cannot be told from others. Send it again "
            "with that.",
            error_class="permanent",
        )
    email = data.contact_email.strip()
    if email and ("@" not in email or len(email) > EMAIL):
        return PlanVerdict(
            state="parked",
            reason=f"“{email[:100]}” is not a usable address of a contact. Correct it and send it again.",
            error_class="permanent",
        )
    if data.type is ObjectType.OPPORTUNITY and not facts.stage_id:
        return PlanVerdict(
            state="failed",
            reason=f"The CRM has no single stage called “{data.stage}”. Create or rename it there, or send "
            "another name, then resend.",
            error_class="configuration",
            setting="credentials",
        )
    return None


def _values(data: ObjectData, facts: ObjectFacts) -> dict[str, Any]:
    """The values to write, by the names of `crm.object_records`; blank ones are left out."""
    title = clean_text(data.title, remove_four_byte=False)[:LONGEST_TITLE]
    text = clean_text(data.text, remove_four_byte=False)[:LONGEST_TEXT].rstrip()
    marked = f"{text}\n{facts.marker}" if text else facts.marker
    at = data.happens_at.isoformat() if data.happens_at else ""
    user = facts.user_id or None
    values: dict[str, Any]
    match data.type:
        case ObjectType.COMPANY:
            values = {
                "name": title,
                "notes": text,
                "email": data.email,
                "phone": data.phone,
                "website": data.website,
                "owner_id": user,
            }
        case ObjectType.OPPORTUNITY:
            low, high = data.revenue_low, data.revenue_high
            values = {
                "title": title,
                "notes": marked,
                "stage_id": facts.stage_id,
                "user_id": user,
                "closes_at": at,
                "revenue_low": None if low is None else str(low),
                "revenue_high": None if high is None else str(high),
            }
        case ObjectType.TASK:
            values = {
                "title": title,
                "description": marked,
                "due_at": at,
                "completed_at": data.completed_at.isoformat() if data.completed_at else "",
                "user_id": user,
                "type": data.activity_type,
                "priority": data.priority,
            }
        case _:
            values = {
                "title": title,
                "text": marked,
                "created_at": at,
                "user_id": user,
                "type": data.activity_type,
            }
    return {name: value for name, value in values.items() if value not in (None, "")}
