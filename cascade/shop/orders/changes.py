"""What follows a refund or a cancellation of an order that was sent: tags by setting, a note on the contact.

The money of the CRM's order is never rewritten; the note and the log say what the shop did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from carts.order_data import OrderData
from cascade.plan import Draft, PlannedStep
from cascade.planning.contact import clean_text
from cascade.planning.contact_steps import tag_steps
from cascade.planning.rules import History, Names, RefundRecords, Rules
from cascade.shop.orders.contact_steps import tag_names
from cascade.shop.orders.payments import deposit_words
from cascade.shop.orders.refund_journal import REFUND, WITHDRAWN, is_refunded
from crm.money import quantize

LONGEST_REASON = 500
SUM_UNKNOWN = "in part or in full"
FOR_REFUND = {"for": "refund"}


def change_tag_names(order: OrderData, rules: Rules, history: History, *, cancelled: bool) -> tuple[str, ...]:
    """The tags that a refund or cancellation gives."""
    if history.without_automation:
        return ()
    found = dict.fromkeys(rules.cancelled_tags if cancelled else ())
    if is_refunded(order):
        found.update(dict.fromkeys(rules.refund_tags))
    return tuple(found)


def change_steps(
    draft: Draft,
    order: OrderData,
    rules: Rules,
    names: Names,
    history: History,
    *,
    marker: str,
    cancelled: bool,
) -> Iterator[PlannedStep]:
    """Tags and notes, each once per refund sum and per cancellation."""
    if cancelled:
        draft.say(
            f"The shop cancelled this order{deposit_words(order)} after it was sent. The CRM order stays as "
            "it is: cancel or credit it there if it should follow.",
            "warning",
        )
    if is_refunded(order):
        refund_said(draft, order, history.refunds)
    given = {step.name for step in draft.steps}  # a tag may be the order's own as well
    tags = tag_steps(draft, change_tag_names(order, rules, history, cancelled=cancelled), names)
    for step in tags:
        if step.name not in given:
            is_of_refund = is_refunded(order) and step.args["name"] in rules.refund_tags
            yield refund_tag(step, history.refunds) if is_of_refund else step
    if not is_refunded(order):
        own = {*tag_names(order, rules, history), *(rules.cancelled_tags if cancelled else ())}
        yield from withdrawal_steps(draft, order, rules, history.refunds, own, marker)
    elif rules.change_notes:
        yield refund_note(order, rules, history.refunds, marker)
    if cancelled and rules.change_notes:
        yield note_step(
            "note:cancelled", f"{marker} cancelled", order.reject_reason, rules, deposit_words(order)
        )


# -- of refunds, and their withdrawal when the shop takes the refund back -------------------------------


def refund_tag(step: PlannedStep, recorded: RefundRecords) -> PlannedStep:
    """The step that gives a tag of a refund. One that was taken back is given again by a step of its own."""
    earlier = recorded.of_tag(step.args["tag_id"])
    if earlier and not earlier[-1].is_taken_back:
        return replace(step, name=earlier[-1].step, args=dict(earlier[-1].args))
    name = f"{step.name}#{len(earlier)}" if earlier else step.name
    return replace(step, name=name, args={**step.args, **FOR_REFUND})


def refund_said(draft: Draft, order: OrderData, recorded: RefundRecords) -> None:
    amount = refunded_text(order)
    lowered = (
        recorded.amounts[-1] if recorded.amounts and SUM_UNKNOWN not in (recorded.amounts[-1], amount) else ""
    )
    if lowered and Decimal(lowered) > Decimal(amount):
        draft.say(
            f"The shop withdrew a part of what it had refunded: {lowered} {order.currency} in all before, "
            f"{amount} {order.currency} in all now.",
            "warning",
        )
    sum_told = f"{amount} {order.currency}" if order.refunded_total else "some or all"
    in_all = " in all" if _is_one_of_several(amount, recorded) else ""
    draft.say(
        f"The shop refunded {sum_told}{in_all} of this order. The CRM order's money is not rewritten: "
        "enter the refund there if it should follow.",
        "warning",
    )


def refund_note(order: OrderData, rules: Rules, recorded: RefundRecords, marker: str) -> PlannedStep:
    amount = refunded_text(order)
    if recorded.amounts[-1:] == (amount,):
        step, title = recorded.notes[-1].step, recorded.notes[-1].title
    else:
        in_all = " in all" if _is_one_of_several(amount, recorded) else ""
        step = _unused(f"{REFUND}{amount}", recorded)
        title = _new_title(f"{marker} refunded {amount}{in_all}", recorded)
    return note_step(step, title, order.refund_reason, rules)


def withdrawal_steps(
    draft: Draft, order: OrderData, rules: Rules, recorded: RefundRecords, own_tags: set[str], marker: str
) -> Iterator[PlannedStep]:
    """Take back what a refund gave that is no more."""
    latest = {tag.tag_id: tag for tag in recorded.tags}
    tags = [
        tag
        for tag in latest.values()
        if tag.is_of_refund(rules.refund_tags) and tag.args["name"] not in own_tags
    ]
    taken = [tag for tag in tags if tag.is_taken_back or (tag.is_ours and tag.tag_id not in recorded.held)]
    if not recorded.notes and not tags:
        return
    was = next((f" of {note.amount}" for note in reversed(recorded.notes) if note.amount), "")
    draft.say(f"The shop withdrew the refund{was} of this order: nothing of it is refunded now.", "warning")
    for tag in tags:
        name = tag.args["name"]
        if tag in taken:
            draft.say(f"The tag “{name}” of the refund is taken back.")
            step = tag.step if tag.is_taken_back else f"untag:{tag.tag_id}#{len(recorded.of_tag(tag.tag_id))}"
            args = {"tag_id": tag.tag_id, "name": name, **FOR_REFUND}
            yield PlannedStep(name=step, kind="remove_tag", args=args, needs=("contact",))
        else:
            draft.say(f"The tag “{name}” stays: the contact has it of something else than this refund.")
    if recorded.notes and rules.change_notes:
        last = recorded.notes[-1]
        if last.amount:
            step = _unused(WITHDRAWN, recorded)
            title = _new_title(f"{marker} refund of {last.amount} withdrawn", recorded)
        else:
            step, title = last.step, last.title
        yield note_step(step, title, "", rules)


def note_step(name: str, title: str, reason: str, rules: Rules, more: str = "") -> PlannedStep:
    why = clean_text(reason, remove_four_byte=rules.removes_four_byte)[:LONGEST_REASON]
    text = f"{title}{more}." + (f" Reason given in the shop: {why}" if why else "")
    return PlannedStep(name=name, kind="add_note", args={"title": title, "text": text}, needs=("contact",))


def refunded_text(order: OrderData) -> str:
    """The same text for the same sum, whoever told it: it names the note."""
    if not order.refunded_total:
        return SUM_UNKNOWN
    return f"{quantize(order.refunded_total, order.currency):f}"


def _is_one_of_several(amount: str, recorded: RefundRecords) -> bool:
    """Whether another sum was told before this one."""
    return amount != SUM_UNKNOWN and any(before != amount for before in recorded.amounts)


def _unused(base: str, recorded: RefundRecords) -> str:
    is_taken = any(note.step == base for note in recorded.notes)
    return f"{base}#{len(recorded.notes)}" if is_taken else base


def _new_title(title: str, recorded: RefundRecords) -> str:
    """None that a note has already: notes are found again by their titles."""
    times = sum(note.title == title or note.title.startswith(f"{title} (") for note in recorded.notes)
    return f"{title} ({times + 1})" if times else title
