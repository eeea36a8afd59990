"""What follows a refund or a cancellation of an order that was sent: tags by setting, a note on the contact.

The money of the CRM's order is never rewritten; the note and the log say what the shop did.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from carts.order_data import OrderData
from cascade.contact_data import clean_text
from cascade.contact_steps import tag_steps
from cascade.planned import Draft, PlannedStep
from cascade.rules import Names, Past, Rules
from crm.money import quantize

LONGEST_REASON = 500


def change_tag_names(order: OrderData, rules: Rules, past: Past, *, cancelled: bool) -> tuple[str, ...]:
    """The tags that a refund or cancellation gives."""
    if past.quiet:
        return ()
    found = dict.fromkeys(rules.cancelled_tags if cancelled else ())
    if is_refunded(order):
        found.update(dict.fromkeys(rules.refund_tags))
    return tuple(found)


def is_refunded(order: OrderData) -> bool:
    return order.refunded_at is not None or bool(order.refunded_total)


def change_steps(
    draft: Draft, order: OrderData, rules: Rules, names: Names, past: Past, *, marker: str, cancelled: bool
) -> Iterator[PlannedStep]:
    """Tags and notes, each once per refund sum and per cancellation."""
    if not (cancelled or is_refunded(order)):
        return
    if cancelled:
        draft.say(
            "The shop cancelled this order after it was sent. The CRM order stays as it is: cancel or credit "
            "it there if it should follow.",
            "warning",
        )
    if is_refunded(order):
        draft.say(
            f"The shop refunded {_refund(order)} of this order. The CRM order's money is not rewritten: "
            "enter the refund there if it should follow.",
            "warning",
        )
    given = {step.name for step in draft.steps}  # a tag may be the order's own as well
    tags = tag_steps(draft, change_tag_names(order, rules, past, cancelled=cancelled), names)
    yield from (step for step in tags if step.name not in given)
    if not rules.change_notes:
        return
    if is_refunded(order):
        amount = _plain(order.refunded_total, order) if order.refunded_total else "in part or in full"
        yield _note(f"refund:{amount}", f"{marker} refunded {amount}", order.refund_reason, rules)
    if cancelled:
        yield _note("cancelled", f"{marker} cancelled", order.reject_reason, rules)


def _note(name: str, title: str, reason: str, rules: Rules) -> PlannedStep:
    why = clean_text(reason, remove_four_byte=rules.removes_four_byte)[:LONGEST_REASON]
    text = f"{title}." + (f" Reason given in the shop: {why}" if why else "")
    args = {"title": title, "text": text}
    return PlannedStep(name=f"note:{name}", kind="add_note", args=args, needs=("contact",))


def _refund(order: OrderData) -> str:
    if not order.refunded_total:
        return "some or all"
    return f"{_plain(order.refunded_total, order)} {order.currency}"


def _plain(amount: Decimal, order: OrderData) -> str:
    """The same text for the same sum, whoever told it: it names the note."""
    return f"{quantize(amount, order.currency):f}"
