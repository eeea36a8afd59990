"""The reconcile page: the shop's orders of a period beside what the CRM got."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from intake.models import Source
from logs_ui.log import selectors
from logs_ui.log.filters import day_field, midnight
from logs_ui.log.views import row_id
from logs_ui.reconcile import reconcile, reconcile_rows
from mappings.audit import deed_note
from mappings.models import Connection

PERIOD = timedelta(days=30)
PAGE_ROWS = 50


class ReconcileForm(forms.Form):
    """A value that is not understood is named beside its field and the standard one taken."""

    use_required_attribute = False

    connection = forms.TypedChoiceField(label="Connection", required=False, coerce=int, empty_value=None)
    source = forms.TypedChoiceField(label="Shop", required=False, coerce=int, empty_value=None)
    since = day_field("Placed from")
    until = day_field("To")

    def __init__(self, data: Any, connections: list[Connection], sources: list[Source]) -> None:
        super().__init__(data, auto_id="filter-%s")
        choices: dict[str, list[tuple[Any, str]]] = {
            "connection": [(row.pk, str(row)) for row in connections],
            "source": [("", "Any shop"), *((row.pk, row.name) for row in sources)],
        }
        for name, rows in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = rows
        self.is_valid()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and since > until:
            self.add_error("until", "The period ends before it begins.")
        return values


@never_cache
@login_required
@require_safe
def reconcile_page(request: HttpRequest) -> HttpResponseBase:
    connections = selectors.connection_choices(request.user)
    if not connections:
        return render(request, "logs_ui/reconcile.html", {"connections": [], "filters": None})
    sources = selectors.source_choices(request.user)
    today = timezone.localdate()
    given = request.GET.dict()
    given.setdefault("since", (today - PERIOD).isoformat())
    given.setdefault("until", today.isoformat())
    given.setdefault("connection", str(connections[0].pk))
    form = ReconcileForm(given, connections, sources)
    # What the form says, with the first connection and the last 30 days where it says nothing.
    wanted = form.cleaned_data.get("connection")
    connection = next((row for row in connections if row.pk == wanted), connections[0])
    since: date = form.cleaned_data.get("since") or today - PERIOD
    until: date = form.cleaned_data.get("until") or max(today, since)
    scope = reconcile.Scope(
        connection=connection,
        placed_from=midnight(since),
        placed_before=midnight(until + timedelta(days=1)),
        source_id=form.cleaned_data.get("source"),
    )
    finding = request.GET.get("finding", "missing")
    finding = finding if finding in reconcile.FINDINGS else "missing"
    if request.GET.get("format") == "csv":
        deed_note(request.user, scope.connection, f"Exported orders compared: {finding}.")
        name = f"reconcile-{finding}-{timezone.localdate(scope.placed_from)}.csv"
        return StreamingHttpResponse(
            reconcile_rows.csv_lines(scope, finding),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    before = row_id(request, "before")
    found: Any = (
        reconcile.found_others(scope) if finding == "parked" else reconcile.found_orders(scope, finding)
    )
    if before is not None:
        found = found.filter(pk__lt=before)
    rows = list(found.order_by("-pk")[: PAGE_ROWS + 1])
    shown = rows[:PAGE_ROWS]
    older = shown[-1].pk if len(rows) > PAGE_ROWS else None
    chosen = {
        "connection": scope.connection.pk,
        "source": scope.source_id or "",
        "since": timezone.localdate(scope.placed_from).isoformat(),
        "until": timezone.localdate(scope.placed_before - timedelta(seconds=1)).isoformat(),
    }
    chosen = {name: value for name, value in chosen.items() if value != ""}
    title, sentence = reconcile.FINDINGS[finding]
    context = {
        "connections": connections,
        "connection": scope.connection,
        "filters": form,
        "finding": finding,
        "title": title,
        "sentence": sentence,
        "tabs": [
            (key, words[0], "?" + urlencode({**chosen, "finding": key}))
            for key, words in reconcile.FINDINGS.items()
        ],
        "totals": reconcile.totals_of(scope),
        "rows": reconcile_rows.other_rows(shown)
        if finding == "parked"
        else reconcile_rows.order_rows(shown, scope, finding),
        "query": "?" + urlencode({**chosen, "finding": finding}),
        "older": "?" + urlencode({**chosen, "finding": finding, "before": older}) if older else "",
        "paged": before is not None,
    }
    return render(request, "logs_ui/reconcile.html", context)
