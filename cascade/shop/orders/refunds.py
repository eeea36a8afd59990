"""Tags and notes of a refund, and their withdrawal when the shop takes the refund back.

Each is a step named by what was told before it: a repeat finds its own step done, and a refund that comes
again after a withdrawal is told again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from carts.order_data import OrderData
from cascade.plan import Draft, PlannedStep
from cascade.planning.contact import clean_text
from cascade.planning.refund_records import RefundRecords
from cascade.planning.rules import Rules
from cascade.shop.orders.refund_journal import REFUND, WITHDRAWN
from crm.money import quantize

LONGEST_REASON = 500
SUM_UNKNOWN = "in part or in full"
FOR_REFUND = {"for": "refund"}


def refund_tag(step: PlannedStep, recorded: RefundRecords) -> PlannedStep:
    """The step that gives a tag of a refund. One that was taken back is given again by a step of its own."""
    earlier = recorded.of_tag(step.args["tag_id"])
    if earlier and not earlier[-1].is_taken_back:
        return replace(step, name=earlier[-1].step, args=dict(earlier[-1].args))
    name = f"{step.name}#{len(earlier)}" if earlier else step.name
    return replace(step, name=name, args={**step.args, **FOR_REFUND})


def refund_said(draft: Draft, order: OrderData, recorded: RefundRecords) -> None:
    amount = refunded_text(order)
    lowered = next((before for before in recorded.amounts[-1:] if _is_more(before, amount)), "")
    if lowered:
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


def _is_more(before: str, amount: str) -> bool:
    try:
        return Decimal(before) > Decimal(amount)
    except InvalidOperation:  # one of them is not known
        return False


def _unused(base: str, recorded: RefundRecords) -> str:
    is_taken = any(note.step == base for note in recorded.notes)
    return f"{base}#{len(recorded.notes)}" if is_taken else base


def _new_title(title: str, recorded: RefundRecords) -> str:
    """None that a note has already: notes are found again by their titles."""
    times = sum(note.title == title or note.title.startswith(f"{title} (") for note in recorded.notes)
    return f"{title} ({times + 1})" if times else title
