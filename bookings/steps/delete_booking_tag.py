"""Delete the booking's own tag, or take it from the contact where the protocol deletes none. Repeat: safe."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from crm.errors import MissingInCrm, NotSupported


def run(context: Context, args: Args) -> StepResult:
    tag_id = args["tag_id"]
    try:
        context.crm.delete_tag(tag_id)
    except NotSupported:
        try:
            context.crm.remove_tag(args["contact_id"], tag_id)
        except MissingInCrm:
            return StepResult(result="unchanged")
        return StepResult(
            result="updated", note="XML-RPC cannot delete a tag, so it was taken from the contact alone."
        )
    return StepResult(result="updated", note="Deleted in the CRM.")


STEP = Step(
    name="delete_booking_tag",
    run=run,
    title=("Delete the booking's own tag",),
    results={"updated": "Done", "unchanged": "Was gone already"},
)
