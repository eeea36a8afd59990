"""Bookings of a period beside the CRM's appointments: what is missing, what differs, and sending it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.log_words import state_words
from bookings.models import Booking
from bookings.reconcile import FINDINGS, BookingScope, appointments_look, bookings_found
from bookings.values import local_time
from cascade.models import Replication
from cascade.services import ResendRefused, replication_open, replication_resend
from crm.errors import CrmError
from intake.models import Source
from logs_ui.log import display, selectors
from logs_ui.log.filters import day_field, midnight
from logs_ui.log.views import row_id
from mappings.access.open import open_crm
from mappings.audit import deed_note
from mappings.encrypted import DecryptionFailed
from mappings.models import Connection
from mappings.selectors import may_resend

BACK, AHEAD = timedelta(days=7), timedelta(days=30)
PAGE_ROWS = 25


class AppointmentsForm(forms.Form):
    """A value that is not understood is named beside its field and the standard one taken."""

    use_required_attribute = False

    connection = forms.TypedChoiceField(label="Connection", required=False, coerce=int, empty_value=None)
    source = forms.TypedChoiceField(label="Booking source", required=False, coerce=int, empty_value=None)
    since = day_field("Starts from")
    until = day_field("To")

    def __init__(self, data: Any, connections: list[Connection], sources: list[Source]) -> None:
        super().__init__(data, auto_id="filter-%s")
        choices: dict[str, list[tuple[Any, str]]] = {
            "connection": [(row.pk, str(row)) for row in connections],
            "source": [("", "Any booking source"), *((row.pk, row.name) for row in sources)],
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """`seen` is what the CRM just said of its appointment: blank if all is well, None if nobody looked."""

    label: str
    who: str
    host: str
    source: str
    starts_at: datetime | None
    local: str
    booking_state: str
    state: str
    state_label: str
    reason: str
    replication: int | None
    seen: str | None = None


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def appointments_page(request: HttpRequest) -> HttpResponse:
    """The page; by POST it looks at the CRM (`do` is look), or sends what it shows (send)."""
    connections = selectors.connection_choices(request.user)
    if not connections:
        return render(request, "logs_ui/appointments.html", {"connections": [], "filters": None})
    sources = _booking_sources(request)
    today = timezone.localdate()
    given = request.GET.dict()
    given.setdefault("since", (today - BACK).isoformat())
    given.setdefault("until", (today + AHEAD).isoformat())
    given.setdefault("connection", str(connections[0].pk))
    form = AppointmentsForm(given, connections, sources)
    wanted = form.cleaned_data.get("connection")
    connection = next((row for row in connections if row.pk == wanted), connections[0])
    since: date = form.cleaned_data.get("since") or today - BACK
    until: date = form.cleaned_data.get("until") or max(today + AHEAD, since)
    scope = BookingScope(
        connection=connection,
        starts_from=midnight(since),
        starts_before=midnight(until + timedelta(days=1)),
        source_id=form.cleaned_data.get("source"),
    )
    finding = request.GET.get("finding", "missing")
    finding = finding if finding in FINDINGS else "missing"
    before = row_id(request, "before")
    found = bookings_found(scope, finding)
    rows = list((found if before is None else found.filter(pk__lt=before)).order_by("-pk")[: PAGE_ROWS + 1])
    shown = rows[:PAGE_ROWS]
    chosen = {
        "connection": connection.pk,
        "source": scope.source_id or "",
        "since": since.isoformat(),
        "until": until.isoformat(),
    }
    chosen = {name: value for name, value in chosen.items() if value != ""}
    query = "?" + urlencode({**chosen, "finding": finding})
    may_act = may_resend(request.user, connection.merchant_id)
    seen: dict[int, str] = {}
    if request.method == "POST":
        if not may_act:
            refused = {"connection": connection, "right": "Can resend"}
            return render(request, "logs_ui/right_missing.html", refused, status=403)
        if request.POST.get("do") == "send" and finding != "sent":
            _send(request, shown)
            return redirect(reverse("logs_ui:appointments") + query)
        seen = _look(request, connection, shown)
    older = shown[-1].pk if len(rows) > PAGE_ROWS else None
    title, sentence = FINDINGS[finding]
    context = {
        "connections": connections,
        "filters": form,
        "finding": finding,
        "title": title,
        "sentence": sentence,
        "tabs": [
            (key, words[0], "?" + urlencode({**chosen, "finding": key})) for key, words in FINDINGS.items()
        ],
        "rows": [_row(booking, seen.get(booking.pk)) for booking in shown],
        "may_act": may_act,
        "looked": request.method == "POST",
        "query": query,
        "here": query if before is None else f"{query}&before={before}",
        "older": f"{query}&before={older}" if older else "",
        "paged": before is not None,
    }
    return render(request, "logs_ui/appointments.html", context)


def _booking_sources(request: HttpRequest) -> list[Source]:
    """The person's sources that have bookings."""
    sources = selectors.source_choices(request.user)
    rows = Booking.objects.filter(source__in=[row.pk for row in sources])
    having = set(rows.order_by().values_list("source", flat=True).distinct())
    return [row for row in sources if row.pk in having]


def _look(request: HttpRequest, connection: Connection, shown: list[Any]) -> dict[int, str]:
    """Ask the CRM, outside of any transaction."""
    connection = Connection.objects.get(pk=connection.pk)
    try:
        return appointments_look(open_crm(connection, step="reconcile", gated=False).crm, shown)
    except (CrmError, DecryptionFailed) as err:
        messages.warning(request, f"The CRM could not be asked: {getattr(err, 'message', '') or err}")
        return {}


def _send(request: HttpRequest, shown: list[Any]) -> None:
    sent, refused = 0, ""
    for booking in shown:
        row = Replication.objects.filter(pk=booking.row_id or 0).first()
        try:
            if row is None:
                replication_open(booking)
            else:
                replication_resend(row, user=request.user)  # type: ignore[arg-type]
            sent += 1
        except ResendRefused as err:
            refused = str(err)
    if refused:
        messages.warning(request, f"Not all were sent. {refused}")
    if sent:
        deed_note(request.user, shown[0].source.connection, f"Sent {sent} bookings from the reconcile page.")
        many = f"{sent} bookings are" if sent > 1 else "One booking is"
        messages.success(request, f"{many} on the way. What the CRM already has is not sent twice.")


def _row(booking: Any, seen: str | None) -> Row:
    state = booking.row_state
    words = display.state_words(state) if state else display.Words(label="Never begun")
    return Row(
        label=str(booking),
        who=" ".join(part for part in (booking.name, booking.email) if part) or "No e-mail",
        host=booking.host_email,
        source=booking.source.name,
        starts_at=booking.starts_at,
        local=local_time(booking.starts_at, booking.booking_data.time_zone),
        booking_state=state_words(booking.state),
        state=state,
        state_label=words.label,
        reason=booking.row_reason or words.sentence,
        replication=booking.row_id,
        seen=seen,
    )
