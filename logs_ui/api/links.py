"""OpenAPI links to what became of an order or a cart."""

from __future__ import annotations

from intake.api.links import PUT, Link, Schema, links_add

LINKS = (
    Link(
        name="OrderReplications",
        source="orders_put",
        statuses=PUT,
        target="replications_list",
        parameters={"shop_order_id": "/shop_order_id"},
        description="What became of the order in the CRM.",
    ),
    Link(
        name="CartReplications",
        source="carts_put",
        statuses=PUT,
        target="replications_list",
        parameters={"cart_id": "/cart_id"},
        description="What became of the cart in the CRM.",
    ),
    Link(
        name="ReadReplication",
        source="replications_list",
        statuses=("200",),
        target="replications_read",
        parameters={"id": "/results/0/id"},
        description="Everything that was decided and done for the newest.",
    ),
)


def replication_links(result: Schema, generator: object, request: object, public: bool) -> Schema:
    """A hook of drf-spectacular."""
    return links_add(result, LINKS)
