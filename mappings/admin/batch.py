"""The pages of many mappings at once: export, upload, the check's report, apply, withdraw, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from mappings.admin.batch_forms import UploadForm
from mappings.admin.connection_actions import ConnectionActions
from mappings.audit import deed_note
from mappings.batch.columns import TITLES
from mappings.batch.export import export_csv, export_xlsx
from mappings.batch.files import MOST_ROWS
from mappings.batch.panel import batch_url
from mappings.batch.services import (
    batch_apply,
    batch_before,
    batch_columns,
    batch_report,
    batch_undo,
    batch_upload,
    batch_withdraw,
    batches_of,
)
from mappings.batch.workbooks import CellTooLong
from mappings.models import BatchImport, Connection

OVERVIEW = "admin/mappings/batch/overview.html"
ONE = "admin/mappings/batch/one.html"
STATE = "admin/mappings/batch/_state.html"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"
State = BatchImport.State
Button = Callable[[HttpRequest, BatchImport], HttpResponseBase]


class BatchPages(ConnectionActions):
    def get_urls(self) -> list[URLPattern]:
        reads: dict[str, Button] = {"state": self._state, "report": self._report, "before": self._before}
        buttons: dict[str, Button] = {
            "columns": self._columns,
            "apply": self._apply,
            "withdraw": self._withdraw,
            "undo": self._undo,
        }
        own = [
            self._route("batch/<int:batch_id>/", self._looked(self._one), "batch_one"),
            *(
                self._route(f"batch/<int:batch_id>/{n}/", self._looked(v), f"batch_{n}")
                for n, v in reads.items()
            ),
            *(
                self._route(f"batch/<int:batch_id>/{n}/", self._pressed(v), f"batch_{n}")
                for n, v in buttons.items()
            ),
            self._route("<path:object_id>/batch/", self._overview, "batch"),
            self._route("<path:object_id>/batch/export/", self._export, "batch_export"),
        ]
        return [*own, *super().get_urls()]

    def _route(self, route: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
        return path(route, self.admin_site.admin_view(view), name=f"mappings_connection_{name}")

    # -- one connection ------------------------------------------------------------------------------

    def _overview(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        connection: Any = self.get_object(request, unquote(object_id))
        may_edit = self.has_change_permission(request, connection)
        if request.method not in ("GET", "HEAD") and not may_edit:
            raise PermissionDenied
        form = UploadForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            upload = form.cleaned_data["file"]
            batch = batch_upload(
                connection,
                user=request.user,
                file_name=upload.name,
                body=upload.read(),
                replaces_all=form.cleaned_data["scope"] == UploadForm.EVERYTHING,
            )
            return self._page_of_one(batch)
        page = {"form": form, "batches": batches_of(connection), "titles": TITLES, "most_rows": MOST_ROWS}
        return self._page(request, OVERVIEW, connection, "Batch mapping export and import", page)

    def _export(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        connection: Any = self.get_object(request, unquote(object_id))
        if request.method not in ("GET", "HEAD"):
            if not self.has_change_permission(request, connection):
                raise PermissionDenied
            return HttpResponseNotAllowed(["GET", "HEAD"])
        kind = request.GET.get("format", "csv")
        if request.method == "GET":
            deed_note(request.user, connection, f"Exported the mappings ({kind[:10]}).")
        if kind == "csv":
            return _download(StreamingHttpResponse(export_csv(connection), content_type=CSV), "mappings.csv")
        if kind != "xlsx":
            raise Http404
        try:
            file = export_xlsx(connection)
        except CellTooLong:
            messages.error(
                request, "An item has more values than a cell of a workbook holds: export CSV instead."
            )
            return HttpResponseRedirect(batch_url(connection))
        return FileResponse(file, as_attachment=True, filename="mappings.xlsx", content_type=XLSX)

    # -- one upload ----------------------------------------------------------------------------------

    def _looked(self, view: Button) -> Callable[..., HttpResponseBase]:
        def looked(request: HttpRequest, batch_id: int) -> HttpResponseBase:
            batch = self._batch(request, batch_id)
            if request.method not in ("GET", "HEAD"):
                return HttpResponseNotAllowed(["GET", "HEAD"])
            return view(request, batch)

        return looked

    def _pressed(self, button: Button) -> Callable[..., HttpResponseBase]:
        def pressed(request: HttpRequest, batch_id: int) -> HttpResponseBase:
            batch = self._batch(request, batch_id)
            if not self.has_change_permission(request, batch.connection):
                raise PermissionDenied
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            return button(request, batch)

        return pressed

    def _one(self, request: HttpRequest, batch: BatchImport) -> HttpResponseBase:
        return self._page(request, ONE, batch.connection, str(batch), self._told(request, batch))

    def _state(self, request: HttpRequest, batch: BatchImport) -> HttpResponseBase:
        """What changes while the page is open."""
        return render(request, STATE, self._told(request, batch))

    def _report(self, request: HttpRequest, batch: BatchImport) -> HttpResponseBase:
        if not _has_report(batch):
            raise Http404
        return _download(StreamingHttpResponse(batch_report(batch), content_type=CSV), "report.csv")

    def _before(self, request: HttpRequest, batch: BatchImport) -> HttpResponseBase:
        body = batch_before(batch)
        if body is None:
            raise Http404
        return _download(HttpResponse(body, content_type=CSV), "mappings-before.csv")

    def _columns(self, request: HttpRequest, batch: BatchImport) -> HttpResponseBase:
        titles = [request.POST.get(f"column-{number}", "") for number in range(len(batch.columns))]
        known = [title if title in TITLES else "" for title in titles]
        if problem := batch_columns(batch, known):
            messages.error(request, problem)
        return self._page_of_one(batch)

    def _apply(self, request: HttpRequest, batch: BatchImport) -> HttpResponseBase:
        if batch_apply(batch):
            self.log_change(request, batch.connection, f"Applied the mappings of {batch.file_name}.")
        else:
            messages.info(
                request, "It is being applied already, or has to be checked anew: look at its state."
            )
        return self._page_of_one(batch)

    def _withdraw(self, request: HttpRequest, batch: BatchImport) -> HttpResponseBase:
        if not batch_withdraw(batch):
            messages.info(request, "It is being applied, or was: nothing was withdrawn.")
            return self._page_of_one(batch)
        messages.success(request, "Withdrawn: nothing was changed.")
        return HttpResponseRedirect(batch_url(batch.connection))

    def _undo(self, request: HttpRequest, batch: BatchImport) -> HttpResponseBase:
        before = batch_undo(batch, user=request.user)
        if before is None:
            messages.info(request, "It was not applied: there is nothing to undo.")
        return self._page_of_one(before or batch)

    # -- parts ---------------------------------------------------------------------------------------

    def _batch(self, request: HttpRequest, batch_id: int) -> BatchImport:
        """The upload without its file, if its merchant is the person's; 404 otherwise."""
        rows = BatchImport.objects.select_related("user").defer("body")
        batch = rows.filter(pk=batch_id, connection__in=self.get_queryset(request)).first()
        if batch is None:
            raise Http404
        connection: Any = self.get_object(request, str(batch.connection_id))
        batch.connection = connection
        return batch

    def _told(self, request: HttpRequest, batch: BatchImport) -> dict[str, Any]:
        return {
            "batch": batch,
            "busy": batch.state in (State.CHECKING, State.APPLYING),
            "share": 100 * batch.done_rows // batch.rows if batch.rows else 0,
            "writing": batch.state == State.APPLYING and batch.rows and batch.done_rows >= batch.rows,
            "has_report": _has_report(batch),
            "titles": TITLES,
            "may_apply": batch.state == State.CHECKED and not batch.bad_rows,
            "may_edit": self.has_change_permission(request, batch.connection),
        }

    def _page(
        self, request: HttpRequest, template: str, connection: Connection, title: str, more: dict[str, Any]
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "stored": connection,
            "opts": self.opts,
            "may_edit": self.has_change_permission(request, connection),
            **more,
        }
        return TemplateResponse(request, template, context)

    def _page_of_one(self, batch: BatchImport) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:mappings_connection_batch_one", args=[batch.pk]))


def _has_report(batch: BatchImport) -> bool:
    """Whether the file was read to its end and is still there."""
    return batch.state in (State.CHECKED, State.REFUSED) and bool(batch.summary)


def _download(response: HttpResponseBase, name: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
