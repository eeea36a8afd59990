"""The address of a single order; included at the root."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from carts.api.views import OrderView


class ShopIdConverter(StringConverter):
    """An id is what the shop says it is: slashes and line breaks too."""

    regex = "(?s:.+)"


register_converter(ShopIdConverter, "shop_id")

urlpatterns = [path("api/v1/orders/<shop_id:shop_order_id>/", OrderView.as_view(), name="api-order")]
