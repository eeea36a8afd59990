"""From rows to what a template prints: the words come from `display`, the links from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from cascade.engine.kinds import KINDS
from cascade.engine.resolve_by_hand import may_be_resolved
from cascade.engine.subject_words import Subject
from cascade.models import Attempt, JournalEntry, Replication
from cascade.steps import step_of
from logs_ui.log import display
from logs_ui.log.filters import ATTENTION, PROBLEM
from logs_ui.log.selectors import SUMMARY_ROWS
from logs_ui.log.subjects import subject_of
from mappings.models import ApiCall

CHIP_ORDER = ("failed", "parked", "retrying", "waiting", "running", "succeeded", "skipped")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cure:
    """The settings section that removes the cause; `url` only for who may change it."""

    title: str
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """One replication in words: where it stands, what went wrong, what to do."""

    row: Replication
    label: str
    level_label: str
    problem: str
    todo: str
    cure: Cure | None
    took: str
    subject: Subject
    needs_person: bool

    @property
    def contact(self) -> str:
        return self.subject.email or "No e-mail"

    @property
    def shop(self) -> str:
        return self.row.source.name if self.row.source else ""

    @property
    def is_open(self) -> bool:
        return self.row.state in Replication.OPEN


def situation(
    row: Replication,
    subject: Subject,
    *,
    may_edit: bool,
    held: str = "",
    now: datetime | None = None,
) -> Situation:
    """Put a replication into words; a paused connection is the better answer to why it does not move.

    `held` says what else keeps a new one from beginning.
    """
    problem = display.problem_sentence(row.state, row.reason, row.level)
    todo = display.todo_sentence(row.state, row.error_class)
    setting = row.setting
    if held and row.state == "waiting":
        problem, todo = held, "Nothing to do: it is sent by itself afterwards."
    if row.state in ("waiting", "retrying") and row.connection.paused_at:
        problem = f"The connection is paused: {row.connection.paused_reason or 'no reason is noted.'}"
        todo, setting = "Correct the setting: it goes on by itself after a successful test.", "credentials"
    end = row.finished_at or now or timezone.now()
    return Situation(
        row=row,
        label=display.state_words(row.state).label,
        level_label=display.LEVELS.get(row.level, row.level) if row.state in ("succeeded", "skipped") else "",
        problem=problem,
        todo=todo,
        cure=cure_of(row, setting, may_edit) if setting else None,
        took=display.duration_words(end - row.created_at),
        subject=subject,
        needs_person=row.state in ("failed", "parked") or (row.state, row.level) == ("succeeded", "error"),
    )


def cure_of(row: Replication, setting: str, may_edit: bool) -> Cure:
    """The place of the settings that an error's word names, with its link for who may edit it."""
    title, url = setting_address(row, setting)
    return Cure(title=title, url=url if may_edit else "")


def setting_address(row: Replication, setting: str) -> tuple[str, str]:
    """The title of the section and its address, on the connection's page or on that of the kind."""
    kind = KINDS.get(row.kind)
    own = kind.own_settings if kind else None
    if own is not None and setting in own.words and row.source_id is not None:
        return own.title, admin_url(own.page, row.source_id)
    title, anchor = display.setting_place(setting)
    url = connection_url(row.connection_id)
    return title, f"{url}#{anchor}" if url else ""


def connection_url(connection_id: int) -> str:
    return admin_url("mappings_connection_change", connection_id)


def admin_url(name: str, pk: int | None = None) -> str:
    """The address of an admin page; empty where this installation has no such page."""
    try:
        return reverse(f"admin:{name}", args=[] if pk is None else [pk])
    except NoReverseMatch:
        return ""


# -- the list -------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """One clickable number of the last 24 hours."""

    key: str
    label: str
    number: int
    query: str

    @property
    def text(self) -> str:
        return f"{self.number:,}" if self.number < SUMMARY_ROWS else f"{SUMMARY_ROWS:,}+"


def chips(counts: Counter[tuple[str, str]]) -> list[Chip]:
    """What needs a person first, then every state that occurred."""
    by_state: Counter[str] = Counter()
    for (state, _), number in counts.items():
        by_state[state] += number
    attention = by_state["failed"] + by_state["parked"] + counts["succeeded", "error"]
    noted = counts["succeeded", "warning"] + counts["succeeded", "error"]
    found = [Chip(key=ATTENTION, label="Need a person", number=attention, query=_query(state=ATTENTION))]
    for state in CHIP_ORDER:
        if by_state[state]:
            label = display.state_words(state).label
            found.append(Chip(key=state, label=label, number=by_state[state], query=_query(state=state)))
    if noted:
        query = _query(state="succeeded", level=PROBLEM)
        found.append(Chip(key="noted", label="Succeeded with remarks", number=noted, query=query))
    return found


def _query(**values: str) -> str:
    return "?" + "&".join(f"{key}={value}" for key, value in {**values, "within": "24h"}.items())


# -- one replication ------------------------------------------------------------------------------------


def headline(row: Replication, facts: list[str], problem: str) -> str:
    """One sentence: what is in the CRM, or why it is not."""
    if row.state != "succeeded":
        return problem
    return f"In the CRM: {', '.join(facts)}." if facts else display.state_words(row.state).sentence


def crm_facts(entries: Iterable[JournalEntry]) -> list[str]:
    """What the journal knows to be in the CRM: contact, order, invoice and the money paid."""
    ids: dict[str, str] = {}
    paid, currency = Decimal(0), ""
    for entry in entries:
        if entry.state != "done":
            continue
        ids.update(display.external_ids(entry.external))
        if step_of(entry.kind).pays and entry.args.get("amount"):
            paid += Decimal(entry.args["amount"])
            currency = entry.args.get("currency") or currency
    facts = [f"{name} {ids[name]}" for name in ("contact", "order", "invoice") if name in ids]
    return [*facts, f"{paid} {currency} paid".replace("  ", " ")] if paid else facts


@dataclass(frozen=True, kw_only=True, slots=True)
class Sibling:
    """Another replication of the same subject, or of one that belongs to it."""

    row: Replication
    label: str
    problem: str
    trigger: str
    heading: str


def siblings(rows: Iterable[Replication], *, named: bool = False) -> list[Sibling]:
    """`named` rows bring their subjects along, to be called by their names."""
    return [
        Sibling(
            row=row,
            label=display.state_words(row.state).label,
            problem=display.problem_sentence(row.state, row.reason, row.level),
            trigger=trigger_words(row),
            heading=subject_of(row).heading if named else "",
        )
        for row in rows
    ]


def trigger_words(row: Replication) -> str:
    return display.TRIGGERS.get(row.triggered_by) or display.plain_words(row.triggered_by)


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    level: str
    text: str


def decisions(plan: object) -> list[Remark]:
    """The decision trace of a stored plan; whatever its shape, nothing is thrown away."""
    items = plan.get("decisions") if isinstance(plan, dict) else None
    remarks = []
    for item in items if isinstance(items, list) else ():
        found = item if isinstance(item, dict) else {"text": item}
        level = str(found.get("level", "info"))
        level = level if level in display.LEVELS else "info"
        remarks.append(Remark(level=level, text=str(found.get("text", ""))))
    return remarks


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptView:
    row: Attempt
    outcome: str
    error_label: str
    took: str


def attempts(rows: Iterable[Attempt]) -> list[AttemptView]:
    return [
        AttemptView(
            row=row,
            outcome=display.OUTCOMES.get(row.outcome) or display.plain_words(row.outcome),
            error_label=display.ERROR_CLASSES.get(row.error_class, row.error_class),
            took=display.duration_words(row.finished_at - row.started_at) if row.finished_at else "",
        )
        for row in rows
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallView:
    row: ApiCall
    title: str
    protocol: str
    took: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CallGroup:
    attempt: int
    calls: list[CallView]


def call_groups(rows: Iterable[ApiCall], entries: Iterable[JournalEntry]) -> list[CallGroup]:
    """Calls by attempt, each named after the step that made it."""
    titles = {entry.step: display.step_title(entry.kind, entry.args) for entry in entries}
    return [
        CallGroup(
            attempt=attempt,
            calls=[
                CallView(
                    row=row,
                    title=titles.get(row.step) or display.plain_words(row.operation),
                    protocol=display.PROTOCOLS.get(row.protocol, row.protocol),
                    took=display.duration_words(timedelta(milliseconds=row.duration_ms)),
                )
                for row in group
            ],
        )
        for attempt, group in groupby(rows, key=lambda row: row.attempt)
    ]


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
    views = []
    for entry in entries:
        is_well = entry.state == "done" and entry.result != "skipped"
        state_sentence = display.STEP_STATES.get(entry.state, display.Words(label="")).sentence
        view = StepView(
            entry=entry,
            title=display.step_title(entry.kind, entry.args),
            outcome=display.step_outcome(entry.state, entry.result, entry.kind),
            sentence="" if is_well else entry.note or state_sentence,
            remark=entry.note.rstrip(".") if is_well else "",
            ids=display.external_ids(entry.external),
            in_doubt=may_be_resolved(entry),
            look_for=display.look_for(entry.kind, entry.args),
        )
        views.append(view)
    return views


def contact_id(entries: Iterable[JournalEntry]) -> str:
    """The CRM's id of the contact, as far as the journal knows it."""
    found = [entry.external["contact_id"] for entry in entries if entry.external.get("contact_id")]
    return str(found[-1]) if found else ""
