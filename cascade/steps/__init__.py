"""The steps of a plan, one file each. `run` makes at most one write that is not safe to repeat.

A step with such a write has a `probe`: what the CRM shows of an earlier send whose reply was lost, or None
for a clean "not there". What a probe found is the step's result. A step without a probe is safe to repeat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cascade.context import Context, StepResult
from cascade.steps import (
    add_line,
    apply_tag,
    check_total,
    create_order,
    record_payment,
    set_order_fields,
    upsert_contact,
)


@dataclass(frozen=True, slots=True)
class Step:
    run: Callable[[Context, Mapping[str, Any]], StepResult]
    probe: Callable[[Context, Mapping[str, Any]], StepResult | None] | None = None


STEPS: dict[str, Step] = {
    "upsert_contact": Step(upsert_contact.run, upsert_contact.probe),
    "create_order": Step(create_order.run, create_order.probe),
    "add_line": Step(add_line.run, add_line.probe),
    "check_total": Step(check_total.run),
    "record_payment": Step(record_payment.run, record_payment.probe),
    "set_order_fields": Step(set_order_fields.run),
    "apply_tag": Step(apply_tag.run),
}
