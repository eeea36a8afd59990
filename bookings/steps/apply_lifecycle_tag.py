"""Apply the lifecycle tag of the booking's phase, once the others are off.

Whether a lost call took effect can be seen; it is not taken as lost before it can no longer land, for then
it would put a second lifecycle tag beside a later one.
"""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from mappings.models import DirectoryEntry


def run(context: Context, args: Args) -> StepResult:
    changed = context.crm.apply_tags(context.contact_id, [args["tag_id"]])[args["tag_id"]]
    return StepResult(result="created" if changed else "unchanged")


def probe(context: Context, args: Args) -> StepResult | None:
    has = args["tag_id"] in context.crm.list_contact_tags(context.contact_id)
    return StepResult(result="created", note="Seen after a lost reply.") if has else None


STEP = Step(
    name="apply_lifecycle_tag",
    run=run,
    probe=probe,
    follows_address=True,
    follows_contact=True,
    names_used=lambda args: [(DirectoryEntry.Kind.TAG, args["tag_id"])],
    usual={"apply_tags": lambda call: dict.fromkeys(call.values["tag_ids"], True)},
    about="Tag “{name}”",
    setting="bookings",
    title=("Apply the lifecycle tag “{name}”", "Apply the lifecycle tag"),
    results={"created": "Applied", "unchanged": "Had it already"},
)
