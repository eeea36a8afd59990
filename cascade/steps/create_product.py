"""Create a product of the CRM for an item of the shop that has none."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from cascade.context import Context, StepResult
from crm.contract import Money, ProductRecord


def run(context: Context, args: Mapping[str, Any]) -> StepResult:
    """Look once more right before: another order of the item may have made it since the plan."""
    if found := _found(context, args):
        return StepResult(result="unchanged", external={"product_id": found[0].id})
    price = Money(amount=Decimal(args["price"]), currency=args["currency"])
    product_id = context.crm.create_product(args["name"], args["sku"], price)
    return StepResult(result="created", external={"product_id": product_id})


def probe(context: Context, args: Mapping[str, Any]) -> StepResult | None:
    """Look for it by what the next order will find it by."""
    found = _found(context, args)
    if not found:
        return None
    return StepResult(
        result="created", external={"product_id": found[0].id}, note="Found after a lost reply."
    )


def claim(args: Mapping[str, Any]) -> str:
    """Of all orders with the item one makes the product at a time."""
    return f"product {args['sku']}"


def _found(context: Context, args: Mapping[str, Any]) -> list[ProductRecord]:
    if args["name"] == args["sku"]:
        return context.crm.find_products(args["name"])
    return context.crm.find_products_by_sku(args["sku"])
