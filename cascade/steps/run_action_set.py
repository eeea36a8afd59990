"""Run an action set on the contact, once per order.

What it did cannot be seen in the CRM, so a lost reply is a person's to resolve.
"""

from __future__ import annotations

from cascade.steps.base import Args, AtHead, Context, Step, StepResult


def run(context: Context, args: Args) -> StepResult:
    results = context.crm.run_action_set(context.contact_id, args["action_set_id"])
    if not results:
        return StepResult(
            result="skipped",
            note=f"The CRM named no action of the action set {args['action_set_id']}. "
            "Check its id and its actions.",
        )
    wrong = [f"{result.action}: {result.message}" for result in results if result.is_error]
    if wrong:
        told = "; ".join(wrong)[:250]
        return StepResult(
            result="skipped", note=f"The action set {args['action_set_id']} did not do everything: {told}"
        )
    return StepResult(result="created")


STEP = Step(
    name="run_action_set",
    run=run,
    once=True,
    at_head=AtHead.BEHIND,
    about="Action set {action_set_id}",
    setting="action-sets",
    noun="action set {action_set_id}",
    title=(
        "Run the action set {action_set_id} for {item_id}",
        "Run the action set {action_set_id}",
        "Run an action set",
    ),
    results={"created": "Run", "skipped": "Run, with errors"},
    look_for="See there whether the action set {action_set_id} did what it does: its tags, e-mails, tasks.",
)
