"""Run an action set on the contact, once per order.

What it did cannot be seen in the CRM, so a lost reply is a person's to settle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.context import Context, StepResult


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
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
