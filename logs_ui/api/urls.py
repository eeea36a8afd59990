"""The addresses of the API that this package answers; included at the root."""

from __future__ import annotations

from django.urls import path

from logs_ui.api.data_sets import DataSetListView, DataSetRowsView
from logs_ui.api.views import ReplicationDetailView, ReplicationListView

urlpatterns = [
    path("api/v1/datasets/", DataSetListView.as_view(), name="api-data-sets"),
    path("api/v1/datasets/<str:slug>/rows/", DataSetRowsView.as_view(), name="api-data-set-rows"),
    path("api/v1/replications/", ReplicationListView.as_view(), name="api-replications"),
    path("api/v1/replications/<str:pk>/", ReplicationDetailView.as_view(), name="api-replication"),
]
