"""Take every lifecycle tag from the contact, the wanted one too, so that applying that starts its goal again.

A removal whose reply was lost is waited for before the next step: landing late it would take the wanted tag
off again.
"""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult


def run(context: Context, args: Args) -> StepResult:
    has = set(context.crm.list_contact_tags(context.contact_id))
    gone = [tag_id for tag_id in args["tag_ids"] if tag_id in has]
    for tag_id in gone:
        context.crm.remove_tag(context.contact_id, tag_id)
    return StepResult(result="updated" if gone else "unchanged", external={"taken_off": gone})


def probe(context: Context, args: Args) -> StepResult | None:
    if set(context.crm.list_contact_tags(context.contact_id)).isdisjoint(args["tag_ids"]):
        return StepResult(result="updated", note="Seen after a lost reply.")
    return None


STEP = Step(
    name="clear_lifecycle_tags",
    run=run,
    probe=probe,
    asks=("list_contact_tags",),
    usual={"list_contact_tags": lambda _call: []},
    title=("Take the other lifecycle tags off, before “{wanted}”", "Take the other lifecycle tags off"),
    results={"updated": "Taken off", "unchanged": "There was none"},
)
