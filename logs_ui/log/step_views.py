"""The journal's entries as the page of one replication shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cascade.engine.resolve_by_hand import may_be_resolved
from cascade.models import JournalEntry
from logs_ui.log import display


@dataclass(frozen=True, kw_only=True, slots=True)
class StepView:
    entry: JournalEntry
    title: str
    outcome: str
    sentence: str
    remark: str  # of a step that is done as it should be
    ids: list[tuple[str, str]]
    in_doubt: bool  # only a person can tell what became of it
    look_for: str


def step_views(entries: Iterable[JournalEntry]) -> list[StepView]:
    return [_step(entry) for entry in entries]


def _step(entry: JournalEntry) -> StepView:
    is_well = entry.state == "done" and entry.result != "skipped"
    state_sentence = display.STEP_STATES.get(entry.state, display.Words(label="")).sentence
    return StepView(
        entry=entry,
        title=display.step_title(entry.kind, entry.args),
        outcome=display.step_outcome(entry.state, entry.result, entry.kind),
        sentence="" if is_well else entry.note or state_sentence,
        remark=entry.note.rstrip(".") if is_well else "",
        ids=display.external_ids(entry.external),
        in_doubt=may_be_resolved(entry),
        look_for=display.look_for(entry.kind, entry.args),
    )


def contact_id(entries: Iterable[JournalEntry]) -> str:
    """The CRM's id of the contact, as far as the journal knows it."""
    found = [entry.external["contact_id"] for entry in entries if entry.external.get("contact_id")]
    return str(found[-1]) if found else ""
