"""OpenAPI links: from what an operation answers to the operations that take it.

`links_add` is called for each package's table when the schema is made (`POSTPROCESSING_HOOKS`); a link to an
operation that this installation does not have is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """`parameters` maps the target's parameter to where in the answer its value stands."""

    name: str
    source: str
    statuses: tuple[str, ...]
    target: str
    parameters: dict[str, str] = field(default_factory=dict)
    description: str


PUT = ("200", "201")
LINKS = (
    Link(
        name="ReadOrder",
        source="orders_put",
        statuses=PUT,
        target="orders_read",
        parameters={"shop_order_id": "/shop_order_id"},
        description="Read the order back.",
    ),
    Link(
        name="ReadOrder",
        source="orders_list",
        statuses=("200",),
        target="orders_read",
        parameters={"shop_order_id": "/results/0/shop_order_id"},
        description="Read the newest order.",
    ),
    *(
        Link(
            name=f"Find{kind.capitalize()}",
            source=f"{kind}_put",
            statuses=PUT,
            target=f"{kind}_list",
            parameters={name: f"/{name}"},
            description="Find it in the list.",
        )
        for kind, name in (
            ("orders", "shop_order_id"),
            ("carts", "cart_id"),
            ("affiliates", "shop_affiliate_id"),
            ("shipments", "shop_order_id"),
            ("refunds", "refund_id"),
        )
    ),
)


def carts_links(result: Schema, generator: object, request: object, public: bool) -> Schema:
    """A hook of drf-spectacular."""
    return links_add(result, LINKS)


def links_add(schema: Schema, links: Iterable[Link]) -> Schema:
    operations = {
        operation["operationId"]: operation
        for path in schema["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    }
    for link in links:
        if link.source not in operations or link.target not in operations:
            continue
        for status in link.statuses:
            operations[link.source]["responses"][status].setdefault("links", {})[link.name] = {
                "operationId": link.target,
                "parameters": {name: f"$response.body#{place}" for name, place in link.parameters.items()},
                "description": link.description,
            }
    return schema
