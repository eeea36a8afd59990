"""Create the CRM order under our marker as its title, with its lines where the protocol takes them along.

As in every step, `run` makes the one write, by a call of `crm.contract`, `probe` finds what a send made whose
reply was lost, and `STEP`, at the end, says the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from cascade.errors import OrderNotReplicable, SettleWait
from cascade.marker import spellings
from cascade.planning.lookups import partner_gone
from cascade.steps.add_line import line_of, planned_key, record_key
from cascade.steps.base import Args, AtHead, Context, DryCall, Step, StepResult
from crm.errors import CrmRejected, MissingInCrm
from crm.records import CreatedOrder, OrderHead, OrderRecord, OrderRef


def run(context: Context, args: Args) -> StepResult:
    head = OrderHead(
        contact_id=context.contact_id,
        title=args["title"],
        placed_at=datetime.fromisoformat(args["placed_at"]),
    )
    lines = context.pending.get("add_line", {})
    fields = next(iter(context.pending.get("set_order_fields", {}).values()), {})

    def make(lead: int, sale: int) -> CreatedOrder:
        return context.crm.create_order(
            replace(head, lead_affiliate_id=lead, sale_affiliate_id=sale),
            [line_of(line) for line in lines.values()],
            fields=fields.get("fields", {}),
            notes=fields.get("notes", ""),
        )

    created, note = made_for_partner(context, args, make)
    external = order_ids(created.ref)
    if created.has_lines:
        external["made_with"] = list(lines)
        if created.total is not None:
            external["made_total"] = str(created.total)
    if created.has_fields and fields:
        external["made_with_fields"] = dict(fields)
    return StepResult(result="created", external=external, note=note, warns=bool(note))


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for the marker, whoever's order it is by now: contacts get merged."""
    found = titled_order(context, args["title"])
    return found_order(context, found) if found else None


def titled_order(context: Context, title: str) -> OrderRecord | None:
    """The only order of that title, or of its older form, that no other effect made.

    Raises: OrderNotReplicable for more of them.
    """
    found: list[OrderRecord] = []
    contact_id = context.order_contact_id or context.contact_id
    for spelling in spellings(title):
        orders = [] if found else context.crm.find_orders(spelling, contact_id=contact_id)
        found += [each for each in orders if not context.is_anothers("invoice_id", each.ref.invoice_id)]
    if len(found) > 1:
        raise OrderNotReplicable(
            f"The CRM holds {len(found)} orders titled “{title}”. Delete all but one of them in the "
            "CRM, then resend.",
            detail=", ".join(str(order.ref) for order in found),
        )
    return found[0] if found else None


def found_order(context: Context, order: OrderRecord) -> StepResult:
    """The order a lost reply was about, with those of its lines that are on it already.

    Lines that went along may still be on their way: until nothing can land late any more, a line that is
    not there yet is waited for and never added a second time. Raises: SettleWait.
    Over XML-RPC none goes along, and placeOrder takes none of ours.
    """
    planned = context.pending.get("add_line", {})
    there = (
        Counter(record_key(record) for record in context.crm.read_lines(order.ref)) if planned else Counter()
    )
    names = []
    for name, line in planned.items():
        if there[planned_key(line)] > 0:
            there[planned_key(line)] -= 1
            names.append(name)
    on_their_way = "add_line" in context.known.get("sent_with", ["add_line"]) and len(names) < len(planned)
    if on_their_way and context.settles_at and context.now and context.now < context.settles_at:
        raise SettleWait(context.settles_at)
    external = {**order_ids(order.ref), "made_with": names}
    return StepResult(result="created", external=external, note="Found by its title after a lost reply.")


def made_for_partner(
    context: Context, args: Args, make: Callable[[int, int], CreatedOrder]
) -> tuple[CreatedOrder, str]:
    """What `make` makes for the step's lead and sale partner, and what is to be told.

    Where it is refused, so that nothing was made, and the CRM does not have one any more, it is made without:
    an order never waits for its affiliate.
    """
    lead, sale = int(args.get("lead_affiliate_id", 0)), int(args.get("sale_affiliate_id", 0))
    try:
        return make(lead, sale), ""
    except (MissingInCrm, CrmRejected):
        gone = [each for each in sorted({lead, sale} - {0}) if not context.crm.affiliate_exists(each)]
        if not gone:
            raise
        return make(0 if lead in gone else lead, 0 if sale in gone else sale), partner_gone(gone[0])


def order_ids(ref: OrderRef) -> dict[str, Any]:
    ids: dict[str, Any] = {"invoice_id": ref.invoice_id}
    return ids if ref.order_id is None else {**ids, "order_id": ref.order_id}


def _made(call: DryCall) -> CreatedOrder:
    if not call.takes_along:  # XML-RPC tells the order id when asked
        return CreatedOrder(ref=replace(call.order, order_id=None))
    total = sum((line.quantity * line.unit_price.amount for line in call.values.get("lines", ())), Decimal(0))
    return CreatedOrder(ref=call.order, has_lines=True, has_fields=True, total=total)


STEP = Step(
    name="create_order",
    run=run,
    probe=probe,
    at_head=AtHead.HEAD,
    exclusive=True,
    takes_along=("add_line", "set_order_fields"),
    asks=("find_orders", "read_lines"),
    usual={"create_order": _made},
    about="Order “{title}”",
    setting="products",
    title=("Create the order “{title}”", "Create the order"),
)
