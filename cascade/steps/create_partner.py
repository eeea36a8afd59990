"""Make the affiliate's contact a referral partner of the CRM."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from mappings.models import DirectoryEntry


def run(context: Context, args: Args) -> StepResult:
    """Look once more right before: a code is unique in the account."""
    if known := context.known_by_name(DirectoryEntry.Kind.AFFILIATE, args["code"]):
        return StepResult(result="unchanged", external={"affiliate_id": known})
    if found := context.crm.find_affiliates(args["code"]):
        return StepResult(result="unchanged", external={"affiliate_id": found[0].id})
    partner_id = context.crm.create_affiliate(context.contact_id, args["code"], args["name"])
    return StepResult(result="created", external={"affiliate_id": partner_id})


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for it by its code, which is unique in the account."""
    found = context.crm.find_affiliates(args["code"])
    if not found:
        return None
    return StepResult(
        result="created", external={"affiliate_id": found[0].id}, note="Found after a lost reply."
    )


STEP = Step(
    name="create_partner",
    run=run,
    probe=probe,
    claim=lambda args: f"referral partner {args['code']}",
    claim_held="Another affiliate of the same code is just being made a referral partner in the CRM.",
    asks=("find_affiliates",),
    names_made=lambda args, made: [(DirectoryEntry.Kind.AFFILIATE, args["code"], made["affiliate_id"])],
    title=(
        "Make {name} a referral partner with the code “{code}”",
        "Make the contact a referral partner with the code “{code}”",
        "Make the contact a referral partner",
    ),
    results={"unchanged": "Was one already"},
)
