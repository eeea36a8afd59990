"""What the OpenAPI page says of orders and of the other records that shops put in, beside their fields."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema

from intake.api.links import PUT, READ, Link, Schema, links_add

_ID, _FIND = "shop_order_id", "Find it in the list."
LINKS = (
    Link("orders_put", PUT, "ReadOrder", "orders_read", {_ID: f"/{_ID}"}, "Read the order back."),
    Link(
        "orders_list", READ, "ReadOrder", "orders_read", {_ID: f"/results/0/{_ID}"}, "Read the newest order."
    ),
    *(
        Link(f"{kinds}_put", PUT, f"Find{kinds.capitalize()}", f"{kinds}_list", {name: f"/{name}"}, _FIND)
        for kinds, name in (
            ("orders", _ID),
            ("carts", "cart_id"),
            ("affiliates", "shop_affiliate_id"),
            ("shipments", _ID),
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
