"""`/api/v1/carts/`, `affiliates/`, `shipments/` and `refunds/`: the same views for each kind of record."""

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
from carts.api.kinds import AFFILIATE, CART, REFUND, SHIPMENT
from carts.api.record_serializers import (
    StoredAffiliateSerializer,
    StoredCartSerializer,
    StoredRefundSerializer,
    StoredShipmentSerializer,
)
from carts.api.resources import RESOURCES, accept, answer, stored
from carts.selectors import affiliates_of, carts_of, refunds_of, shipments_of
from intake.api.fields import MomentField, QueryFlagField, TextField
from intake.api.schema import HEADERS, PROBLEMS, ProblemSerializer, TakenSerializer, page_of
from intake.api.views import ApiKeyView, NewestFirst, PageFilters, content_type_of, filters_of, posted


class CartFilters(PageFilters):
    cart_id = TextField(max_length=100)
    email = TextField(max_length=320)
    bought = QueryFlagField(required=False, help_text="Whether it was bought after all.")
    arrived_after = MomentField(required=False, help_text="At this moment or later.")
    arrived_before = MomentField(required=False, help_text="Before this moment.")


class AffiliateFilters(PageFilters):
    shop_affiliate_id = TextField(max_length=100)
    code = TextField(max_length=100)
    email = TextField(max_length=320)


class ShipmentFilters(PageFilters):
    shop_order_id = TextField(max_length=100)
    shipment_id = TextField(max_length=100)


class RefundFilters(PageFilters):
    shop_order_id = TextField(max_length=100)
    refund_id = TextField(max_length=100)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """How one kind of record is listed and described."""

    kind: str
    plural: str
    rows_of: Callable[..., QuerySet[Any]]
    filters: type[PageFilters]
    stored: type[serializers.Serializer[Any]]
    example: dict[str, Any]
    examples: list[OpenApiExample]


class RecordView(ApiKeyView):
    listing: ClassVar[Listing]

    def get(self, request: Request) -> Response:
        """List what the key's source has told, newest first."""
        rows = self.listing.rows_of(self.source(request), **filters_of(request, self.listing.filters))
        pages = NewestFirst()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([stored(row) for row in page])

    def post(self, request: Request) -> Response:
        """Put one in: 201 if it is new, 200 if it is known, whether it changed or not.

        202 means that it is stored but could not be applied at once; `detail` says why.
        """
        source, resource = self.source(request), RESOURCES[self.listing.kind]
        filters_of(request)
        body, values = posted(request, resource.serializer)
        return answer(accept(source, resource, body, values, content_type_of(request)))


def _view(listing: Listing) -> type[RecordView]:
    answers = {200: listing.stored, 201: listing.stored, 202: TakenSerializer, 413: ProblemSerializer}

    @extend_schema_view(
        get=extend_schema(
            operation_id=f"{listing.plural}_list",
            parameters=[listing.filters, *HEADERS],
            examples=examples.page("The newest", listing.example),
            responses={200: page_of(listing.stored), **PROBLEMS},
        ),
        post=extend_schema(
            operation_id=f"{listing.plural}_put",
            parameters=HEADERS,
            request=RESOURCES[listing.kind].serializer,
            examples=listing.examples,
            responses={**answers, **PROBLEMS},
        ),
    )
    class View(RecordView):
        pass

    View.listing = listing
    View.__name__ = View.__qualname__ = f"{listing.plural.capitalize()}View"
    return View


CartsView = _view(
    Listing(
        kind=CART,
        plural="carts",
        rows_of=carts_of,
        filters=CartFilters,
        stored=StoredCartSerializer,
        example=examples.STORED_CART,
        examples=examples.CARTS,
    )
)
AffiliatesView = _view(
    Listing(
        kind=AFFILIATE,
        plural="affiliates",
        rows_of=affiliates_of,
        filters=AffiliateFilters,
        stored=StoredAffiliateSerializer,
        example=examples.STORED_AFFILIATE,
        examples=examples.AFFILIATES,
    )
)
ShipmentsView = _view(
    Listing(
        kind=SHIPMENT,
        plural="shipments",
        rows_of=shipments_of,
        filters=ShipmentFilters,
        stored=StoredShipmentSerializer,
        example=examples.STORED_SHIPMENT,
        examples=examples.SHIPMENTS,
    )
)
RefundsView = _view(
    Listing(
        kind=REFUND,
        plural="refunds",
        rows_of=refunds_of,
        filters=RefundFilters,
        stored=StoredRefundSerializer,
        example=examples.STORED_REFUND,
        examples=examples.REFUNDS,
    )
)
