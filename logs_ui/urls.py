from __future__ import annotations

from django.urls import path

from logs_ui import coverage_views, preview_views, range_views, reconcile_views, views

app_name = "logs_ui"

urlpatterns = [
    path("", views.replication_list, name="list"),
    path("<int:pk>/", views.replication_detail, name="detail"),
    path("<int:pk>/resend/", views.replication_resend_view, name="resend"),
    path("<int:pk>/preview/", preview_views.preview_page, name="preview"),
    path("<int:pk>/steps/<int:entry_pk>/", views.step_settle_view, name="settle"),
    path("<int:pk>/calls/<int:call_pk>/", views.call_detail, name="call"),
    path("coverage/<int:pk>/", coverage_views.coverage_page, name="coverage"),
    path("coverage/<int:pk>/choose/", coverage_views.coverage_choose, name="coverage_choose"),
    path("coverage/<int:pk>/fix/", coverage_views.coverage_fix, name="coverage_fix"),
    path("reconcile/", reconcile_views.reconcile_page, name="reconcile"),
    path("ranges/", range_views.range_list, name="ranges"),
    path("ranges/begin/", range_views.range_begin, name="range_begin"),
    path("ranges/<int:pk>/stop/", range_views.range_end, name="range_stop"),
]
