"""`/api/v1/orders/`: a shop's own program puts orders in and reads back what is known of them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from carts.api import (
    examples,
    order_schema,  # noqa: F401  registers how a field of orders is described
)
from carts.api.kinds import ORDER
from carts.api.order_serializers import HISTORY_HELP, OrderSerializer, StoredOrderSerializer
from carts.api.resources import RESOURCES, accept, answer, stored
from carts.models.orders import Order
from carts.order_data import Stage
from carts.selectors import orders_of
from intake.api.fields import MomentField, QueryFlagField, StrictSerializer, TextField
from intake.api.schema import HEADERS, PROBLEMS, ProblemSerializer, TakenSerializer, page_of
from intake.api.views import ApiKeyView, NewestFirst, PageFilters, content_type_of, filters_of, posted

SHOP_ID = OpenApiParameter(
    "shop_order_id", str, OpenApiParameter.PATH, description="The shop's id, as it is."
)


class OrderFilters(PageFilters):
    shop_order_id = TextField(max_length=100)
    email = TextField(max_length=320)
    stage = serializers.ChoiceField([stage.value for stage in Stage], required=False)
    placed_after = MomentField(required=False, help_text="At this moment or later.")
    placed_before = MomentField(required=False, help_text="Before this moment.")


class OrderPutting(StrictSerializer):
    """How an order is put in."""

    history = QueryFlagField(
        default=False,
        help_text=HISTORY_HELP,
    )


class OrderListView(ApiKeyView):
    @extend_schema(
        operation_id="orders_list",
        parameters=[OrderFilters, *HEADERS],
        examples=examples.page("The newest order", examples.STORED_ORDER),
        responses={200: page_of(StoredOrderSerializer), **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """List the orders of the key's source, newest first."""
        rows: QuerySet[Order] = orders_of(self.source(request), **filters_of(request, OrderFilters))
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([stored(order) for order in page])

    @extend_schema(
        operation_id="orders_put",
        parameters=[OrderPutting, *HEADERS],
        request=OrderSerializer,
        examples=[*examples.ORDERS, *examples.STORED_ORDERS],
        responses={
            200: StoredOrderSerializer,
            201: StoredOrderSerializer,
            202: TakenSerializer,
            413: ProblemSerializer,
            **PROBLEMS,
        },
    )
    def post(self, request: Request) -> Response:
        """Put an order in: 201 if it is new, 200 if it is known, whether it changed or not.

        202 means that it is stored but could not be applied at once; `detail` says why.
        """
        source = self.source(request)
        is_history = filters_of(request, OrderPutting)["history"]
        body, values = posted(request, OrderSerializer)
        return answer(
            accept(source, RESOURCES[ORDER], body, values, content_type_of(request), history=is_history)
        )


class OrderDetailView(ApiKeyView):
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
        order = orders_of(self.source(request), shop_order_id=shop_order_id).first()
        if order is None:
            raise Http404
        return Response(stored(order))
