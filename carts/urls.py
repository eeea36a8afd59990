"""The addresses that shops and their programs use; included at the root."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from carts.api.batch import BatchView
from carts.api.order_views import OrderDetailView, OrderListView
from carts.api.record_views import AffiliatesView, CartsView, RefundsView, ShipmentsView
from intake.api.schema import SchemaView
from intake.hooks import HookView


class ShopIdConverter(StringConverter):
    """An id is what the shop says it is: slashes and line breaks too."""

    regex = "(?s:.+)"


register_converter(ShopIdConverter, "shop_id")

urlpatterns = [
    path("hooks/<str:token>/", HookView.as_view(), name="hook"),
    path("hooks/<str:token>", HookView.as_view()),  # a redirect to the slash would lose what was posted
    path("api/v1/orders/", OrderListView.as_view(), name="api-orders"),
    path("api/v1/orders/<shop_id:shop_order_id>/", OrderDetailView.as_view(), name="api-order"),
    path("api/v1/carts/", CartsView.as_view(), name="api-carts"),
    path("api/v1/affiliates/", AffiliatesView.as_view(), name="api-affiliates"),
    path("api/v1/shipments/", ShipmentsView.as_view(), name="api-shipments"),
    path("api/v1/refunds/", RefundsView.as_view(), name="api-refunds"),
    path("api/v1/batch/", BatchView.as_view(), name="api-batch"),
    path("api/v1/schema/", SchemaView.as_view(), name="api-schema"),
]
