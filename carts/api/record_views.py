"""`/api/v1/carts/`, `affiliates/`, `shipments/` and `refunds/`: the same door for each kind of record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from carts.api import examples
from carts.api.fields import MomentField, StrictSerializer, TextField
from carts.api.keyed import KeyedView, NewestFirst, PageFilters, answer, filters_of, posted, take
from carts.api.record_serializers import (
    AffiliateSerializer,
    CartSerializer,
    RefundSerializer,
    ShipmentSerializer,
    StoredAffiliateSerializer,
    StoredCartSerializer,
    StoredRefundSerializer,
    StoredShipmentSerializer,
)
from carts.api.schema import PROBLEMS, ProblemSerializer, TakenSerializer, page_of
from carts.models import AbandonedCart, Affiliate, Refund, Shipment
from carts.models.others import ToldByShop
from carts.platforms.api import AFFILIATE, CART, REFUND, SHIPMENT
from carts.selectors import affiliates_of, carts_of, refunds_of, shipments_of


class CartFilters(PageFilters):
    """What the list may be narrowed to."""

    cart_id = TextField(max_length=100)
    email = TextField(max_length=320)
    bought = serializers.BooleanField(required=False, help_text="Whether it was bought after all.")
    arrived_after = MomentField(required=False, help_text="At this moment or later.")
    arrived_before = MomentField(required=False, help_text="Before this moment.")


class AffiliateFilters(PageFilters):
    """What the list may be narrowed to."""

    shop_affiliate_id = TextField(max_length=100)
    code = TextField(max_length=100)
    email = TextField(max_length=320)


class ShipmentFilters(PageFilters):
    """What the list may be narrowed to."""

    shop_order_id = TextField(max_length=100)
    shipment_id = TextField(max_length=100)


class RefundFilters(PageFilters):
    """What the list may be narrowed to."""

    shop_order_id = TextField(max_length=100)
    refund_id = TextField(max_length=100)


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """One kind of record. `identity` names the fields that tell two of them apart."""

    event_name: str
    plural: str
    model: type[ToldByShop]
    identity: tuple[str, ...]
    rows_of: Callable[..., QuerySet[Any]]
    filters: type[PageFilters]
    serializer: type[StrictSerializer]
    stored: type[serializers.Serializer[Any]]
    examples: list[OpenApiExample]


class RecordView(KeyedView):
    door: ClassVar[Door]

    def get(self, request: Request) -> Response:
        """List what the key's source has told, newest first."""
        rows = self.door.rows_of(self.source(request), **filters_of(request, self.door.filters))
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([stored_record(row) for row in page])

    def post(self, request: Request) -> Response:
        """Put one in: 201 if it is new, 200 if it is known, whether it changed or not.

        202 means that it is stored but could not be applied at once; `detail` says why.
        """
        source = self.source(request)
        body, values = posted(request, self.door.serializer)
        event = take(request, source, body, self.door.event_name)
        identity = {name: values[name] for name in self.door.identity}
        row = self.door.model._default_manager.filter(source=source, **identity).first()
        return answer(event, row, stored_record(row) if row else None)


def stored_record(row: ToldByShop) -> dict[str, Any]:
    known: dict[str, Any] = {**row.data, "version": row.version}
    if isinstance(row, AbandonedCart):
        known["bought_at"] = row.bought_at.isoformat() if row.bought_at else None
    return known


def _view(door: Door) -> type[RecordView]:
    answers = {200: door.stored, 201: door.stored, 202: TakenSerializer, 413: ProblemSerializer}

    @extend_schema_view(
        get=extend_schema(
            operation_id=f"{door.plural}_list",
            parameters=[door.filters],
            responses={200: page_of(door.stored), **PROBLEMS},
        ),
        post=extend_schema(
            operation_id=f"{door.plural}_put",
            request=door.serializer,
            examples=door.examples,
            responses={**answers, **PROBLEMS},
        ),
    )
    class View(RecordView):
        pass

    View.door = door
    View.__name__ = View.__qualname__ = f"{door.plural.capitalize()}View"
    return View


CartsView = _view(
    Door(
        event_name=CART,
        plural="carts",
        model=AbandonedCart,
        identity=("cart_id",),
        rows_of=carts_of,
        filters=CartFilters,
        serializer=CartSerializer,
        stored=StoredCartSerializer,
        examples=examples.CARTS,
    )
)
AffiliatesView = _view(
    Door(
        event_name=AFFILIATE,
        plural="affiliates",
        model=Affiliate,
        identity=("shop_affiliate_id",),
        rows_of=affiliates_of,
        filters=AffiliateFilters,
        serializer=AffiliateSerializer,
        stored=StoredAffiliateSerializer,
        examples=examples.AFFILIATES,
    )
)
ShipmentsView = _view(
    Door(
        event_name=SHIPMENT,
        plural="shipments",
        model=Shipment,
        identity=("shop_order_id", "shipment_id"),
        rows_of=shipments_of,
        filters=ShipmentFilters,
        serializer=ShipmentSerializer,
        stored=StoredShipmentSerializer,
        examples=examples.SHIPMENTS,
    )
)
RefundsView = _view(
    Door(
        event_name=REFUND,
        plural="refunds",
        model=Refund,
        identity=("shop_order_id", "refund_id"),
        rows_of=refunds_of,
        filters=RefundFilters,
        serializer=RefundSerializer,
        stored=StoredRefundSerializer,
        examples=examples.REFUNDS,
    )
)
