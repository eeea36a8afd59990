"""What the OpenAPI page says of orders and of the other records that shops put in, beside their fields."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema

from intake.api.links import PUT, Link, Schema, links_add

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


class CustomFieldsSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    target_class = "carts.api.order_serializers.CustomFieldsField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        text = {"type": "string", "maxLength": self.target.child.max_length}
        names = dict.fromkeys(self.target.names, text)
        return {"type": "object", "properties": names, "additionalProperties": False}
