"""Add one line to the CRM order, unless it went along when the order was made."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from cascade.steps.base import Args, AtHead, Context, Step, StepResult
from crm.records import Line, LineRecord, LineType, Money
from mappings.models import DirectoryEntry

LineKey = tuple[str, int, int, Decimal, str]


def run(context: Context, args: Args) -> StepResult:
    if context.step in context.external.get("made_with", ()):
        return StepResult(result="created", note="Sent together with the order.")
    context.crm.add_line(context.order, line_of(args))
    return StepResult(result="created")


def line_of(args: Args) -> Line:
    return Line(
        type=LineType(args["type"]),
        title=args["title"],
        description=args["description"],
        quantity=args["quantity"],
        unit_price=Money(amount=Decimal(args["unit_price"]), currency=args["currency"]),
        product_id=args["product_id"],
    )


def probe(context: Context, args: Args) -> StepResult | None:
    """Whether the CRM holds one line of this kind more than the journal has done.

    Lines carry no key of ours, so they are compared as a multiset; only one line is ever in doubt.
    """
    wanted = planned_key(args)
    there = Counter(record_key(record) for record in context.crm.read_lines(context.order))
    done = Counter(planned_key(line) for line in context.done.get("add_line", ()))
    if there[wanted] <= done[wanted]:
        return None
    return StepResult(result="created", note="Found on the order after a lost reply.")


def planned_key(args: Args) -> LineKey:
    return _key(
        args["type"], args["product_id"], args["quantity"], Decimal(args["unit_price"]), args["title"]
    )


def record_key(record: LineRecord) -> LineKey:
    kind = record.type.value if record.type else ""
    return _key(kind, record.product_id, record.quantity, record.unit_price, record.title)


def _key(kind: str, product_id: int, quantity: int, price: Decimal, title: str) -> LineKey:
    # Whether the CRM keeps our title on a product's line or puts the product's name is not known, so there
    # the title does not count; `normalize` makes 5 and 5.00 equal.
    return (kind, product_id, quantity, price.normalize(), "" if product_id else title)


def product_names(*product_ids: int) -> list[tuple[str, int]]:
    """Where the CRM's products are remembered: by their names and by their SKUs."""
    kinds = (DirectoryEntry.Kind.PRODUCT, DirectoryEntry.Kind.SKU)
    return [(kind, product_id) for product_id in product_ids if product_id for kind in kinds]


STEP = Step(
    name="add_line",
    run=run,
    probe=probe,
    at_head=AtHead.FROZEN,
    names_used=lambda args: product_names(args["product_id"]),
    asks=("read_lines",),
    about="Line “{title}” (product {product_id})",
    setting="products",
    title=(
        "Add the line “{title}”, {quantity} × {unit_price} {currency}",
        "Add the line “{title}” over {amount}",
        "Add the line “{title}”",
        "Add a line",
    ),
)
