"""Create the category that tags or lead sources of bookings are in, where the CRM has none of that name."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult

TAGS, LEAD_SOURCES = "tags", "lead sources"


def run(context: Context, args: Args) -> StepResult:
    found = probe(context, args)
    if found is not None:
        return found
    of_tags = args["of"] == TAGS
    create = context.crm.create_tag_category if of_tags else context.crm.create_lead_source_category
    return StepResult(result="created", external={_external(args): create(args["category"])})


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for it by its exact name."""
    of_tags = args["of"] == TAGS
    find = context.crm.find_tag_categories if of_tags else context.crm.find_lead_source_categories
    found = find(args["category"])
    return StepResult(result="unchanged", external={_external(args): found[0].id}) if found else None


def _external(args: Args) -> str:
    return "tag_category_id" if args["of"] == TAGS else "lead_source_category_id"


STEP = Step(
    name="create_category",
    run=run,
    probe=probe,
    kept=True,
    claim=lambda args: f"category of {args['of']} {args['category']}",
    claim_held="Another booking is just having the same category made in the CRM.",
    asks=("find_tag_categories", "find_lead_source_categories"),
    title=("Find or create the category “{category}” of {of}", "Find or create a category"),
    results={"unchanged": "Was there already"},
)
