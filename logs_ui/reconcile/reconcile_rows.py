"""The rows of the reconcile page and of its CSV file, in words."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from carts.models import Order
from carts.selectors import cents
from cascade.models import Replication
from logs_ui.log import display
from logs_ui.log.subjects import subject_of
from logs_ui.reconcile.reconcile import Scope, found_orders, found_others, in_chunks, left_out_of
from mappings.batch.cells import guard

LEFT_OUT_CHUNK = 200
COLUMNS = (
    *("kind", "number", "shop_id", "shop", "email", "placed_or_came_in_utc", "state", "reason", "currency"),
    *("shop_total", "refunded", "sent", "outstanding", "paid", "difference", "left_out"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """`replication` is the id of the log page that tells more, if there is one."""

    kind: str
    label: str
    shop_id: str
    shop: str
    email: str
    at: datetime
    state: str = ""
    state_label: str = ""
    reason: str = ""
    todo: str = ""
    currency: str = ""
    total: Decimal | None = None
    refunded: Decimal | None = None
    sent: Decimal | None = None
    outstanding: Decimal | None = None  # in the shop
    paid: Decimal | None = None
    difference: Decimal | None = None
    left_out: tuple[str, ...] = ()
    replication: int | None = None


def order_rows(orders: Sequence[Order], scope: Scope, finding: str) -> list[Row]:
    """With the items left out where the money is looked at: one query more."""
    missing = left_out_of(orders, scope.connection) if finding == "money" and orders else {}
    return [_order_row(order, tuple(missing.get(order.pk, ())), finding) for order in orders]


def other_rows(rows: Iterable[Replication]) -> list[Row]:
    return [_other_row(row) for row in rows]


def csv_lines(scope: Scope, finding: str) -> Iterator[str]:
    """The whole finding as CSV, a chunk at a time; cells that a spreadsheet would run are quoted."""
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(COLUMNS)
    for row in _all_rows(scope, finding):
        amounts = (row.total, row.refunded, row.sent, row.outstanding, row.paid, row.difference)
        values: list[object] = [
            *(row.kind, row.label, row.shop_id, row.shop, row.email),
            row.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            *(row.state, row.reason, row.currency),
            *("" if amount is None else amount.quantize(Decimal("0.01")) for amount in amounts),
            ", ".join(row.left_out),
        ]
        # Text that begins like a formula is text; an amount stays a number.
        yield writer.writerow([guard(value) if isinstance(value, str) else value for value in values])


def _all_rows(scope: Scope, finding: str) -> Iterator[Row]:
    if finding == "parked":
        for replication in in_chunks(found_others(scope)):
            yield _other_row(replication)
        return
    chunk: list[Order] = []
    for order in in_chunks(found_orders(scope, finding)):
        chunk.append(order)
        if len(chunk) == LEFT_OUT_CHUNK:
            yield from order_rows(chunk, scope, finding)
            chunk = []
    yield from order_rows(chunk, scope, finding)


def _order_row(order: Any, left_out: tuple[str, ...], finding: str) -> Row:
    state = order.row_state
    words = display.state_words(state) if state else display.Words(label="Never begun")
    reason = order.row_reason or words.sentence or "No replication was made of it: send it by a range."
    money = finding in ("money", "cancelled")
    return Row(
        kind="order",
        label=str(order),
        shop_id=order.shop_order_id,
        shop=order.source.name,
        email=order.email,
        at=order.placed_at,
        state=state,
        state_label=words.label,
        reason=_money_reason(order, left_out) if finding == "money" else reason,
        todo="" if money else display.todo_sentence(state, order.row_error),
        currency=order.currency,
        total=order.total,
        refunded=cents(order.refunded),
        sent=None if order.sent is None else cents(order.sent),
        outstanding=None if order.total is None else cents(order.total - order.received),
        paid=cents(order.paid),
        difference=None if order.difference is None else cents(order.difference),
        left_out=left_out,
        replication=order.row_id,
    )


def _money_reason(order: Any, left_out: tuple[str, ...]) -> str:
    """What the difference comes from, as far as the figures tell."""
    found = []
    if cents(order.refunded):
        found.append("The shop refunded part or all of it.")
    if left_out:
        found.append(f"Sent without {', '.join(left_out[:5])}{' and more' if len(left_out) > 5 else ''}.")
    if cents(order.pay_gap):
        found.append("What is paid in the CRM is not what came in.")
    if not found:
        found.append("The shop's total changed after it was sent, or the plan left something out.")
    return " ".join(found)


def _other_row(row: Replication) -> Row:
    subject, words = subject_of(row), display.state_words(row.state)
    return Row(
        kind=row.kind,
        label=subject.heading,
        shop_id=row.subject_key.partition("/")[2],
        shop=row.source.name if row.source else "",
        email=subject.email,
        at=row.created_at,
        state=row.state,
        state_label=words.label,
        reason=row.reason or words.sentence,
        todo=display.todo_sentence(row.state, row.error_class),
        replication=row.pk,
    )


class _Echo:
    """What csv.writer writes to: it answers with the line."""

    def write(self, line: str) -> str:
        return line
