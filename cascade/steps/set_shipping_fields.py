"""Write what is known of an order's shipments to custom fields of its CRM order, by absolute value."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from crm.records import OrderRef


def run(context: Context, args: Args) -> StepResult:
    order = OrderRef(invoice_id=args["invoice_id"], order_id=args["order_id"])
    context.crm.set_order_fields(order, args["fields"])
    return StepResult(result="updated")


STEP = Step(
    name="set_shipping_fields",
    run=run,
    only_on="order",
    title=("Write the shipment to the fields of the order",),
    results={"updated": "Written"},
)
