from __future__ import annotations

from django.urls import path

from logs_ui.appointments.views import appointments_page
from logs_ui.coverage.views import coverage_choose, coverage_fix, coverage_page
from logs_ui.data_sets.views import (
    data_set_act,
    data_set_file,
    data_set_list,
    data_set_new,
    data_set_page,
)
from logs_ui.log.views import (
    call_detail,
    replication_detail,
    replication_list,
    replication_resend_view,
    step_resolve_view,
)
from logs_ui.preview.views import preview_page
from logs_ui.ranges.views import range_begin, range_end, range_list
from logs_ui.reconcile.views import reconcile_page

app_name = "logs_ui"

urlpatterns = [
    path("", replication_list, name="list"),
    path("<int:pk>/", replication_detail, name="detail"),
    path("<int:pk>/resend/", replication_resend_view, name="resend"),
    path("<int:pk>/preview/", preview_page, name="preview"),
    path("<int:pk>/steps/<int:entry_pk>/", step_resolve_view, name="settle"),
    path("<int:pk>/calls/<int:call_pk>/", call_detail, name="call"),
    path("datasets/", data_set_list, name="data_sets"),
    path("datasets/new/", data_set_new, name="data_set_new"),
    path("datasets/<int:pk>/", data_set_page, name="data_set"),
    path("datasets/<int:pk>/act/", data_set_act, name="data_set_act"),
    path("datasets/<int:pk>/rows.<slug:ending>", data_set_file, name="data_set_file"),
    path("coverage/<int:pk>/", coverage_page, name="coverage"),
    path("coverage/<int:pk>/choose/", coverage_choose, name="coverage_choose"),
    path("coverage/<int:pk>/fix/", coverage_fix, name="coverage_fix"),
    path("reconcile/", reconcile_page, name="reconcile"),
    path("appointments/", appointments_page, name="appointments"),
    path("ranges/", range_list, name="ranges"),
    path("ranges/begin/", range_begin, name="range_begin"),
    path("ranges/<int:pk>/stop/", range_end, name="range_stop"),
]
