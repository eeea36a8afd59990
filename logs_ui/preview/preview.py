"""What would be sent now, beside what was sent: plans and journal entries as the preview page shows them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

from django.utils import timezone

from cascade.engine.dry_run import PlannedCall
from cascade.models import JournalEntry, Replication
from cascade.plan import Plan
from logs_ui.log import display
from mappings.models import ApiCall

PREVIEW_TRACE = "preview"  # the trace id of a preview's calls
CALLS_PER_MINUTE = 60
MAX_STEPS = 500
LONGEST_VALUE = 1000
SENT = (JournalEntry.State.DONE, JournalEntry.State.SENDING)
IN_DOUBT = (JournalEntry.State.UNKNOWN, JournalEntry.State.UNCERTAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    name: str
    planned: str
    sent: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StepPreview:
    """One step of the plan, or one that was sent and is in the plan no more."""

    title: str
    outcome: str
    state: str  # new, same, differs, doubt, gone
    differences: list[Difference]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallPreview:
    """A call of the CRM contract with its arguments taken apart by their names."""

    operation: str
    arguments: dict[str, str]


def calls_preview(calls: Iterable[PlannedCall]) -> list[CallPreview]:
    return [
        CallPreview(operation=call.operation, arguments=_flat(call.args)) for call in islice(calls, MAX_STEPS)
    ]


def steps_preview(plan: Plan, entries: Iterable[JournalEntry]) -> list[StepPreview]:
    """The plan's steps beside the journal, then what was sent and is not planned any more."""
    journal = {entry.step: entry for entry in entries}
    planned = {step.name for step in plan.steps}
    found = [_planned(step.kind, step.args, journal.get(step.name)) for step in plan.steps[:MAX_STEPS]]
    gone = [entry for name, entry in journal.items() if name not in planned and entry.state in SENT]
    return found + [
        StepPreview(
            title=display.step_title(entry.kind, entry.args),
            outcome="In the CRM, planned no more",
            state="gone",
            differences=[],
        )
        for entry in gone[:MAX_STEPS]
    ]


def differences_of(planned: Mapping[str, Any], sent: Mapping[str, Any]) -> list[Difference]:
    """The values that are not the same, one row each, lists and objects taken apart by their names."""
    now, before = _flat(planned), _flat(sent)
    return [
        Difference(name=name, planned=now.get(name, ""), sent=before.get(name, ""))
        for name in dict.fromkeys((*now, *before))
        if now.get(name, "") != before.get(name, "")
    ]


def too_many(replication: Replication) -> bool:
    """Whether previews of this connection used up what they may within a minute; from every machine."""
    calls = ApiCall.objects.filter(
        connection=replication.connection_id,
        started_at__gte=timezone.now() - timedelta(minutes=1),
        trace_id=PREVIEW_TRACE,
    )
    return calls.order_by()[:CALLS_PER_MINUTE].count() >= CALLS_PER_MINUTE


def _planned(kind: str, args: Mapping[str, Any], entry: JournalEntry | None) -> StepPreview:
    title = display.step_title(kind, args)
    if entry is None or entry.state not in (*SENT, *IN_DOUBT):
        return StepPreview(title=title, outcome="Would be sent", state="new", differences=[])
    differences = differences_of(args, entry.args)
    if entry.state in IN_DOUBT:
        outcome = "Outcome unknown: looked up before anything is repeated"
        return StepPreview(title=title, outcome=outcome, state="doubt", differences=differences)
    if not differences:
        return StepPreview(title=title, outcome="In the CRM already", state="same", differences=[])
    return StepPreview(title=title, outcome="Would be updated", state="differs", differences=differences)


def _flat(value: object, name: str = "") -> dict[str, str]:
    if isinstance(value, Mapping) and value:
        items = ((str(key), item) for key, item in value.items())
    elif isinstance(value, list | tuple) and value and any(isinstance(item, dict | list) for item in value):
        items = ((str(number), item) for number, item in enumerate(value, start=1))
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
        return {name: text[:LONGEST_VALUE]} if value not in (None, "", [], {}, ()) else {}
    found: dict[str, str] = {}
    for key, item in items:
        found.update(_flat(item, f"{name}.{key}" if name else key))
    return found
