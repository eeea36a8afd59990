"""Apply a tag of the merchant's own for a phase, or take it off again. Safe to repeat."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from mappings.models import DirectoryEntry


def run(context: Context, args: Args) -> StepResult:
    if args["on"]:
        changed = context.crm.apply_tags(context.contact_id, [args["tag_id"]])[args["tag_id"]]
        return StepResult(result="created" if changed else "unchanged")
    changed = context.crm.remove_tag(context.contact_id, args["tag_id"])
    return StepResult(result="updated" if changed else "unchanged")


def probe(context: Context, args: Args) -> StepResult | None:
    has = args["tag_id"] in context.crm.list_contact_tags(context.contact_id)
    result = "created" if args["on"] else "updated"
    return StepResult(result=result, note="Seen after a lost reply.") if has == args["on"] else None


STEP = Step(
    name="set_own_tag",
    run=run,
    probe=probe,
    follows_address=True,
    follows_contact=True,
    names_used=lambda args: [(DirectoryEntry.Kind.TAG, args["tag_id"])],
    usual={"apply_tags": lambda call: dict.fromkeys(call.values["tag_ids"], True)},
    about="Tag “{name}”",
    setting="bookings",
    title=("{does} the tag “{name}”", "Apply or take off a tag"),
    results={"created": "Applied", "updated": "Taken off", "unchanged": "Was so already"},
)
