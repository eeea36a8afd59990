"""The pages of data sets: the list, one of them, and making one. What changes something is a POST."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from crm.errors import CrmError
from logs_ui.data_sets import downloads
from logs_ui.data_sets.forms import SCHEDULES, DataSetForm, ReportForm
from logs_ui.log.selectors import MAX_CHOICES
from mappings.audit import deed_note
from mappings.selectors import Person, connections_of, may_edit_settings, merchants_editable_by
from reports import selectors
from reports.catalogue.registry import REPORTS
from reports.catalogue.report import XMLRPC, Kind
from reports.catalogue.tables import TABLES
from reports.models import DataSet, Run
from reports.periods import PeriodError
from reports.query.language import QueryError
from reports.reading.preview import NotThere, preview_read
from reports.reading.search_names import searches_found
from reports.schedule import CronRefused
from reports.services import (
    Refused,
    data_set_create,
    data_set_delete,
    data_set_schedule,
    run_cancel,
    run_start,
)

LISTED = 100
RUNS_LISTED = 50
LONGEST_TEXT = 200
RIGHT = "Edit settings"


@never_cache
@login_required
@require_safe
def data_set_list(request: HttpRequest) -> HttpResponse:
    rows = list(selectors.data_sets_of(request.user)[:LISTED])
    runs = selectors.newest_runs([row.pk for row in rows])
    context = {
        "rows": [(row, runs.get(row.pk), REPORTS[row.report]) for row in rows],
        "may_make": _editable(request.user).exists(),
    }
    return render(request, "logs_ui/data_set_list.html", context)


@never_cache
@login_required
@require_safe
def data_set_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Its rows, latest changes, or runs."""
    data_set = _found(request.user, pk)
    newest = selectors.newest_runs([data_set.pk]).get(data_set.pk)
    shown = Run.objects.filter(data_set=data_set, number=data_set.shown_run).first()
    tab = request.GET.get("tab", "rows")
    context: dict[str, Any] = {
        "data_set": data_set,
        "connection": data_set.connection,
        "report": REPORTS[data_set.report],
        "run": newest,
        "shown": shown,
        "tab": tab if tab in ("changes", "runs") else "rows",
        "tabs": [("rows", "Rows"), ("changes", "Changes"), ("runs", "Runs")],
        "may_edit": may_edit_settings(request.user, data_set.connection.merchant_id),
        "schedules": SCHEDULES,
        "formats": downloads.FORMATS,
        "api_url": request.build_absolute_uri(reverse("api-data-set-rows", args=[data_set.slug])),
        "ends": newest is not None and newest.protocol == XMLRPC,
        "columns": [each for each in data_set.schema if not each["gone"]],
        "query": data_set.arguments.get("query", ""),
    }
    if context["tab"] == "runs":
        context["runs"] = list(Run.objects.filter(data_set=data_set)[:RUNS_LISTED])
    elif context["tab"] == "changes":
        context |= _changes(request, data_set)
    else:
        context |= _rows(request, data_set)
    return render(request, "logs_ui/data_set.html", context)


@never_cache
@login_required
@require_safe
def data_set_file(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """The rows as a file; who took it is noted."""
    data_set = _found(request.user, pk)
    kind = downloads.FORMATS.get(ending)
    if kind is None:
        raise Http404
    name = downloads.file_name(data_set, ending, timezone.now())
    deed_note(request.user, data_set.connection, f"Downloaded the data set {data_set.name} as {ending}.")
    return StreamingHttpResponse(
        kind.made(data_set, "plain" in request.GET),
        content_type=kind.content_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


@never_cache
def data_set_new(request: HttpRequest) -> HttpResponse:
    """Choose a report, give its parameters, see a preview, and save."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("logs_ui:data_set_new"))
    connections = list(_editable(request.user)[:MAX_CHOICES])
    chosen = ReportForm(request.GET or None, connections)
    context: dict[str, Any] = {"chosen": chosen, "connections": connections}
    if request.GET and chosen.is_valid():
        connection = next(row for row in connections if row.pk == chosen.cleaned_data["connection"])
        report = REPORTS[chosen.cleaned_data["report"]]
        table = chosen.cleaned_data["table"] if report.parameter(Kind.TABLE) else ""
        if report.parameter(Kind.TABLE) and table not in TABLES:
            table = next(iter(TABLES))
        searches: list[tuple[str, str]] = []
        if report.parameter(Kind.SEARCH):
            try:
                searches = searches_found(connection, chosen.cleaned_data["searches"])
            except CrmError as err:
                context["problem"] = err.message
        given = request.POST if request.method == "POST" else None
        form = DataSetForm(given, connection, report, table, searches)
        arguments = {"table": table} if table else {}
        context |= {
            "form": form,
            "connection": connection,
            "report": report,
            "table": table,
            "lacks": report.rest_lacks(arguments),
            "has_rest": report.rest is not None and (report.rest_has is None or report.rest_has(arguments)),
            "pace": settings.REPORTS_PACE_SECONDS,
        }
        if request.method == "POST" and form.is_valid():
            made = _preview_or_save(request, form, context)
            if made is not None:
                return redirect("logs_ui:data_set", made.pk)
    status = 200 if connections else 403
    return render(request, "logs_ui/data_set_new.html", context, status=status)


@require_POST
def data_set_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Run it now, cancel the run, change its schedule, or delete it."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("logs_ui:data_set", args=[pk]))
    data_set = _found(request.user, pk)
    if not may_edit_settings(request.user, data_set.connection.merchant_id):
        context = {"connection": data_set.connection, "right": RIGHT}
        return render(request, "logs_ui/right_missing.html", context, status=403)
    if "run" in request.POST:
        if run_start(data_set, Run.Trigger.PERSON, request.user) is None:
            messages.warning(request, "A run is under way already.")
        else:
            messages.success(request, "Begun. What is there now stays visible until it is complete.")
    elif "cancel" in request.POST:
        run = Run.objects.filter(data_set=data_set, state__in=Run.OPEN).first()
        if run is not None and run_cancel(run):
            messages.success(request, "The run ends after the page that is being read.")
        else:
            messages.warning(request, "No run is under way.")
    elif "schedule" in request.POST:
        _schedule(request, data_set)
    elif request.POST.get("delete") == data_set.slug:
        data_set_delete(data_set)
        deed_note(request.user, data_set.connection, f"Deleted the data set {data_set.name}.")
        messages.success(request, f"Deleted {data_set.name} with all its rows.")
        return redirect("logs_ui:data_sets")
    else:
        messages.warning(request, "Not deleted: enter the short name of the data set to delete it.")
    return redirect("logs_ui:data_set", pk)


def _schedule(request: HttpRequest, data_set: DataSet) -> None:
    cron = (request.POST.get("own_cron") or request.POST.get("cron", "")).strip()[:100]
    try:
        data_set_schedule(data_set, cron, timezone.now())
    except CronRefused as err:
        messages.error(request, f"Not changed. {err}")
        return
    deed = f"Scheduled the data set {data_set.name}: {cron or 'only when somebody asks'}."
    deed_note(request.user, data_set.connection, deed)
    messages.success(request, "Scheduled." if cron else "It is read only when somebody asks.")


def _preview_or_save(request: HttpRequest, form: DataSetForm, context: dict[str, Any]) -> DataSet | None:
    wanted = form.wanted()
    if "save" in request.POST:
        try:
            made = data_set_create(wanted, request.user, timezone.now())
        except Refused as err:
            field = "own_cron" if err.field == "cron" and form.cleaned_data["own_cron"] else err.field
            form.add_error(field if field in form.fields else None, str(err))
            return None
        deed_note(request.user, made.connection, f"Made the data set {made.name}.")
        messages.success(request, "Saved. The first run begins now.")
        return made
    try:
        context["preview"] = preview_read(form.connection, form.report, wanted.arguments, wanted.columns)
    except QueryError as err:
        form.add_error("query", str(err))
    except PeriodError as err:
        form.add_error(err.field, str(err))
    except NotThere as err:
        context["problem"] = str(err)
    except CrmError as err:
        context["problem"] = err.message
    return None


def _rows(request: HttpRequest, data_set: DataSet) -> dict[str, Any]:
    """A page of the rows, sorted by a column, perhaps only those in which one contains a text."""
    types = {each["name"]: each["type"] for each in data_set.schema if not each["gone"]}
    wanted = request.GET.get("sort", "")
    down, sort = wanted.startswith("-"), wanted.removeprefix("-")
    searched, text = request.GET.get("column", ""), request.GET.get("q", "").strip()[:LONGEST_TEXT]
    rows = selectors.shown_rows(data_set)
    if text and searched in types:
        rows = selectors.rows_with(rows, searched, text)
    if sort in types:
        rows = selectors.rows_sorted(rows, sort, types[sort], down=down)
    else:
        rows = rows.order_by("key_number", "key")
    number = _page_number(request)
    first = (number - 1) * selectors.PAGE_ROWS
    found = list(rows[first : first + selectors.PAGE_ROWS + 1])
    asked = {"sort": wanted if sort in types else "", "column": searched, "q": text}
    return {
        "rows": [(row, [row.values.get(name) for name in types]) for row in found[: selectors.PAGE_ROWS]],
        "heads": [
            (
                name,
                _query(asked, sort=f"-{name}" if sort == name and not down else name),
                _mark(name, sort, down),
            )
            for name in types
        ],
        "searched": searched,
        "text": text,
        "sort": asked["sort"],
        "older": _query(asked, page=number + 1) if len(found) > selectors.PAGE_ROWS else "",
        "newer": _query(asked, page=number - 1) if number > 1 else "",
    }


def _changes(request: HttpRequest, data_set: DataSet) -> dict[str, Any]:
    """The latest changes of all rows, or every version of one."""
    key = request.GET.get("key", "")[:LONGEST_TEXT]
    rows = selectors.history_of(data_set, key) if key else selectors.changes_of(data_set).order_by("-id")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(id__lt=int(before))
    found = list(rows[: selectors.PAGE_ROWS + 1])
    page = found[: selectors.PAGE_ROWS]
    asked = {"tab": "changes", "key": key}
    return {
        "changes": page,
        "key": key,
        "older": _query(asked, before=page[-1].id) if len(found) > selectors.PAGE_ROWS else "",
        "newer": _query(asked) if before else "",
    }


def _found(user: Person, pk: int) -> Any:
    return get_object_or_404(selectors.data_sets_of(user), pk=pk)


def _editable(user: Person) -> Any:
    return connections_of(user).filter(merchant__in=merchants_editable_by(user).values("pk"))


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    return min(max(number, 1), selectors.LAST_PAGE)


def _query(asked: dict[str, str], **more: Any) -> str:
    values = {**asked, **more}
    return "?" + urlencode({name: value for name, value in values.items() if value})


def _mark(name: str, sort: str, down: bool) -> str:
    return "" if name != sort else "descending" if down else "ascending"
