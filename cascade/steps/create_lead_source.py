"""Create the lead source of the buyer, where the CRM has none of that name."""

from __future__ import annotations

from cascade.steps.base import Args, AtHead, Context, Step, StepResult
from mappings.models import DirectoryEntry


def run(context: Context, args: Args) -> StepResult:
    """Look once more right before: an order of the same coupon may have made it since the plan."""
    if known := context.known_by_name(DirectoryEntry.Kind.LEAD_SOURCE, args["name"]):
        return StepResult(result="unchanged", external={"lead_source_id": known})
    if found := context.crm.find_lead_sources(args["name"]):
        return StepResult(result="unchanged", external={"lead_source_id": found[0].id})
    category_id = int(context.external.get("lead_source_category_id") or 0)
    created = context.crm.create_lead_source(args["name"], category_id)
    return StepResult(result="created", external={"lead_source_id": created})


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for it by its exact name."""
    found = context.crm.find_lead_sources(args["name"])
    if not found:
        return None
    return StepResult(
        result="created", external={"lead_source_id": found[0].id}, note="Found after a lost reply."
    )


STEP = Step(
    name="create_lead_source",
    run=run,
    probe=probe,
    claim=lambda args: f"lead source {args['name']}",
    claim_held="Another order of the same coupon is just having its lead source made in the CRM.",
    at_head=AtHead.BEFORE,
    asks=("find_lead_sources",),
    names_made=lambda args, made: [(DirectoryEntry.Kind.LEAD_SOURCE, args["name"], made["lead_source_id"])],
    title=("Create the lead source “{name}”", "Create a lead source"),
    results={"unchanged": "Was there already"},
)
