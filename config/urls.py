from __future__ import annotations

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from logs_ui.monitoring import health

urlpatterns = [
    path("", RedirectView.as_view(url="/logs/")),
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}logs_ui/icon.svg")),
    path("admin/", admin.site.urls),
    path("logs/", include("logs_ui.urls")),
    path("", include("intake.urls")),
    path("", include("carts.urls")),
    path("", include("logs_ui.api.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
