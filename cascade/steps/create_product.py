"""Create a product of the CRM for an item of the shop that has none."""

from __future__ import annotations

from decimal import Decimal

from cascade.steps.base import Args, Context, Step, StepResult
from crm.records import Money
from mappings.models import DirectoryEntry


def run(context: Context, args: Args) -> StepResult:
    """Look once more right before: another order of the item may have made it since the plan."""
    if found := context.known_by_name(DirectoryEntry.Kind.SKU, args["sku"]) or _found(context, args):
        return StepResult(result="unchanged", external={"product_id": found})
    price = Money(amount=Decimal(args["price"]), currency=args["currency"])
    product_id = context.crm.create_product(args["name"], args["sku"], price)
    return StepResult(result="created", external={"product_id": product_id})


def probe(context: Context, args: Args) -> StepResult | None:
    """Look for it by what the next order will find it by."""
    found = _found(context, args)
    if not found:
        return None
    return StepResult(result="created", external={"product_id": found}, note="Found after a lost reply.")


def _found(context: Context, args: Args) -> int | None:
    by_name = args["name"] == args["sku"]
    products = (
        context.crm.find_products(args["name"]) if by_name else context.crm.find_products_by_sku(args["sku"])
    )
    return products[0].id if products else None


STEP = Step(
    name="create_product",
    run=run,
    probe=probe,
    claim=lambda args: f"product {args['sku']}",
    claim_held="Another order of the same item is just having its product made in the CRM.",
    again_after=("created", "unchanged"),  # it is not there any more
    names_made=lambda args, made: [
        (DirectoryEntry.Kind.PRODUCT, args["name"], made["product_id"]),
        (DirectoryEntry.Kind.SKU, args["sku"], made["product_id"]),
    ],
    title=("Create the product “{name}” in the CRM", "Create a product"),
    results={"unchanged": "Was there already"},
)
