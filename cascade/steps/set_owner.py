"""Make a CRM user the contact's owner, by absolute value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.context import Context, StepResult
from crm.contract import ContactData


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
    context.crm.update_contact(context.contact_id, ContactData(owner_id=args["owner_id"]))
    return StepResult(result="updated")
