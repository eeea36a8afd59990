"""Compare the CRM's own total with the plan's, before any payment is recorded."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from cascade.errors import TotalDiffers
from cascade.steps.add_line import planned_key, record_key
from cascade.steps.base import Args, AtHead, Context, Step, StepResult
from crm.money import quantize
from crm.records import Invoice


def run(context: Context, args: Args) -> StepResult:
    """Raise TotalDiffers, naming the lines, unless the totals agree. Brings the order id.

    What the CRM told when it made the order with all its lines is its own figure: if that agrees, it is
    not asked again. A difference is believed once the CRM must show what was written.
    """
    told = context.external.get("made_total")
    if told is not None and Decimal(told) == Decimal(args["expected"]):
        return StepResult(result="unchanged", note="Told by the CRM when it made the order.")
    invoice = context.crm.read_invoice(context.order)
    expected = Decimal(args["expected"])
    if invoice.total != expected:
        context.look_again()
        total = quantize(invoice.total, args["currency"])
        difference = _difference(context, total - expected)
        raise TotalDiffers(
            f"The CRM's order is {total} {args['currency']}, the shop's {expected}: "
            f"{difference} No payment was recorded. Correct the order in the CRM, then resend.",
            detail=f"invoice {invoice.ref.invoice_id}: total {invoice.total}, expected {expected}",
        )
    return StepResult(result="unchanged", external={"order_id": invoice.ref.order_id})


def _difference(context: Context, too_much: Decimal) -> str:
    heads = context.done.get("place_order", ())
    codes = [code for head in heads for code in head["promo_codes"]]
    if codes and too_much > 0:
        return (
            f"it took {too_much:f} less off than the shop did for {', '.join(codes)}. See whether the CRM "
            "has this promo code, and at the same discount."
        )
    # What placeOrder was given has the CRM's prices; of the rest each line is one of ours.
    placed = {product for head in heads for product in head["product_ids"]}
    lines = [line for line in context.done.get("add_line", ()) if line["product_id"] not in placed]
    records = [each for each in context.crm.read_lines(context.order) if each.product_id not in placed]
    there, planned = Counter(map(record_key, records)), Counter(map(planned_key, lines))
    titles = {planned_key(line): line["title"] for line in lines}
    missing = [titles[key] for key in (planned - there).elements()]
    extra = [
        f"{quantity} × {title or (f'product {product_id}' if product_id else kind)} at {price:f}"
        for kind, product_id, quantity, price, title in (there - planned).elements()
    ]
    parts = [f"missing there: {', '.join(missing)}."] if missing else []
    parts += [f"not from us: {', '.join(extra)}."] if extra else []
    return " ".join(parts) or "its lines are ours, but add up differently."


STEP = Step(
    name="check_total",
    run=run,
    at_head=AtHead.FROZEN,
    usual={
        "read_invoice": lambda call: Invoice(
            ref=call.order, total=Decimal(call.args["expected"]), paid=Decimal(0), due=Decimal(0)
        )
    },
    only_on="order",
    is_whole=True,
    title=(
        "Compare the CRM's total with {expected} {currency}",
        "Compare the CRM's total with {expected}",
        "Compare the CRM's total with the shop's",
    ),
    results={"unchanged": "Equal"},
)
