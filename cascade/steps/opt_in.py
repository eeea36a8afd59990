"""Make the address marketable. A refusal (somebody who opted out stays out) is a warning, no failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.context import Context, StepResult


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
    if context.crm.opt_in(args["email"], args["reason"]):
        return StepResult(result="updated")
    return StepResult(
        result="skipped",
        note="The CRM did not opt the address in: whoever opted out before stays out. The buyer can opt in "
        "again by a web form of the CRM.",
    )
