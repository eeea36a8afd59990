"""Tag the contact. Always sent once per order: campaigns remove trigger tags so that they can fire again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cascade.context import Context, StepResult


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
    changed = context.crm.apply_tag(context.contact_id, args["tag_id"])
    return StepResult(result="created" if changed else "unchanged")
