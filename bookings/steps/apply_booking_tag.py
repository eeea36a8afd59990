"""Tag the contact with the booking's own tag. Safe to repeat."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult


def run(context: Context, args: Args) -> StepResult:
    tag_id = int(context.external["booking_tag_id"])
    changed = context.crm.apply_tags(context.contact_id, [tag_id])[tag_id]
    return StepResult(result="created" if changed else "unchanged")


STEP = Step(
    name="apply_booking_tag",
    run=run,
    follows_address=True,
    follows_contact=True,
    usual={"apply_tags": lambda call: dict.fromkeys(call.values["tag_ids"], True)},
    title=("Apply the tag “{name}”", "Apply the booking's own tag"),
    results={"created": "Applied", "unchanged": "Had it already"},
)
