"""`/api/v1/orders/` and the other kinds: a shop's own program puts them in and reads back what is known."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from carts.api import (
    examples,
    order_schema,  # noqa: F401  registers how a field of orders is described
)
from carts.api.order_serializers import HISTORY_HELP, StoredOrderSerializer
from carts.api.resources import (
    AFFILIATE,
    CART,
    ORDER,
    REFUND,
    RESOURCES,
    SHIPMENT,
    Resource,
    accept,
    stored,
)
from carts.models.orders import Order
from carts.order_data import Stage
from crm.emails import email_key
from intake.api.fields import MomentField, QueryFlagField, StrictSerializer, TextField
from intake.api.schema import HEADERS, PROBLEMS, ProblemSerializer, TakenSerializer, page_of
from intake.api.views import ApiKeyView, NoFilters, PageFilters, filters_of, posted

SHOP_ID = OpenApiParameter(
    "shop_order_id", str, OpenApiParameter.PATH, description="The shop's id, as it is."
)


class Filters(PageFilters):
    """What a list may be narrowed to; `source` is what a filter asks of the rows."""

    def validate_email(self, email: str) -> str:
        return email_key(email)


class OrderFilters(Filters):
    shop_order_id = TextField(max_length=100)
    email = TextField(max_length=320, source="email_key")
    stage = serializers.ChoiceField([stage.value for stage in Stage], required=False)
    placed_after = MomentField(required=False, source="placed_at__gte", help_text="At this moment or later.")
    placed_before = MomentField(required=False, source="placed_at__lt", help_text="Before this moment.")


class CartFilters(Filters):
    cart_id = TextField(max_length=100)
    email = TextField(max_length=320, source="email_key")
    bought = QueryFlagField(
        required=False, source="bought_at__isnull", help_text="Whether it was bought after all."
    )
    arrived_after = MomentField(
        required=False, source="arrived_at__gte", help_text="At this moment or later."
    )
    arrived_before = MomentField(required=False, source="arrived_at__lt", help_text="Before this moment.")

    def validate_bought(self, bought: bool) -> bool:
        return not bought


class AffiliateFilters(Filters):
    shop_affiliate_id = TextField(max_length=100)
    code = TextField(max_length=100)
    email = TextField(max_length=320, source="email_key")


class ShipmentFilters(Filters):
    shop_order_id = TextField(max_length=100)
    shipment_id = TextField(max_length=100)


class RefundFilters(Filters):
    shop_order_id = TextField(max_length=100)
    refund_id = TextField(max_length=100)


class OrderPutting(StrictSerializer):
    """How an order is put in."""

    history = QueryFlagField(default=False, help_text=HISTORY_HELP)


class ResourceView(ApiKeyView):
    resource: ClassVar[Resource]
    filters: ClassVar[type[Filters]]
    putting: ClassVar[type[StrictSerializer]]

    def get(self, request: Request) -> Response:
        asked = filters_of(request, self.filters)
        wanted = {name: value for name, value in asked.items() if value != ""}
        rows = self.resource.model._default_manager.filter(source=self.source(request), **wanted)
        return self.listed(request, rows, stored)

    def post(self, request: Request) -> Response:
        how = filters_of(request, self.putting)
        body, values = posted(request, self.resource.serializer)
        content_type = request.headers.get("Content-Type", "")
        accepted = accept(self.source(request), self.resource, body, values, content_type, **how)
        if accepted.row is None or accepted.status == 202:
            return Response({"stored": accepted.event.pk, "detail": accepted.detail}, status=202)
        return Response(stored(accepted.row), status=accepted.status)


def _view(
    kind: str,
    filters: type[Filters],
    example: dict[str, Any],
    put_examples: list[OpenApiExample],
    *,
    putting: type[StrictSerializer] = NoFilters,
    newest: str = "The newest",
    listed: str = "List what the key's source has told, newest first.",
    put: str = "Put one in",
) -> type[ResourceView]:
    resource = RESOURCES[kind]
    known = {200: resource.stored, 201: resource.stored}
    described = extend_schema_view(
        get=extend_schema(
            operation_id=f"{kind}s_list",
            description=listed,
            parameters=[filters, *HEADERS],
            examples=examples.page(newest, example),
            responses={200: page_of(resource.stored), **PROBLEMS},
        ),
        post=extend_schema(
            operation_id=f"{kind}s_put",
            description=f"{put}: 201 if it is new, 200 if it is known, whether it changed or not.\n\n"
            "202 means that it is stored but could not be applied at once; `detail` says why.",
            parameters=[*([] if putting is NoFilters else [putting]), *HEADERS],
            request=resource.serializer,
            examples=put_examples,
            responses={**known, 202: TakenSerializer, 413: ProblemSerializer, **PROBLEMS},
        ),
    )
    own = {"resource": resource, "filters": filters, "putting": putting}
    view: type[ResourceView] = described(type(f"{kind.capitalize()}sView", (ResourceView,), own))
    return view


VIEWS = {
    "orders": _view(
        ORDER,
        OrderFilters,
        examples.STORED_ORDER,
        [*examples.ORDERS, *examples.STORED_ORDERS],
        putting=OrderPutting,
        newest="The newest order",
        listed="List the orders of the key's source, newest first.",
        put="Put an order in",
    ),
    "carts": _view(CART, CartFilters, examples.STORED_CART, examples.CARTS),
    "affiliates": _view(AFFILIATE, AffiliateFilters, examples.STORED_AFFILIATE, examples.AFFILIATES),
    "shipments": _view(SHIPMENT, ShipmentFilters, examples.STORED_SHIPMENT, examples.SHIPMENTS),
    "refunds": _view(REFUND, RefundFilters, examples.STORED_REFUND, examples.REFUNDS),
}


class OrderView(ApiKeyView):
    @extend_schema(
        operation_id="orders_read",
        parameters=[SHOP_ID, *HEADERS],
        examples=examples.STORED_ORDERS,
        responses={200: StoredOrderSerializer, 404: ProblemSerializer, **PROBLEMS},
    )
    def get(self, request: Request, shop_order_id: str) -> Response:
        """Read one order of the key's source."""
        filters_of(request)
        if "\0" in shop_order_id:  # which no database is asked about
            raise Http404
        order = Order.objects.filter(source=self.source(request), shop_order_id=shop_order_id).first()
        if order is None:
            raise Http404
        return Response(stored(order))
