"""What the CRM was told of an order's refunds so far, read off the journal.

A refund may be withdrawn in the shop and come again: each telling is a step of its own, so that none of them
happens twice and the latest says how things stand. What was never sent is no telling.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from carts.models import Order, Refund
from carts.order_data import OrderData
from cascade.models import JournalEntry
from cascade.planning.rules import RecordedNote, RecordedTag, RefundRecords

State = JournalEntry.State
MOST_ENTRIES = 2000
REFUND, WITHDRAWN = "note:refund:", "note:withdrawn"


def refund_records(
    order: Order, refund_tags: Sequence[str], entries: Sequence[JournalEntry]
) -> RefundRecords:
    """What this order told, and where it may have tags to take back, what the buyer's other orders hold."""
    recorded = records_of(entries)
    wanted = {tag.tag_id for tag in recorded.tags if tag.is_of_refund(refund_tags)}
    if not wanted or not order.email_key:
        return recorded
    rows = JournalEntry.objects.filter(
        connection_id=order.source.connection_id,
        kind__in=("apply_tag", "remove_tag"),
        sends__gt=0,
        replication__order__email_key=order.email_key,
    )
    rows = rows.exclude(replication__order=order).select_related("replication__order").order_by("-id")
    others = [entry for entry in rows[:MOST_ENTRIES] if entry.args["tag_id"] in wanted]
    ours = {entry.args["tag_id"] for entry in others if gave(entry)}
    tags = tuple(replace(tag, is_ours=tag.is_ours or tag.tag_id in ours) for tag in recorded.tags)
    return replace(recorded, tags=tags, held=frozenset(_held(others)))


def _held(others: Sequence[JournalEntry]) -> Iterator[int]:
    """The tags of other orders that still stand: of refunds that are not withdrawn, or of anything else."""
    latest = {(entry.subject_key, entry.args["tag_id"]): entry for entry in reversed(others)}
    given = [entry for entry in latest.values() if entry.kind == "apply_tag" and may_be_in_crm(entry)]
    orders = [entry.replication.order for entry in given if entry.replication.order is not None]
    refunded = set(
        Refund.objects.filter(
            source_id__in={order.source_id for order in orders},
            shop_order_id__in={order.shop_order_id for order in orders},
            amount__gt=0,
        ).values_list("source_id", "shop_order_id")
    )
    for entry in given:
        order = entry.replication.order
        if order is None or entry.args.get("for") != "refund":
            is_held = True
        else:
            has_refund = (order.source_id, order.shop_order_id) in refunded
            is_held = has_refund or is_refunded(order.order_data)
        if is_held:
            yield entry.args["tag_id"]


def is_refunded(order: OrderData) -> bool:
    return order.refunded_at is not None or bool(order.refunded_total)


def records_of(entries: Sequence[JournalEntry]) -> RefundRecords:
    """What this order told. Pure."""
    ordered = sorted(entries, key=lambda entry: entry.pk)
    gave_late = any(entry.kind == "apply_tag" and entry.sends > 1 for entry in ordered)
    notes = []
    for entry in ordered:
        told = entry.kind == "add_note" and entry.state not in (State.PLANNED, State.REJECTED)
        if told and entry.step.startswith((REFUND, WITHDRAWN)):
            _, _, amount = entry.step.partition(REFUND)
            title, amount = entry.args["title"], amount.partition("#")[0]
            notes.append(RecordedNote(step=entry.step, title=title, amount=amount))
    return RefundRecords(
        notes=tuple(notes),
        tags=tuple(
            RecordedTag(
                step=entry.step,
                args=entry.args,
                is_taken_back=entry.kind == "remove_tag",
                is_ours=gave(entry) or gave_late,
            )
            for entry in ordered
            if entry.kind in ("apply_tag", "remove_tag") and may_be_in_crm(entry)
        ),
    )


def may_be_in_crm(entry: JournalEntry) -> bool:
    """Whether a tag was given or taken back, or may have been."""
    return entry.sends > 0 and entry.state != State.REJECTED


def gave(entry: JournalEntry) -> bool:
    """Whether the contact has the tag of this step: it had not before, or the first reply was lost."""
    return may_be_in_crm(entry) and (
        entry.result != "unchanged" or entry.sends > 1 or entry.state != State.DONE
    )
