"""`/api/v1/orders/`: a shop's own program puts orders in and reads back what is known of them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from carts.api.authentication import ApiKeyAuthentication, ApiPrincipal
from carts.api.fields import MomentField, StrictSerializer, TextField
from carts.api.schema import (
    ORDER_EXAMPLES,
    STORED_EXAMPLES,
    OrderPageSerializer,
    ProblemSerializer,
    TakenSerializer,
)
from carts.api.serializers import OrderSerializer, StoredOrderSerializer
from carts.api.throttling import ApiKeyThrottle
from carts.bodies import BodyRefused, body_read
from carts.json_text import NotJson, json_read
from carts.models import InboundEvent, Order, Source
from carts.order_data import Stage
from carts.selectors import orders_of
from carts.services import delivery_store, event_process

PROBLEMS = {400: ProblemSerializer, 401: ProblemSerializer, 429: ProblemSerializer}


class OrderFilters(StrictSerializer):
    """What the list may be narrowed to."""

    shop_order_id = TextField(max_length=100)
    email = TextField(max_length=320)
    stage = serializers.ChoiceField([stage.value for stage in Stage], required=False)
    placed_after = MomentField(required=False, help_text="At this moment or later.")
    placed_before = MomentField(required=False, help_text="Before this moment.")
    cursor = TextField(help_text="From `next` or `previous` of the page before.")


class OrderPagination(CursorPagination):
    ordering = "-id"
    page_size = 50


class KeyedView(APIView):
    """A view whose caller is a source."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [IsAuthenticated]
    throttle_classes = [ApiKeyThrottle]

    def source(self, request: Request) -> Source:
        principal = request.user
        if not isinstance(principal, ApiPrincipal):
            raise Http404
        return principal.source


class OrderListView(KeyedView):
    @extend_schema(
        operation_id="orders_list",
        parameters=[OrderFilters],
        responses={200: OrderPageSerializer, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """List the orders of the key's source, newest first."""
        filters = OrderFilters(data=request.query_params.dict())
        filters.is_valid(raise_exception=True)
        wanted = {name: value for name, value in filters.validated_data.items() if name != "cursor"}
        rows: QuerySet[Order] = orders_of(self.source(request), **wanted)
        pages = OrderPagination()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([stored_order(order) for order in page])

    @extend_schema(
        operation_id="orders_put",
        request=OrderSerializer,
        examples=[*ORDER_EXAMPLES, *STORED_EXAMPLES],
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
        body = _body(request)
        shop_order_id = _validated(body)["shop_order_id"]
        content_type = request.headers.get("Content-Type", "")
        event = delivery_store(source, body, content_type, InboundEvent.Channel.API, wake=False)
        event_process(event.pk, timezone.now())
        event.refresh_from_db(fields=["state", "problem"])
        order = Order.objects.filter(source=source, shop_order_id=shop_order_id).first()
        if order is None or event.state in (InboundEvent.State.STORED, InboundEvent.State.PARKED):
            detail = event.problem or "The order is stored and will be applied in a moment."
            return Response({"stored": event.pk, "detail": detail}, status=202)
        is_new = event.state == InboundEvent.State.APPLIED and order.version == 1
        return Response(stored_order(order), status=201 if is_new else 200)


class OrderDetailView(KeyedView):
    @extend_schema(
        operation_id="orders_read",
        examples=STORED_EXAMPLES,
        responses={200: StoredOrderSerializer, 404: ProblemSerializer, **PROBLEMS},
    )
    def get(self, request: Request, shop_order_id: str) -> Response:
        """Read one order of the key's source."""
        order = orders_of(self.source(request), shop_order_id=shop_order_id).first()
        if order is None:
            raise Http404
        return Response(stored_order(order))


class _Refused(APIException):
    def __init__(self, err: BodyRefused) -> None:
        super().__init__(err.message)
        self.status_code = err.status


def stored_order(order: Order) -> dict[str, Any]:
    completed_at = order.completed_at.isoformat() if order.completed_at else None
    return {**order.data, "version": order.version, "completed_at": completed_at}


def _body(request: Request) -> bytes:
    try:
        return body_read(request._request)
    except BodyRefused as err:
        raise _Refused(err) from err


def _validated(body: bytes) -> dict[str, Any]:
    """Refuse nonsense at once: whoever sent it is there to read why."""
    try:
        serializer = OrderSerializer(data=json_read(body))
    except NotJson as err:
        raise ValidationError({"detail": str(err)}) from err
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values
