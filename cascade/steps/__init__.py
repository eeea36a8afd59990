"""The steps of a plan, one file each. `run` makes at most one write that is not safe to repeat.

Three kinds: a step without a probe is safe to repeat; a step with a `probe` tells what the CRM shows of an
earlier send whose reply was lost, or None for a clean "not there", and what it found is the step's result;
a step that is `once` is neither, so after a lost reply a person decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cascade.context import Context, StepResult
from cascade.steps import (
    achieve_goal,
    add_line,
    add_note,
    apply_tag,
    check_total,
    create_lead_source,
    create_order,
    create_partner,
    create_product,
    move_order,
    opt_in,
    place_order,
    record_payment,
    remove_tag,
    run_action_set,
    set_order_fields,
    set_owner,
    set_shipping_fields,
    upsert_contact,
)


@dataclass(frozen=True, slots=True)
class Step:
    run: Callable[[Context, Mapping[str, Any]], StepResult]
    probe: Callable[[Context, Mapping[str, Any]], StepResult | None] | None = None
    once: bool = False
    claim: Callable[[Mapping[str, Any]], str] | None = None  # names what several subjects may want to make


STEPS: dict[str, Step] = {
    "create_lead_source": Step(create_lead_source.run, create_lead_source.probe),
    "create_product": Step(create_product.run, create_product.probe, claim=create_product.claim),
    "upsert_contact": Step(upsert_contact.run, upsert_contact.probe),
    "create_order": Step(create_order.run, create_order.probe),
    "place_order": Step(place_order.run, place_order.probe),
    "add_line": Step(add_line.run, add_line.probe),
    "check_total": Step(check_total.run),
    "move_order": Step(move_order.run),
    "record_payment": Step(record_payment.run, record_payment.probe),
    "set_order_fields": Step(set_order_fields.run),
    "set_shipping_fields": Step(set_shipping_fields.run),
    "apply_tag": Step(apply_tag.run),
    "remove_tag": Step(remove_tag.run),
    "opt_in": Step(opt_in.run),
    "set_owner": Step(set_owner.run),
    "add_note": Step(add_note.run, add_note.probe),
    "create_partner": Step(create_partner.run, create_partner.probe),
    "run_action_set": Step(run_action_set.run, once=True),
    "achieve_goal": Step(achieve_goal.run, once=True),
}
