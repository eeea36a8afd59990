"""The addresses that shops and their programs use; included at the root."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from carts.api.batch import BatchView
from carts.api.views import VIEWS, OrderView
from intake.api.schema import SchemaView
from intake.hooks import HookView


class ShopIdConverter(StringConverter):
    """An id is what the shop says it is: slashes and line breaks too."""

    regex = "(?s:.+)"


register_converter(ShopIdConverter, "shop_id")

urlpatterns = [
    path("hooks/<str:token>/", HookView.as_view(), name="hook"),
    path("hooks/<str:token>", HookView.as_view()),  # a redirect to the slash would lose what was posted
    *(path(f"api/v1/{kinds}/", view.as_view(), name=f"api-{kinds}") for kinds, view in VIEWS.items()),
    path("api/v1/orders/<shop_id:shop_order_id>/", OrderView.as_view(), name="api-order"),
    path("api/v1/batch/", BatchView.as_view(), name="api-batch"),
    path("api/v1/schema/", SchemaView.as_view(), name="api-schema"),
]
