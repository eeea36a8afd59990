"""Make the address marketable. A refusal (somebody who opted out stays out) is a warning, no failure."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult


def run(context: Context, args: Args) -> StepResult:
    if context.crm.opt_in(args["email"], args["reason"]):
        return StepResult(result="updated")
    return StepResult(
        result="skipped",
        note="The CRM does not send marketing mail to this address: its owner opted out before, or mail to "
        "it came back. Its status stands beside the address on the contact. Who opted out can come back by a "
        "web form of the CRM; an address whose mail came back has to be corrected in the shop.",
    )


STEP = Step(
    name="opt_in",
    run=run,
    only_on="contact",
    title=("Make the address {email} marketable", "Make the address marketable"),
    results={"updated": "Opted in", "skipped": "Not opted in"},
)
