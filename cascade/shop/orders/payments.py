"""What came in for an order, and the payments it makes in the CRM: never more than the shop says, each once.

Money paid is an amount. It goes to what is on the CRM's order: of an order whose lines were left out in part,
the lines that are there are paid first, and no payment goes beyond their total.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count

from carts.order_data import MoneyState, OrderData
from cascade.marker import payment_note
from cascade.plan import Draft, MoneyIn, PlannedStep
from cascade.planning.rules import Rules
from crm.money import quantize
from mappings.models import OrderSettings

WAIT = OrderSettings.PartPayments.WAIT


def money_in(order: OrderData, rules: Rules) -> MoneyIn | None:
    """None where the shop told no total, or its figures cannot be believed."""
    received = order.received
    if received is None or order.doubt:
        return None
    return MoneyIn(
        amount=str(received),
        waits=order.is_part_paid and rules.part_payments == WAIT,
        currency=order.currency,
        type=rules.payment_types.get(order.payment_method.strip().casefold(), rules.default_payment_type),
        paid_at=order.paid_at.isoformat() if order.paid_at else "",
        placed_at=order.placed_at.isoformat(),
        told_at=order.version_at.isoformat(),
    )


def money_awaited(order: OrderData, rules: Rules) -> str:
    """Why the order is not sent yet, if it is for its money."""
    skips_unpaid = rules.unpaid_orders == OrderSettings.UnpaidOrders.SKIP
    on_account = order.money == MoneyState.ON_ACCOUNT
    if order.is_part_paid:
        if rules.part_payments != WAIT or (on_account and not skips_unpaid):
            return ""
        return (
            f"Not sent yet: {_part_words(order)} It waits until all is paid. To send such orders with what "
            "came in, choose that at Part payments under Order → Invoice/Order, then resend."
        )
    if skips_unpaid and not order.received and (on_account or order.outstanding):
        return "Not sent: the money has not come in, and orders on account are skipped by setting."
    return ""


def say_money(draft: Draft, order: OrderData, money: MoneyIn, total: Decimal) -> None:
    """Say what is recorded as paid of a CRM order over `total`."""
    if total == 0:
        draft.say("No payment is recorded: the total is zero.")
    elif order.is_part_paid:
        what = "By setting its payment waits for the rest." if money.waits else "The payment is what came in."
        draft.say(f"Paid in part: {_part_words(order)} {what}", "warning")
    elif not order.received:
        draft.say("No payment is recorded: the money has not come in yet (order on account).", "warning")
    elif order.paid_amount is not None and quantize(order.paid_amount, order.currency) > order.received:
        draft.say(
            f"The shop says that {quantize(order.paid_amount, order.currency)} {order.currency} came in for "
            f"an order over {order.received}. No more than the order's total is recorded as paid.",
            "warning",
        )


def deposit_words(order: OrderData) -> str:
    """What a cancellation leaves open: money that the shop said had come in."""
    if not order.paid_amount:
        return ""
    return f" after a payment of {quantize(order.paid_amount, order.currency)} {order.currency}"


def payment_steps(
    money: MoneyIn, marker: str, totals: Sequence[PlannedStep], sent: Sequence[PlannedStep], *, paid_at: str
) -> list[PlannedStep]:
    """The payments still to be made, each after the total it pays for was found right.

    `sent` are those that may be in the CRM, whatever became of them; their numbers are not used again.
    """
    taken = {payment_number(step.name) for step in sent}
    numbers = (number for number in count(1) if number not in taken)
    recorded = amount_of(sent)
    received = Decimal(0) if money.waits else Decimal(money.amount)
    steps = []
    for total in totals:
        amount = min(received, Decimal(total.args["expected"])) - recorded
        if amount <= 0:
            continue
        recorded += amount
        number = next(numbers)
        args = {
            "amount": str(amount),
            "currency": money.currency,
            "paid_at": paid_at,
            "type": money.type,
            "note": payment_note(marker, number),
        }
        name = "payment" if number == 1 else f"payment:{number}"
        steps.append(PlannedStep(name=name, kind="record_payment", args=args, needs=(total.name,)))
    return steps


def amount_of(payments: Sequence[PlannedStep]) -> Decimal:
    return sum((Decimal(step.args["amount"]) for step in payments), Decimal(0))


def payment_number(name: str) -> int:
    return int(name.partition(":")[2] or 1)


def later_paid_at(money: MoneyIn, sent: Sequence[PlannedStep]) -> str:
    """When money came in that follows an order in the CRM: what the shop dates may be an earlier payment."""
    earlier = [datetime.fromisoformat(step.args["paid_at"]) for step in sent]
    if money.paid_at and all(datetime.fromisoformat(money.paid_at) > moment for moment in earlier):
        return money.paid_at
    return money.told_at


def _part_words(order: OrderData) -> str:
    total = quantize(order.total or Decimal(0), order.currency)
    return f"{order.received} of {total} {order.currency} came in, {order.outstanding} is outstanding."
