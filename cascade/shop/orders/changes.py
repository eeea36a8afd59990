"""What follows a refund or a cancellation of an order that was sent: tags by setting, a note on the contact.

The money of the CRM's order is never rewritten; the note and the log say what the shop did.
"""

from __future__ import annotations

from collections.abc import Iterator

from carts.order_data import OrderData
from cascade.plan import Draft, PlannedStep
from cascade.planning.contact_steps import tag_steps
from cascade.planning.rules import History, Names, Rules
from cascade.shop.orders.contact_steps import tag_names
from cascade.shop.orders.payments import deposit_words
from cascade.shop.orders.refund_journal import is_refunded
from cascade.shop.orders.refunds import note_step, refund_note, refund_said, refund_tag, withdrawal_steps


def change_tag_names(order: OrderData, rules: Rules, history: History, *, cancelled: bool) -> tuple[str, ...]:
    """The tags that a refund or cancellation gives."""
    if history.quiet:
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
