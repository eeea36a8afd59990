from __future__ import annotations

from django.urls import path

from logs_ui import views

app_name = "logs_ui"

urlpatterns = [
    path("", views.replication_list, name="list"),
    path("<int:pk>/", views.replication_detail, name="detail"),
    path("<int:pk>/resend/", views.replication_resend_view, name="resend"),
    path("<int:pk>/steps/<int:entry_pk>/", views.step_settle_view, name="settle"),
    path("<int:pk>/calls/<int:call_pk>/", views.call_detail, name="call"),
]
