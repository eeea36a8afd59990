"""Achieve the campaign goals of one integration and call name for the contact, once per order.

What a goal starts cannot be seen in the CRM, so a lost reply is a person's to settle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.context import Context, StepResult


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
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
