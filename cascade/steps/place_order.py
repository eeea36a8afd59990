"""Have the CRM make the order from its catalogue. No card is charged.

placeOrder carries no marker, so a lost reply is settled by what the contact got since: an order of these
products that nobody claims. More than one such order needs a person.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

from cascade.errors import OrderNotReplicable
from cascade.marker import is_marker
from cascade.steps.add_line import product_names
from cascade.steps.base import Args, AtHead, Context, Step, StepResult
from cascade.steps.create_order import found_order, made_for_partner, order_ids, titled_order
from crm.records import CartOrder, CreatedOrder

CLOCK_SKEW = timedelta(minutes=2)


def run(context: Context, args: Args) -> StepResult:
    order = CartOrder(
        contact_id=context.contact_id,
        title=args["title"],
        placed_at=datetime.fromisoformat(args["placed_at"]),
        product_ids=tuple(args["product_ids"]),
        promo_codes=tuple(args["promo_codes"]),
        specials=args["specials"],
    )
    created, note = made_for_partner(
        context,
        args,
        lambda lead, sale: context.crm.place_order(
            replace(order, lead_affiliate_id=lead, sale_affiliate_id=sale)
        ),
    )
    return StepResult(result="created", external=order_ids(created.ref), note=note, warns=bool(note))


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for the marker, then for an unclaimed order of the contact with these very products."""
    titled = titled_order(context, args["title"])
    if titled:
        return found_order(context, titled)
    if context.send_began_at is None:
        return None
    since = context.send_began_at - CLOCK_SKEW
    recent = context.crm.list_orders(context.order_contact_id or context.contact_id, since)
    matching = []
    for order in recent:
        if is_marker(order.title) or context.is_anothers("invoice_id", order.ref.invoice_id):
            continue
        pieces: Counter[int] = Counter()
        for line in context.crm.read_lines(order.ref):
            if line.product_id:
                pieces[line.product_id] += line.quantity
        if pieces == Counter(args["product_ids"]):
            matching.append(order)
    if len(matching) > 1:
        raise OrderNotReplicable(
            f"The reply of placeOrder was lost, and the contact has {len(matching)} new orders of these "
            f"products. Title the one that belongs to this order “{args['title']}” in the CRM, then resend.",
            detail=", ".join(str(order.ref) for order in matching),
        )
    return found_order(context, matching[0]) if matching else None


STEP = Step(
    name="place_order",
    run=run,
    probe=probe,
    at_head=AtHead.HEAD,
    exclusive=True,
    names_used=lambda args: product_names(*args["product_ids"]),
    asks=("find_orders", "list_orders", "read_lines"),
    usual={"place_order": lambda call: CreatedOrder(ref=call.order)},
    about="Order “{title}”",
    setting="products",
    title=("Have the CRM place the order “{title}”", "Have the CRM place the order"),
)
