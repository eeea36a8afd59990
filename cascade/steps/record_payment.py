"""Record the payment the shop received. Last of the order's money, and never a charge."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from cascade.marker import spellings
from cascade.steps.base import Args, AtHead, Context, Step, StepResult
from crm.errors import CrmRejected, ExceedsAmountDue
from crm.records import Money, Payment


def run(context: Context, args: Args) -> StepResult:
    payment = Payment(
        amount=Money(amount=Decimal(args["amount"]), currency=args["currency"]),
        paid_at=datetime.fromisoformat(args["paid_at"]),
        type=args["type"],
        note=args["note"],
    )
    try:
        context.crm.record_payment(context.order, payment)
    except CrmRejected as err:
        # "Exceeds the amount due" is how the CRM answers a payment it already has.
        if found := probe(context, args):
            return found
        if isinstance(err, ExceedsAmountDue):
            raise
        raise CrmRejected(
            f"The CRM refused the payment of {args['amount']} {args['currency']} as “{args['type']}”. Look "
            "up in the CRM's order settings how this payment type is written, correct it under Payment "
            "types, then resend.",
            detail=err.detail,
            setting="payments",
            label=err.label,
        ) from err
    return StepResult(result="created")


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for our note with our amount among the invoice's payments."""
    for payment in context.crm.read_payments(context.order):
        is_it = payment.note in spellings(args["note"]) and payment.amount == Decimal(args["amount"])
        if is_it and not context.is_anothers("payment_id", payment.id):
            return StepResult(
                result="created", external={"payment_id": payment.id}, note="Found after a lost reply."
            )
    return None


STEP = Step(
    name="record_payment",
    run=run,
    probe=probe,
    at_head=AtHead.FROZEN,
    exclusive=True,
    asks=("read_payments",),
    only_on="order",
    pays=True,
    title=(
        "Record the payment of {amount} {currency} as {type}",
        "Record the payment of {amount} {currency}",
        "Record the payment of {amount}",
        "Record the payment",
    ),
    results={"created": "Recorded"},
)
