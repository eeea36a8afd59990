"""OpenAPI links to what became of an order or a cart."""

from __future__ import annotations

from intake.api.links import PUT, READ, Link, Schema, links_add

_LIST = "replications_list"
_ORDER, _CART = {"shop_order_id": "/shop_order_id"}, {"cart_id": "/cart_id"}
LINKS = (
    Link("orders_put", PUT, "OrderReplications", _LIST, _ORDER, "What became of the order in the CRM."),
    Link("carts_put", PUT, "CartReplications", _LIST, _CART, "What became of the cart in the CRM."),
    Link(
        *(_LIST, READ, "ReadReplication", "replications_read", {"id": "/results/0/id"}),
        "Everything that was decided and done for the newest.",
    ),
)


def replication_links(result: Schema, generator: object, request: object, public: bool) -> Schema:
    """A hook of drf-spectacular."""
    return links_add(result, LINKS)
