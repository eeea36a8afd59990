"""Take a tag from the contact again. Harmless where it is gone already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.context import Context, StepResult
from crm.errors import MissingInCrm


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
    try:
        changed = context.crm.remove_tag(context.contact_id, args["tag_id"])
    except MissingInCrm:
        return StepResult(result="unchanged", note="The contact or the tag is gone from the CRM.")
    return StepResult(result="updated" if changed else "unchanged")
