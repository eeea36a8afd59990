"""Achieve the campaign goals of one integration and call name for the contact, once per order.

What a goal starts cannot be seen in the CRM, so a lost reply is a person's to resolve.
"""

from __future__ import annotations

from cascade.steps.base import Args, AtHead, Context, Step, StepResult
from crm.records import GoalResult


def run(context: Context, args: Args) -> StepResult:
    results = context.crm.achieve_goal(context.contact_id, args["integration"], args["call_name"])
    achieved = [result for result in results if result.achieved]
    if achieved:
        return StepResult(result="created", external={"goal_ids": [result.goal_id for result in achieved]})
    words = next((result.message for result in results if result.message), "The CRM named no goal.")
    return StepResult(
        result="skipped",
        note=f"No goal was achieved for {args['integration']}/{args['call_name']}. {words[:200]} "
        "Check the names and that the campaign is published, then resend.",
    )


STEP = Step(
    name="achieve_goal",
    run=run,
    once=True,
    at_head=AtHead.BEHIND,
    again_after=("skipped",),
    usual={"achieve_goal": lambda _call: [GoalResult(achieved=True)]},
    noun="goal {integration}/{call_name}",
    title=("Achieve the goal {integration}/{call_name}", "Achieve a goal"),
    results={"created": "Achieved", "skipped": "No goal achieved"},
    look_for="See there whether the campaign went on from the goal {integration}/{call_name}.",
)
