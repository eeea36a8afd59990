"""The log pages under a URL configuration of their own, with the admin beside them."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from logs_ui.monitoring import health

urlpatterns = [
    path("admin/", admin.site.urls),
    path("logs/", include("logs_ui.urls")),
    path("", include("intake.urls")),
    path("", include("carts.urls")),
    path("", include("logs_ui.api.urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]
