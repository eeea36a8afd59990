"""Write what is known of an order's shipments to custom fields of its CRM order, by absolute value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.context import Context, StepResult
from crm.contract import OrderRef


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
    order = OrderRef(invoice_id=args["invoice_id"], order_id=args["order_id"])
    context.crm.set_order_fields(order, args["fields"])
    return StepResult(result="updated")
