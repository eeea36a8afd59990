"""Give the booking's own tag the name of its phase; make the tag where there is none yet."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from crm.errors import MissingInCrm


def run(context: Context, args: Args) -> StepResult:
    known = context.known.get("booking_tag_id")
    if known:
        try:
            context.crm.rename_tag(int(known), args["name"])
            return StepResult(result="updated", external={"booking_tag_id": known})
        except MissingInCrm:
            pass  # deleted in the CRM: made anew
    if found := context.crm.find_tags(args["name"]):
        return StepResult(result="unchanged", external={"booking_tag_id": found[0].id})
    tag_id = context.crm.create_tag(args["name"], int(context.external.get("tag_category_id") or 0))
    return StepResult(result="created", external={"booking_tag_id": tag_id})


def probe(context: Context, args: Args) -> StepResult | None:
    """By its exact name, which no other booking's tag has."""
    if context.known.get("booking_tag_id"):
        return run(context, args)  # a renaming is simply made once more
    found = context.crm.find_tags(args["name"])
    return StepResult(result="created", external={"booking_tag_id": found[0].id}) if found else None


STEP = Step(
    name="name_booking_tag",
    run=run,
    probe=probe,
    asks=("find_tags",),
    title=("Name the booking's tag “{name}”", "Name the booking's tag"),
    results={"updated": "Renamed", "unchanged": "Was there already"},
    about="Tag “{name}”",
    setting="bookings",
)
