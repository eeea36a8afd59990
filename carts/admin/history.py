"""The orders of the time before, uploaded as a CSV file on a shop's page."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from carts.ingest.history import COLUMNS, BadHistory, HistoryReport, orders_import_history
from intake.admin.readonly import ButtonsAdmin
from intake.admin.source_panels import SourcePanel, source_panel_register
from intake.models.sources import Source
from intake.watch.overview import Overview

MAX_MEGABYTES = 10


class HistoryForm(forms.Form):
    file = forms.FileField(
        error_messages={
            "required": "Choose a CSV file first.",
            "empty": "The file is empty.",
        }
    )

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > MAX_MEGABYTES * 1_000_000:
            raise forms.ValidationError(
                f"The file is larger than {MAX_MEGABYTES} MB. Import it in parts, or with the command "
                "orders_import_history, which takes files of any size."
            )
        return file


class HistoryUpload(SourcePanel):
    """The section with the upload; what came of it is shown in the answer itself."""

    section = "admin/carts/source/_import.html"

    def urls(self, page: ButtonsAdmin) -> list[URLPattern]:
        view = page.admin_site.admin_view(partial(_history, page))
        return [path("<path:object_id>/import-history/", view, name="intake_source_import_history")]

    def context(self, request: HttpRequest, source: Source, overview: Overview) -> dict[str, Any]:
        return {"history_columns": ", ".join(COLUMNS), "history_megabytes": MAX_MEGABYTES}


def _history(page: ButtonsAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    source: Any = page.get_object(request, unquote(object_id))
    if not page.may_act(request, source):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = HistoryForm(request.POST, request.FILES)
    if not form.is_valid():
        return _answer(page, request, source, refusal=" ".join(str(line) for line in form.errors["file"]))
    lines = io.TextIOWrapper(form.cleaned_data["file"], encoding="utf-8-sig", errors="replace", newline="")
    try:
        report = orders_import_history(source, lines)
    except BadHistory as err:
        return _answer(page, request, source, refusal=str(err))
    page.log_change(request, source, f"Imported history: {report.imported} new, {report.bad} left out.")
    return _answer(page, request, source, report=report)


def _answer(
    page: ButtonsAdmin,
    request: HttpRequest,
    source: Source,
    *,
    report: HistoryReport | None = None,
    refusal: str = "",
) -> HttpResponse:
    context = {
        **page.admin_site.each_context(request),
        "title": "Import of history",
        "opts": page.opts,
        "source": source,
        "report": report,
        "not_shown": report.bad - len(report.problems) if report else 0,
        "refusal": refusal,
    }
    status = 400 if refusal else 200
    return TemplateResponse(request, "admin/carts/source/history.html", context, status=status)


source_panel_register(HistoryUpload())
