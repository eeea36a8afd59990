"""Range runs: choose orders, see how many they are, send them behind fresh ones, stop."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cascade.models import RangeRun
from cascade.shop.ranges import range_count, range_start, range_stop
from intake.models import Source
from logs_ui.log.selectors import MAX_CHOICES
from logs_ui.log.views import row_id
from logs_ui.ranges.forms import RangeForm
from mappings.models import Connection
from mappings.selectors import Person, connections_of, may_resend, memberships_of, sees_all

PAGE_ROWS = 25
GOING = (RangeRun.State.WAITING, RangeRun.State.RUNNING)


@never_cache
@login_required
@require_safe
def range_list(request: HttpRequest) -> HttpResponse:
    """The form and the runs of the person's merchants, newest first."""
    connections = _resendable(request.user)
    initial = {"connection": request.GET.get("connection"), "which": RangeRun.Which.UNSENT}
    form = RangeForm(None, connections, _sources(connections), initial=initial)
    return render(request, "logs_ui/ranges.html", _context(request, form, connections))


@never_cache
@require_POST
def range_begin(request: HttpRequest) -> HttpResponse:
    """First say how many orders it is; only the confirmed form starts anything."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("logs_ui:ranges"))
    connections = _resendable(request.user)
    form = RangeForm(request.POST, connections, _sources(connections))
    if not form.is_valid():
        context = _context(request, form, connections)
        return render(request, "logs_ui/ranges.html", context)
    connection = next(row for row in connections if row.pk == form.cleaned_data["connection"])
    if "change" in request.POST:
        return render(request, "logs_ui/ranges.html", _context(request, form, connections))
    if "confirmed" not in request.POST:
        context = {
            "form": form,
            "connection": connection,
            "number": range_count(connection, **form.filters()),
            "chosen": form.filters(),
            "which_label": RangeRun.Which(form.cleaned_data["which"]).label,
            "zone": timezone.get_current_timezone_name(),
        }
        return render(request, "logs_ui/range_confirm.html", context)
    run = range_start(
        connection,
        **form.filters(),
        without_automation=form.cleaned_data["without_automation"],
        user=request.user,
    )
    orders = "1 order" if run.total == 1 else f"{run.total:,} orders"
    messages.success(request, f"Started: {orders} behind fresh ones. You can stop it below.")
    return redirect("logs_ui:ranges")


@require_POST
def range_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a run; what it opened goes on."""
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("logs_ui:ranges"))
    run = get_object_or_404(_runs(request.user).select_related("connection"), pk=pk)
    if not may_resend(request.user, run.connection.merchant_id):
        context = {"connection": run.connection, "right": "Resend"}
        return render(request, "logs_ui/right_missing.html", context, status=403)
    if range_stop(run):
        messages.success(request, "Stopped. What was already opened is still sent.")
    else:
        messages.warning(request, "It had ended already.")
    return redirect("logs_ui:ranges")


def _context(request: HttpRequest, form: RangeForm, connections: list[Connection]) -> dict[str, Any]:
    rows = _runs(request.user).select_related("connection__merchant", "source", "user")
    before = row_id(request, "before")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    secrets = ("connection__api_key", "source__token", "source__basic_password", "numbers")
    found = list(rows.defer(*secrets).order_by("-pk")[: PAGE_ROWS + 1])
    runs = found[:PAGE_ROWS]
    resendable = {row.pk for row in connections}
    return {
        "form": form,
        "connections": connections,
        "runs": [(run, run.state in GOING and run.connection_id in resendable) for run in runs],
        "older": runs[-1].pk if len(found) > PAGE_ROWS else None,
        "paged": before is not None,
        "zone": timezone.get_current_timezone_name(),
    }


def _runs(user: Person) -> QuerySet[RangeRun]:
    return RangeRun.objects.filter(connection__in=connections_of(user).values("pk"))


def _resendable(user: Person) -> list[Connection]:
    """The connections whose orders the person may send again."""
    rows = connections_of(user)
    if not sees_all(user):
        rights = memberships_of(user).filter(can_resend=True)
        rows = rows.filter(merchant__in=rights.values("merchant"))
    return list(rows[:MAX_CHOICES])


def _sources(connections: list[Connection]) -> list[Source]:
    rows = Source.objects.filter(connection__in=[row.pk for row in connections])
    return list(rows.only("name", "connection_id").order_by("name", "pk")[:MAX_CHOICES])
