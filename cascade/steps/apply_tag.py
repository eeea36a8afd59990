"""Tag the contact. Always sent once per order: campaigns remove trigger tags so that they can fire again.

Where the protocol takes many tags in one call, the first tag's step takes the others along.
"""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from crm.errors import CrmRejected, MissingInCrm
from mappings.models import DirectoryEntry


def run(context: Context, args: Args) -> StepResult:
    tag_id = args["tag_id"]
    along = context.external.get("tags", {})
    if str(tag_id) in along:
        return StepResult(result="created" if along[str(tag_id)] else "unchanged")
    others = [other["tag_id"] for other in context.pending.get("apply_tag", {}).values()]
    tag_ids = [tag_id, *(other for other in others if other != tag_id)]
    try:
        applied = context.crm.apply_tags(context.contact_id, tag_ids)
    except (MissingInCrm, CrmRejected):
        if len(tag_ids) == 1:
            raise
        # One deleted tag must not keep the others from the contact: each for itself then.
        applied = context.crm.apply_tags(context.contact_id, [tag_id])
    external = {"tags": {str(each): changed for each, changed in applied.items()}} if len(applied) > 1 else {}
    return StepResult(result="created" if applied[tag_id] else "unchanged", external=external)


STEP = Step(
    name="apply_tag",
    run=run,
    follows_address=True,
    names_used=lambda args: [(DirectoryEntry.Kind.TAG, args["tag_id"])],
    usual={
        "apply_tags": lambda call: dict.fromkeys(
            call.values["tag_ids"][: None if call.takes_along else 1], True
        )
    },
    about="Tag “{name}”",
    setting="tags",
    title=("Apply the tag “{name}”", "Apply tag {tag_id}", "Apply a tag"),
    results={"created": "Applied", "unchanged": "Had it already"},
)
