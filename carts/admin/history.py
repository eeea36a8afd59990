"""The orders of the time before, uploaded as a CSV file on a shop's page."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from carts.admin.readonly import ButtonsAdmin
from carts.models.sources import Source
from carts.services.history import COLUMNS, BadHistory, HistoryReport, orders_import_history

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


class HistoryUpload(ButtonsAdmin):
    """The page of a source with the upload; what came of it is shown in the answer itself."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self._history)
        upload = path("<path:object_id>/import-history/", view, name="carts_source_import_history")
        return [upload, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        source: Any = self.get_object(request, object_id)
        context = {
            "may_import": self.may_act(request, source),
            "history_columns": ", ".join(COLUMNS),
            "history_megabytes": MAX_MEGABYTES,
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})

    def _history(self, request: HttpRequest, object_id: str) -> HttpResponse:
        source: Any = self.get_object(request, unquote(object_id))
        if not self.may_act(request, source):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        form = HistoryForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._answer(
                request, source, refusal=" ".join(str(sentence) for sentence in form.errors["file"])
            )
        lines = io.TextIOWrapper(
            form.cleaned_data["file"], encoding="utf-8-sig", errors="replace", newline=""
        )
        try:
            report = orders_import_history(source, lines)
        except BadHistory as err:
            return self._answer(request, source, refusal=str(err))
        self.log_change(request, source, f"Imported history: {report.imported} new, {report.bad} left out.")
        return self._answer(request, source, report=report)

    def _answer(
        self, request: HttpRequest, source: Source, *, report: HistoryReport | None = None, refusal: str = ""
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": "Import of history",
            "opts": self.opts,
            "source": source,
            "report": report,
            "not_shown": report.bad - len(report.problems) if report else 0,
            "refusal": refusal,
        }
        status = 400 if refusal else 200
        return TemplateResponse(request, "admin/carts/source/history.html", context, status=status)
