"""Write the notes and custom fields of the CRM order, by absolute value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.context import Context, StepResult


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
    context.crm.set_order_fields(context.order, args["fields"], notes=args["notes"] or None)
    return StepResult(result="updated")
