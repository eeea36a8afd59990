"""Find the company by its name, and bring it up to date; make it where there is none."""

from __future__ import annotations

from cascade.steps.base import Args, Context, Step, StepResult
from crm.object_records import CompanyData
from objects.steps.one_object import CrmType, bring_up, look_again

COMPANY = CrmType(
    word="company",
    id_name="company_id",
    candidates=lambda context, args: context.crm.find_companies(args["title"]),
    create=lambda context, values: context.crm.create_company(CompanyData(**values)),
    update=lambda context, crm_id, values: context.crm.update_company(crm_id, CompanyData(**values)),
    read=lambda context, crm_id, fields: context.crm.read_company(crm_id, fields),
)


def run(context: Context, args: Args) -> StepResult:
    return bring_up(context, args, COMPANY)


def probe(context: Context, args: Args) -> StepResult | None:
    return look_again(context, args, COMPANY)


STEP = Step(
    name="upsert_company",
    run=run,
    probe=probe,
    claim=lambda args: f"company {args['key'][0]}",
    claim_held="Another record of the same company is just being brought up to date in the CRM.",
    asks=("find_companies", "read_company"),
    about="Company “{title}”",
    title=("Bring the company “{title}” up to date", "Bring the company up to date"),
    results={"created": "Made", "updated": "Brought up to date", "unchanged": "As it is to be"},
)
