"""Write the title, date, notes and custom fields of the CRM order, by absolute value."""

from __future__ import annotations

from datetime import datetime

from cascade.steps.base import Args, AtHead, Context, Step, StepResult


def run(context: Context, args: Args) -> StepResult:
    """Does nothing where the order was made with these very values, and none were written since."""
    if context.send_began_at is None and context.external.get("made_with_fields") == dict(args):
        return StepResult(result="unchanged", note="Sent together with the order.")
    context.crm.set_order_fields(
        context.order,
        args["fields"],
        notes=args["notes"] or None,
        title=args.get("title") or None,
        placed_at=datetime.fromisoformat(args["placed_at"]) if args.get("placed_at") else None,
    )
    return StepResult(result="updated")


STEP = Step(
    name="set_order_fields",
    run=run,
    at_head=AtHead.BEHIND,
    only_on="order",
    title=("Fill in the fields and notes of the order",),
)
