"""Create a tag of the lifecycle, where the CRM has none of that name."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from mappings.models import DirectoryEntry


def run(context: Context, args: Args) -> StepResult:
    """Look once more right before: another booking may have made it since the plan."""
    found = probe(context, args)
    if found is not None:
        return found
    tag_id = context.crm.create_tag(args["name"], int(context.external.get("tag_category_id") or 0))
    return StepResult(result="created", external={"made_tag_id": tag_id})


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for it by its exact name."""
    found = context.crm.find_tags(args["name"])
    return StepResult(result="unchanged", external={"made_tag_id": found[0].id}) if found else None


STEP = Step(
    name="create_tag",
    run=run,
    probe=probe,
    claim=lambda args: f"tag {args['name']}",
    claim_held="Another booking is just having the same tag made in the CRM.",
    again_after=("created", "unchanged"),  # it is not there any more
    names_made=lambda args, made: [(DirectoryEntry.Kind.TAG, args["name"], made["made_tag_id"])],
    asks=("find_tags",),
    title=("Create the tag “{name}”", "Create a tag"),
    results={"unchanged": "Was there already"},
)
