"""Give the CRM order to the contact that its buyer has now, after the order's address was corrected."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from crm.errors import CrmRejected, MissingInCrm


def run(context: Context, args: Args) -> StepResult:
    assert context.order_made is not None
    contact_id = context.contact_id
    external = {"order_contact_id": contact_id}
    if context.order_contact_id == contact_id:
        return StepResult(result="unchanged", external=external)
    try:
        whole = context.crm.move_order(context.order_made, contact_id)
    except (CrmRejected, MissingInCrm) as error:
        note = (
            f"The CRM order could not be given to contact {contact_id} of {args['email']}: {error.message} "
            "Look at the order in the CRM, and change its contact there if it should follow."
        )
        return StepResult(result="skipped", note=note)
    if whole:
        return StepResult(result="updated", external=external)
    context.look_once_more()  # whether its invoice came along
    note = (
        f"The CRM order now belongs to contact {contact_id} of {args['email']}, but its invoice stayed with "
        "the contact before: the CRM does not let it be changed over XML-RPC."
    )
    return StepResult(result="skipped", external=external, note=note)


STEP = Step(
    name="move_order",
    run=run,
    follows_contact=True,
    title=("Give the order to the contact of {email}",),
)
