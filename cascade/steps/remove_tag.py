"""Take a tag from the contact again. Harmless where it is gone already."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from crm.errors import MissingInCrm
from mappings.models import DirectoryEntry


def run(context: Context, args: Args) -> StepResult:
    try:
        changed = context.crm.remove_tag(context.contact_id, args["tag_id"])
    except MissingInCrm:
        return StepResult(result="unchanged", note="The contact or the tag is gone from the CRM.")
    return StepResult(result="updated" if changed else "unchanged")


STEP = Step(
    name="remove_tag",
    run=run,
    follows_address=True,
    names_used=lambda args: [(DirectoryEntry.Kind.TAG, args["tag_id"])],
    title=("Withdraw the tag “{name}”", "Withdraw tag {tag_id}", "Withdraw a tag"),
    results={"updated": "Withdrawn", "unchanged": "Had it no more"},
)
