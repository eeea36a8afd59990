"""Find the contact's opportunity by title and day of closing, and bring it up to date; make it otherwise."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from crm.object_records import OpportunityData
from objects.steps.one_object import CrmType, bring_up, look_again

OPPORTUNITY = CrmType(
    word="opportunity",
    id_name="opportunity_id",
    text="notes",
    candidates=lambda context, args: context.crm.list_opportunities(context.contact_id),
    create=lambda context, values: context.crm.create_opportunity(
        OpportunityData(contact_id=context.contact_id, **values)
    ),
    update=lambda context, crm_id, values: context.crm.update_opportunity(crm_id, OpportunityData(**values)),
    read=lambda context, crm_id, fields: context.crm.read_opportunity(crm_id, fields),
)


def run(context: Context, args: Args) -> StepResult:
    return bring_up(context, args, OPPORTUNITY)


def probe(context: Context, args: Args) -> StepResult | None:
    return look_again(context, args, OPPORTUNITY)


STEP = Step(
    name="upsert_opportunity",
    run=run,
    probe=probe,
    exclusive=True,
    asks=("list_opportunities", "read_opportunity"),
    about="Opportunity “{title}”",
    title=("Bring the opportunity “{title}” up to date", "Bring the opportunity up to date"),
    results={"created": "Made", "updated": "Brought up to date", "unchanged": "As it is to be"},
)
