"""What a newer plan may still change once the order's head was sent: everything but its money.

From that moment the head, its lines, its total and the payments that were sent come from the journal. Three
things are added: lines that were left out for want of a product and have one now, with a payment of their
own; the payment of what came in since, up to the CRM order's total; and a sentence wherever the shop's order
has come to differ from the CRM's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from cascade.engine.journal import UNSENT, order_made
from cascade.models import JournalEntry
from cascade.plan import Decision, Plan, PlannedStep
from cascade.shop.orders.payments import amount_of, later_paid_at, payment_steps
from cascade.steps import step_of
from cascade.steps.base import AtHead
from crm.emails import email_key


def plan_with_frozen(plan: Plan, entries: Sequence[JournalEntry]) -> Plan:
    """The plan as it may run now, given what the journal says was begun. Pure."""
    head = head_sent(entries)
    if head is None or plan.leaves_order:
        return plan

    def stays(entry: JournalEntry) -> bool:
        """Whether the journal has the say. A payment not sent, or refused, is planned from what came in."""
        if entry.kind == "record_payment" and entry.state in UNSENT:
            return plan.money_in is None
        return step_of(entry.kind).is_frozen

    frozen = [_as_journalled(entry, plan) for entry in entries if stays(entry)]
    if plan.verdict is not None and not plan.steps:
        reason = f"{plan.verdict.reason} The CRM already holds this order; it was left as it is."
        return replace(
            plan,
            verdict=replace(plan.verdict, reason=reason),
            decisions=(*plan.decisions, Decision(text=reason, level="warning")),
        )
    sent = [step for step in frozen if step.kind == "record_payment"]
    left_out = {f"line:{key}" for key in head.args["left_out"]} - {step.name for step in frozen}
    added = [step for step in plan.steps if step.name in left_out]
    totals = [step for step in frozen if step.kind == "check_total"]
    if plan.money_in is not None:  # what came in for the lines that were sent, less what may be in the CRM
        paid_at = later_paid_at(plan.money_in, sent)
        frozen += payment_steps(plan.money_in, head.args["title"], totals, sent, paid_at=paid_at)
    fresh = [step for step in plan.steps if not step_of(step.kind).is_frozen]
    contact = [step for step in fresh if step_of(step.kind).at_head is AtHead.BEFORE]
    rest = [step for step in fresh if step not in contact]
    if plan.verdict is not None:
        rest += [  # what was to follow the order, though the newer plan has no order for it to follow
            _as_journalled(entry, plan)
            for entry in entries
            if step_of(entry.kind).at_head is AtHead.BEHIND and entry.needs != ["contact"]
        ]
        left = Decision(text="The CRM already holds this order; it was left as it is.", level="warning")
        plan = replace(plan, decisions=(*plan.decisions, left))
    if head.kind == "place_order":
        # The CRM titled and dated the order itself: our marker and date stay part of what is written to it.
        fresh_args = next((step.args for step in rest if step.name == "order_fields"), None)
        known: dict[str, Any] = next((entry.args for entry in entries if entry.step == "order_fields"), {})
        own = {name: head.args[name] for name in ("title", "placed_at")}
        args = {"notes": "", "fields": {}, **(fresh_args or known), **own}
        titled = PlannedStep(name="order_fields", kind="set_order_fields", args=args, needs=("order",))
        rest = [titled, *(step for step in rest if step.name != "order_fields")]
    kept_names = {step.name for step in (*contact, *frozen)}
    rest = [replace(step, needs=tuple(name for name in step.needs if name in kept_names)) for step in rest]
    steps = (*contact, *frozen, *_added_steps(plan, head, frozen, added), *rest)
    differences = _differences(plan, totals, added, sent)
    kept = [decision for decision in plan.decisions if not (differences and decision.about_charges)]
    return replace(plan, steps=steps, decisions=(*kept, *differences), verdict=None)


def plan_without_new(plan: Plan, entries: Sequence[JournalEntry]) -> Plan:
    """The plan for a change of what was sent: campaigns mapped since are not started by it. Pure."""
    known = {entry.step for entry in entries}
    new = [step for step in plan.steps if step_of(step.kind).once and step.name not in known]
    if not new:
        return plan
    nouns = ", ".join(step_of(step.kind).noun.format(**step.args) for step in new)
    told = Decision(
        text=f"Not started, because it was set up after this order was sent: {nouns}. Resend the order to "
        "start it."
    )
    steps = tuple(step for step in plan.steps if step not in new)
    return replace(plan, steps=steps, decisions=(*plan.decisions, told))


def plan_with_move(plan: Plan, entries: Sequence[JournalEntry]) -> Plan:
    """The plan that also gives the CRM order to its buyer's contact, once the address was corrected."""
    contact = next((step for step in plan.steps if step.name == "contact"), None)
    before = next((entry for entry in entries if entry.step == "contact"), None)
    if contact is None or before is None or head_sent(entries) is None:
        return plan
    email = contact.args["email"]
    was_moved = any(entry.kind == "move_order" for entry in entries)
    if not was_moved and email_key(before.args["email"]) == email_key(email):
        return plan
    if plan.leaves_order and order_made(entries) is None:
        return plan
    move = PlannedStep(
        name="order_contact", kind="move_order", args={"email": email}, needs=("contact", "order")
    )
    place = next(
        (n for n, step in enumerate(plan.steps) if step_of(step.kind).is_head), plan.steps.index(contact)
    )
    return replace(plan, steps=(*plan.steps[: place + 1], move, *plan.steps[place + 1 :]))


def head_sent(entries: Sequence[JournalEntry]) -> JournalEntry | None:
    """The order's head, if it was ever sent: what became of it may not be known."""
    head = next((entry for entry in entries if step_of(entry.kind).is_head), None)
    return None if head is None or head.state in UNSENT else head


def _as_journalled(entry: JournalEntry, plan: Plan) -> PlannedStep:
    """The step as journalled. A line that was not sent, or refused, follows the new plan in its product."""
    args = entry.args
    if entry.kind == "add_line" and entry.state in UNSENT:
        fresh = next((step for step in plan.steps if step.name == entry.step), None)
        if fresh is not None and _amount(fresh.args) == _amount(args):
            args = fresh.args
    return PlannedStep(name=entry.step, kind=entry.kind, args=args, needs=tuple(entry.needs))


def _amount(args: dict[str, Any]) -> Decimal:
    return int(args["quantity"]) * Decimal(args["unit_price"])


def _sum(lines: Sequence[PlannedStep]) -> Decimal:
    return sum((_amount(line.args) for line in lines), Decimal(0))


def _added_steps(
    plan: Plan, head: JournalEntry, frozen: Sequence[PlannedStep], added: Sequence[PlannedStep]
) -> list[PlannedStep]:
    if not added:
        return []
    totals = [step for step in frozen if step.kind == "check_total"]
    number = len(totals) + 1
    amount = _sum(added)
    expected = Decimal(totals[-1].args["expected"]) + amount
    needs = ("order", *(step.name for step in added))
    args = {**totals[-1].args, "expected": str(expected)}
    # Not before the earlier total was found right: with more lines on the order it never could be again.
    waiting = [replace(step, needs=(*step.needs, totals[-1].name)) for step in added]
    steps = [*waiting, PlannedStep(name=f"total:{number}", kind="check_total", args=args, needs=needs)]
    if plan.money_in is not None:
        sent = [step for step in frozen if step.kind == "record_payment"]
        paid_at = plan.money_in.paid_at or plan.money_in.placed_at
        steps += payment_steps(plan.money_in, head.args["title"], steps[-1:], sent, paid_at=paid_at)
    return steps


def _differences(
    plan: Plan, totals: Sequence[PlannedStep], added: Sequence[PlannedStep], sent: Sequence[PlannedStep]
) -> list[Decision]:
    """What the shop's order and the CRM's, or its payments, have come to differ in."""
    fresh = next((step for step in plan.steps if step.kind == "check_total"), None)
    if totals and fresh is not None:
        ours = Decimal(totals[-1].args["expected"]) + _sum(added)
        theirs, currency = Decimal(fresh.args["expected"]), fresh.args["currency"]
        if ours != theirs:
            text = (
                f"The shop's order is now {theirs} {currency}, the CRM order was sent as {ours} {currency}. "
                "The money of a sent order is not rewritten: change it in the CRM if it should follow."
            )
            return [Decision(text=text, level="warning")]
    money = plan.money_in
    if money is None or amount_of(sent) <= Decimal(money.amount):
        return []
    text = (
        f"The shop now says that {money.amount} {money.currency} came in, and {amount_of(sent)} is recorded "
        "in the CRM. A payment is not taken back from there: correct it in the CRM if it should follow."
    )
    return [Decision(text=text, level="warning")]
