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

from cascade.context import Context
from cascade.journal import fingerprint, order_made
from cascade.models import JournalEntry
from cascade.planned import Plan, PlannedStep
from cascade.steps import STEPS, step_of
from crm.contract import Crm
from crm.records import CreatedOrder, GoalResult, Invoice, OrderRef

CONTACT_ID, ORDER_ID, INVOICE_ID, OTHER_ID = 2**40, 2**40 + 1, 2**40 + 2, 2**40 + 3
NAMES = {CONTACT_ID: "(contact)", ORDER_ID: "(order)", INVOICE_ID: "(invoice)", OTHER_ID: "(new id)"}

# What a step looks up while it runs or is probed. The invoice of an order yet to be made is not there.
LOOK_UPS = frozenset(
    {
        *("find_contacts_by_email", "find_lead_sources", "find_affiliates", "find_notes", "find_orders"),
        *("list_orders", "order_ids", "read_contact", "read_lines", "read_payments"),
    }
)
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
    book = _Book(takes_along=takes_along, ask=ask)
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
            book.step, book.expected = step.name, step.args.get("expected", "0")
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


class _Book:
    """Answers as the CRM does when all goes well, and writes each call down."""

    def __init__(self, *, takes_along: bool, ask: Callable[[], Crm] | None) -> None:
        self.takes_along, self.ask = takes_along, ask
        self.calls: list[PlannedCall] = []
        self.step, self.expected = "", "0"

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        method = signature(getattr(Crm, operation))

        def call(*args: Any, **kwargs: Any) -> Any:
            values = method.bind(self, *args, **kwargs).arguments
            del values["self"]
            shown = call_shown(operation, values, takes_along=self.takes_along)
            self.calls.append(PlannedCall(self.step, operation, shown))
            return self._answer(operation, values)

        return call

    def _answer(self, operation: str, values: Mapping[str, Any]) -> Any:
        ref = OrderRef(invoice_id=INVOICE_ID, order_id=ORDER_ID)
        along = self.takes_along
        if operation in LOOK_UPS:
            return getattr(self.ask(), operation)(**values) if self.ask else []
        if operation == "create_order":
            ref = ref if along else OrderRef(invoice_id=INVOICE_ID)  # XML-RPC tells the order id when asked
            lines = values.get("lines", ())
            total = sum((line.quantity * line.unit_price.amount for line in lines), Decimal(0))
            return CreatedOrder(ref=ref, has_lines=along, has_fields=along, total=total if along else None)
        if operation == "place_order":
            return CreatedOrder(ref=ref)
        if operation == "read_invoice":
            return Invoice(ref=ref, total=Decimal(self.expected), paid=Decimal(0), due=Decimal(0))
        if operation == "apply_tags":
            return dict.fromkeys(values["tag_ids"] if along else values["tag_ids"][:1], True)
        return _USUAL.get(operation)


_USUAL: dict[str, Any] = {
    "upsert_contact": CONTACT_ID,
    "create_lead_source": OTHER_ID,
    "create_product": OTHER_ID,
    "create_affiliate": OTHER_ID,
    "add_note": OTHER_ID,
    "opt_in": True,
    "move_order": True,
    "remove_tag": True,
    "run_action_set": [],
    "achieve_goal": [GoalResult(achieved=True)],
}


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
