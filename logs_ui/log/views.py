"""The pages of the replication log: they read selectors and act through one service."""

from __future__ import annotations

from collections import Counter

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from cascade.engine.resolve_by_hand import step_resolve_by_hand
from cascade.services import ResendRefused, replication_resend
from intake.models import InboundEvent
from logs_ui.log import banners, display, presenters, selectors
from logs_ui.log.filters import LogFilters
from logs_ui.log.presenters import admin_url
from logs_ui.log.subjects import page_of, subject_of, subjects_of, with_subjects
from mappings.selectors import may_edit_settings, may_resend, merchants_editable_by


@never_cache
@login_required
@require_safe
def replication_list(request: HttpRequest) -> HttpResponse:
    connections = selectors.connection_choices(request.user)
    filters = LogFilters(request.GET, connections=connections, sources=selectors.source_choices(request.user))
    cursor = selectors.Cursor(before=row_id(request, "before"), after=row_id(request, "after"))
    listed = selectors.listed_replications(request.user, connections)
    page = selectors.replication_page(request.user, listed, filters, cursor)
    parked = selectors.parked_deliveries(request.user)
    editable = set(merchants_editable_by(request.user).values_list("pk", flat=True)[: selectors.MAX_CHOICES])
    outages, now = selectors.outages_seen(request.user), timezone.now()
    # How many wait is counted only if something holds orders back.
    troubled = {outage.connection_id for outage in outages}
    troubled |= {row.pk for row in connections if banners.is_throttled(row, now)}
    waiting = selectors.waiting_counts(troubled) if troubled else Counter()
    context = {
        "filters": filters,
        "chips": presenters.chips(selectors.recent_counts(listed)),
        "situations": [
            presenters.situation(
                row,
                subject,
                may_edit=row.connection.merchant_id in editable,
                held=banners.held_sentence(row.connection, outages, now),
                now=now,
            )
            for row, subject in zip(page.rows, subjects_of(page.rows), strict=True)
        ],
        "banners": [
            *banners.outage_banners(outages, waiting, editable),
            *banners.quota_banners(connections, waiting, editable, now),
        ],
        "page": page,
        "older_query": filters.query(before=page.older) if page.older else "",
        "newer_query": filters.query(after=page.newer) if page.newer else "",
        "newest_query": filters.query(),
        "several_connections": len(connections) > 1,
        "connections": connections,
        "paged": cursor != selectors.Cursor(),
        "parked_deliveries": parked,
        "parked_url": parked_events_url(request) if parked else "",
        "paused": [row for row in connections if row.paused_at],
    }
    return render(request, "logs_ui/replication_list.html", context)


@never_cache
@login_required
@require_safe
def replication_detail(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(selectors.replication_detail(request.user), pk=pk)
    merchant_id = row.connection.merchant_id
    entries = selectors.journal_of(row)
    facts = presenters.crm_facts(entries)
    calls = selectors.calls_of(row, before=row_id(request, "calls_before"))
    may_edit = may_edit_settings(request.user, merchant_id)
    held = banners.held_sentence(row.connection, selectors.outages_over(row), timezone.now())
    page = page_of(row)
    situation = presenters.situation(row, page.subject, may_edit=may_edit, held=held)
    steps = presenters.step_views(entries)
    context = {
        "row": row,
        "situation": situation,
        "headline": presenters.headline(row, facts, situation.problem),
        "in_crm": facts,
        "trigger": presenters.trigger_words(row),
        "decisions": presenters.decisions(row.plan),
        "steps": steps,
        "doubts": [] if situation.is_open else [step for step in steps if step.in_doubt],
        "contact_id": presenters.contact_id(entries),
        "attempts": presenters.attempts(selectors.attempts_of(row)),
        "call_groups": presenters.call_groups(calls.rows, entries),
        "older_calls": calls.older,
        "siblings": presenters.siblings(selectors.siblings_of(row)),
        "page": page,
        "related": presenters.siblings(page.related, named=True),
        "may_resend": may_resend(request.user, merchant_id),
        "connection_url": presenters.connection_url(row.connection_id) if may_edit else "",
        "event_url": event_url(request, page.event_id),
    }
    return render(request, "logs_ui/replication_detail.html", context)


@never_cache
@login_required
@require_safe
def call_detail(request: HttpRequest, pk: int, call_pk: int) -> HttpResponse:
    """One API call with its whole bodies, as they were stored."""
    row = get_object_or_404(with_subjects(selectors.replications_of(request.user)), pk=pk)
    call = get_object_or_404(selectors.call_of(row), pk=call_pk)
    protocol = display.PROTOCOLS.get(call.protocol, call.protocol)
    context = {"row": row, "subject": subject_of(row), "call": call, "protocol": protocol}
    return render(request, "logs_ui/call_detail.html", context)


@require_POST
def replication_resend_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a resend and answer in words on the replication's page."""
    page = reverse("logs_ui:detail", args=[pk])
    if not request.user.is_authenticated:
        return redirect_to_login(page)
    queryset = selectors.replications_of(request.user).select_related("connection")
    row = get_object_or_404(queryset, pk=pk)
    if not may_resend(request.user, row.connection.merchant_id):
        return render(request, "logs_ui/not_allowed.html", {"row": row}, status=403)
    try:
        sent = replication_resend(row, user=request.user)
    except ResendRefused as refused:
        messages.warning(request, f"Not resent. {refused}")
        return redirect(page)
    messages.success(request, "Started again. What the CRM already has is not sent twice.")
    return redirect("logs_ui:detail", pk=sent.pk)


@require_POST
def step_resolve_view(request: HttpRequest, pk: int, entry_pk: int) -> HttpResponse:
    """A person says what became of a step in doubt: `answer` is happened or again."""
    page = reverse("logs_ui:detail", args=[pk])
    if not request.user.is_authenticated:
        return redirect_to_login(page)
    row = get_object_or_404(selectors.replications_of(request.user).select_related("connection"), pk=pk)
    if not may_resend(request.user, row.connection.merchant_id):
        return render(request, "logs_ui/not_allowed.html", {"row": row}, status=403)
    answer = request.POST.get("answer")
    if answer not in ("happened", "again"):
        return redirect(page)
    try:
        sent = step_resolve_by_hand(row, entry_pk, happened=answer == "happened", user=request.user)
    except ResendRefused as refused:
        messages.warning(request, f"Not changed. {refused}")
        return redirect(page)
    messages.success(request, "Noted, and it goes on. What the CRM already has is not sent twice.")
    return redirect("logs_ui:detail", pk=sent.pk)


def row_id(request: HttpRequest, name: str) -> int | None:
    """A row id from the query string; anything else counts as not given."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


# -- the raw delivery that an order came from, for whoever may read it ----------------------------------


def event_url(request: HttpRequest, event_id: int | None) -> str:
    """The admin page of the event; empty if there is none or the person may not open it."""
    if event_id is None or not _may_see_events(request):
        return ""
    return admin_url("intake_inboundevent_change", event_id)


def parked_events_url(request: HttpRequest) -> str:
    """The admin's list of the deliveries that could not be taken in; empty if the person may not open it."""
    if not _may_see_events(request):
        return ""
    return f"{admin_url('intake_inboundevent_changelist')}?state__exact={InboundEvent.State.PARKED}"


def _may_see_events(request: HttpRequest) -> bool:
    if not admin.site.is_registered(InboundEvent):
        return False
    return bool(admin.site.get_model_admin(InboundEvent).has_view_permission(request))
