"""One order as a shop's own program reads it back."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from carts.api import order_schema  # noqa: F401  registers how a field of orders is described
from carts.api.order_serializers import StoredOrderSerializer
from carts.api.resources import order_stored
from carts.models.orders import Order
from intake.api.resource_views import stored_example
from intake.api.resources import resources
from intake.api.schema import HEADERS, PROBLEMS, ProblemSerializer
from intake.api.views import ApiKeyView, filters_of

SHOP_ID = OpenApiParameter(
    "shop_order_id", str, OpenApiParameter.PATH, description="The shop's id, as it is."
)


class OrderView(ApiKeyView):
    @extend_schema(
        operation_id="orders_read",
        parameters=[SHOP_ID, *HEADERS],
        examples=[stored_example(resources()["order"])],
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
        return Response(order_stored(order))
