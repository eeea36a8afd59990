"""The calls a plan makes when all goes well, found by running its very steps against a stand-in of the CRM.

So the preview shows what a run does, not what somebody wrote down about it. The stand-in writes nothing;
what a step looks up it may ask the real CRM. Ids that only a write can give are shown by name.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import Enum
from inspect import signature
from typing import Any, cast

from cascade.engine.journal import fingerprint, order_made
from cascade.models import JournalEntry
from cascade.plan import Plan, PlannedStep
from cascade.steps import STEPS, step_of
from cascade.steps.base import Context, DryCall
from crm.contract import Crm
from crm.records import OrderRef

CONTACT_ID, ORDER_ID, INVOICE_ID, OTHER_ID = 2**40, 2**40 + 1, 2**40 + 2, 2**40 + 3
NAMES = {CONTACT_ID: "(contact)", ORDER_ID: "(order)", INVOICE_ID: "(invoice)", OTHER_ID: "(new id)"}

IN_DOUBT = (JournalEntry.State.SENDING, JournalEntry.State.UNKNOWN, JournalEntry.State.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call of the CRM contract; `args` as plain JSON values."""

    step: str
    operation: str
    args: dict[str, Any]


def calls_of(
    plan: Plan,
    *,
    takes_along: bool,
    entries: Sequence[JournalEntry] = (),
    contact_id: int = 0,
    ask: Callable[[], Crm] | None = None,
    shared: Callable[[str], bool] | None = None,
) -> list[PlannedCall]:
    """The contract's calls in their order.

    `takes_along`: whether the protocol makes an order with its lines and takes all tags at once, as REST
    does. `entries` are the subject's, for what is done already and what is in doubt. `contact_id` is a
    contact that holds the plan's values, as far as we know. `ask` gives the CRM to look things up in where
    a step does; without it nothing is found. `shared`: whether others of ours have an address too.
    Raises: the CrmError of such a look-up.
    """
    book = _RecordingCrm(takes_along=takes_along, ask=ask)
    context = Context(
        crm=cast(Crm, book), unchanged_contact=contact_id or None, order_made=order_made(entries)
    )
    if shared is not None:
        context = replace(context, address_held=lambda left, _taken: nullcontext(shared(left)))
    journal = {entry.step: entry for entry in entries}
    done = {step.name for step in plan.steps if _is_done(step, journal.get(step.name))}
    ended = done | {name for name, entry in journal.items() if entry.state == JournalEntry.State.DONE}
    for step in plan.steps:
        entry = journal.get(step.name)
        external = entry.external if entry else {}
        if step.name not in done:
            if not ended.issuperset(step.needs):
                continue
            book.step = step
            brought = _take(step, entry, replace(context, pending=_pending(plan, done, journal)))
            if brought is None:
                continue
            external = {**external, **brought}
            done.add(step.name)
            ended.add(step.name)
        context = context.with_done(step.kind, step.args, external)
    return book.calls


def _take(step: PlannedStep, entry: JournalEntry | None, context: Context) -> Mapping[str, Any] | None:
    """What the step brings, after looking for what an earlier send of it did; None if a person decides."""
    kind, context = STEPS[step.kind], replace(context, step=step.name, known={}, send_began_at=None)
    if entry is not None:
        context = replace(context, known=entry.external, send_began_at=entry.send_began_at)
    if entry is not None and entry.state in IN_DOUBT:
        if kind.once:
            return None
        found = kind.probe(context, entry.args) if kind.probe else None
        if found is not None:
            return found.external
    return kind.run(context, step.args).external


def _is_done(step: PlannedStep, entry: JournalEntry | None) -> bool:
    if entry is None or entry.state != JournalEntry.State.DONE:
        return False
    as_planned = step_of(step.kind).is_kept or entry.fingerprint == fingerprint(step.args)
    return as_planned and entry.result not in step_of(entry.kind).again_after


def call_shown(operation: str, values: Mapping[str, Any], *, takes_along: bool = True) -> dict[str, Any]:
    """A call's arguments as plain JSON values, without blank ones and without what the protocol leaves to
    later calls."""
    left = () if takes_along or operation != "create_order" else ("lines", "fields", "notes")
    shown = {name: _plain(value) for name, value in values.items() if name not in left}
    return {name: value for name, value in shown.items() if value not in ("", None, [], {})}


def _pending(
    plan: Plan, done: Container[str], journal: Mapping[str, JournalEntry]
) -> dict[str, dict[str, Any]]:
    pending: dict[str, dict[str, Any]] = {}
    for step in plan.steps:
        entry = journal.get(step.name)
        if step.name not in done and (entry is None or entry.state not in IN_DOUBT):
            pending.setdefault(step.kind, {})[step.name] = step.args
    return pending


class _RecordingCrm:
    """Answers as the CRM does when all goes well, and writes each call down."""

    def __init__(self, *, takes_along: bool, ask: Callable[[], Crm] | None) -> None:
        self.takes_along, self.ask = takes_along, ask
        self.calls: list[PlannedCall] = []
        self.step: PlannedStep

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = signature(getattr(Crm, operation))

        def call(*args: Any, **kwargs: Any) -> Any:
            values = method.bind(self, *args, **kwargs).arguments
            del values["self"]
            shown = call_shown(operation, values, takes_along=self.takes_along)
            self.calls.append(PlannedCall(self.step.name, operation, shown))
            return self._answer(operation, values, method.return_annotation)

        return call

    def _answer(self, operation: str, values: Mapping[str, Any], returns: str) -> Any:
        step = STEPS[self.step.kind]
        if operation in step.asks:
            if CONTACT_ID in values.values():
                return []  # nothing hangs on a contact that is yet to be made
            return getattr(self.ask(), operation)(**values) if self.ask else []
        if (usual := step.usual.get(operation)) is None:
            return {"int": OTHER_ID, "bool": True}.get(returns)
        return usual(
            DryCall(
                args=self.step.args,
                values=values,
                takes_along=self.takes_along,
                contact_id=CONTACT_ID,
                order=OrderRef(invoice_id=INVOICE_ID, order_id=ORDER_ID),
            )
        )


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return call_shown("", asdict(value))
    if isinstance(value, Mapping):
        return call_shown("", {str(key): item for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool):
        return NAMES.get(value, value)
    return value
