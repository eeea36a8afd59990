"""The addresses that whoever delivers and their programs use; included at the root."""

from __future__ import annotations

from django.urls import path

from intake.api.batch import BatchView
from intake.api.resource_views import resource_view
from intake.api.resources import resources
from intake.api.schema import SchemaView
from intake.hooks import HookView

urlpatterns = [
    path("hooks/<str:token>/", HookView.as_view(), name="hook"),
    path("hooks/<str:token>", HookView.as_view()),  # a redirect to the slash would lose what was posted
    *(
        path(f"api/v1/{resource.plural}/", resource_view(resource).as_view(), name=f"api-{resource.plural}")
        for resource in resources().values()
    ),
    path("api/v1/batch/", BatchView.as_view(), name="api-batch"),
    path("api/v1/schema/", SchemaView.as_view(), name="api-schema"),
]
