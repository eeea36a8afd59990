"""Write the key of personalised links on the contact, into the field that is kept for it. Safe to repeat."""

from __future__ import annotations

from bookings.link_keys import link_key
from cascade.steps.base import Args, Context, Step, StepResult
from crm.records import ContactData


def run(context: Context, args: Args) -> StepResult:
    key = link_key(args["connection_id"], context.contact_id)
    context.crm.update_contact(context.contact_id, ContactData(fields={args["field"]: key}))
    return StepResult(result="updated")


STEP = Step(
    name="write_link_key",
    run=run,
    follows_contact=True,
    about="Field {field}",
    setting="bookings",
    title=("Write the key of personalised links into {field}", "Write the key of personalised links"),
    results={"updated": "Written"},
)
