"""The lead source of a buyer: the first coupon they typed, by its configured code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from carts.order_data import OrderData
from cascade.plan import Draft, PlannedStep
from cascade.planning.contact import clean_text
from cascade.planning.rules import Names, Rules
from mappings.models import OrderSettings

LONGEST_NAME = 100


def lead_source_name(order: OrderData, rules: Rules) -> str:
    """By the configured code, not the one typed: one-time codes would make thousands of lead sources."""
    if rules.lead_source_field != OrderSettings.LeadSourceField.COUPON:
        return ""
    code = next((coupon.code for coupon in order.coupons if not coupon.automatic), "")
    return clean_text(code, remove_four_byte=rules.removes_four_byte)[:LONGEST_NAME]


def plan_lead_source(
    draft: Draft, order: OrderData, rules: Rules, names: Names
) -> tuple[list[PlannedStep], dict[str, Any]]:
    """The step that creates it, if it is to be, and what the contact's step must know."""
    name = lead_source_name(order, rules)
    if not name:
        return [], {}
    keep = {"lead_source": name, "replace_lead_source": rules.replace_lead_source}
    found = names.lead_sources.get(name)
    if found is not None and found.crm_id is not None:
        if found.matches > 1:
            draft.say(
                f"The CRM has {found.matches} lead sources named “{name}”: the oldest is used.", "warning"
            )
        return [], {**keep, "lead_source_id": found.crm_id}
    if not rules.create_lead_source:
        draft.say(
            f"The lead source “{name}” is not in the CRM, so none was set. Create it there, or tick Create "
            "Lead Source, then resend.",
            "warning",
        )
        return [], {}
    return list(_creation(name)), {**keep, "lead_source_id": 0}


def _creation(name: str) -> Iterator[PlannedStep]:
    yield PlannedStep(name="lead_source", kind="create_lead_source", args={"name": name})
