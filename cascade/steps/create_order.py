"""Create the CRM order, without lines, under our marker as its title."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cascade.context import Context, StepResult
from cascade.errors import OrderNotReplicable
from crm.contract import OrderHead, OrderRef


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
    head = OrderHead(
        contact_id=context.contact_id,
        title=args["title"],
        placed_at=datetime.fromisoformat(args["placed_at"]),
    )
    return StepResult(result="created", external=_ids(context.crm.create_order(head)))


def probe(context: Context, args: Mapping[str, Any]) -> StepResult | None:
    """Look for the marker, whoever's order it is by now: contacts get merged."""
    found = context.crm.find_orders(args["title"])
    if not found:
        return None
    if len(found) > 1:
        raise OrderNotReplicable(
            f"The CRM holds {len(found)} orders titled “{args['title']}”. Delete all but one of them in the "
            "CRM, then resend.",
            detail=", ".join(str(order.ref) for order in found),
        )
    return StepResult(
        result="created", external=_ids(found[0].ref), note="Found by its title after a lost reply."
    )


def _ids(ref: OrderRef) -> dict[str, Any]:
    ids = {"invoice_id": ref.invoice_id}
    return ids if ref.order_id is None else {**ids, "order_id": ref.order_id}
