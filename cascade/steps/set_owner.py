"""Make a CRM user the contact's owner, by absolute value."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from crm.records import ContactData


def run(context: Context, args: Args) -> StepResult:
    context.crm.update_contact(context.contact_id, ContactData(owner_id=args["owner_id"]))
    return StepResult(result="updated")


STEP = Step(
    name="set_owner",
    run=run,
    follows_address=True,
    about="Owner of the contact, User ID {owner_id}",
    setting="sales-reps",
    named={"affiliate_owner": ("Owner of the affiliate, User ID {owner_id}", "affiliates")},
    title=("Make user {owner_id} the contact's owner", "Set the contact's owner"),
    results={"updated": "Set"},
)
