"""The part of the settings page about our copy of the CRM's lists: state, refresh button, pick lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from mappings.admin.connection_actions import ConnectionActions
from mappings.admin.pick_lists import id_limits, pick_offer, picks_found, picks_named
from mappings.directory.schedule import KINDS, lists_want
from mappings.models import Connection, DirectoryList

TITLES = {
    "tag": "Tags",
    "tag_category": "Tag categories",
    "product": "Products",
    "product_category": "Product categories",
    "product_assignment": "Products in categories",
    "user": "Users",
    "lead_source": "Lead sources",
    "stage": "Stages of opportunities",
    "lead_source_category": "Lead source categories",
    "contact_type": "Types of contacts",
    "appointment_type": "Types of appointments, tasks and notes",
    "affiliate": "Referral partners",
    "action_set": "Action sets",
    "campaign": "Campaigns",
    "contact_field": "Custom fields of contacts",
    "order_field": "Custom fields of orders",
    "company_field": "Custom fields of companies",
    "opportunity_field": "Custom fields of opportunities",
    "activity_field": "Custom fields of tasks, notes and appointments",
}
STATE = "admin/mappings/connection/_lists_state.html"


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownList:
    """`level` is ok, busy, off or error; `is_busy` while it is being read or soon will be."""

    title: str
    level: str
    state: str
    note: str
    count_text: str
    refreshed_at: datetime | None
    is_busy: bool = False


class ConnectionLists(ConnectionActions):
    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(view),
                name=f"mappings_connection_{name}",
            )
            for name, view in (
                ("refresh", self._posted(self._refresh)),
                ("lists", self._lists),
                ("pick", self._pick),
            )
        ]
        return [*own, *super().get_urls()]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        formfield = super().formfield_for_dbfield(db_field, request, **id_limits(db_field), **kwargs)
        pick_offer(f"{db_field.model._meta.model_name}.{db_field.name}", formfield)
        return formfield

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kw: Any
    ) -> HttpResponse:
        if context.get("stored"):
            context = {**context, **lists_context(context["stored"])}
        page: HttpResponse = super().render_change_form(request, context, *args, **kw)
        return page

    def _refresh(self, request: HttpRequest, connection: Connection) -> None:
        if not connection.bound_app:
            messages.warning(request, "The lists are read once a test has succeeded: press “Test now” first.")
        elif connection.paused_at:
            messages.warning(request, "The connection is paused: the lists are read once it is resumed.")
        else:
            lists_want(connection)
            messages.info(request, "The CRM's lists are being read; you may go on meanwhile.")

    def _lists(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The state of the lists, for the page that shows it already."""
        return render(request, STATE, lists_context(self._seen(request, object_id)))

    def _pick(self, request: HttpRequest, object_id: str) -> HttpResponse:
        connection, asked = self._seen(request, object_id), request.GET
        kind, page = asked.get("kind", ""), asked.get("page", "1")
        if kind not in KINDS:
            raise Http404
        if "ids" in asked:
            return JsonResponse(picks_named(connection, kind, asked["ids"]))
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        return JsonResponse(picks_found(connection, kind, asked.get("q", ""), number))

    def _seen(self, request: HttpRequest, object_id: str) -> Connection:
        """The connection, if the person may look at it; there is nothing here to post to."""
        connection: Any = self.get_object(request, unquote(object_id))
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        found: Connection = connection
        return found


def lists_context(connection: Connection) -> dict[str, Any]:
    """What the page shows of the lists: one query."""
    now = timezone.now()
    known = {row.kind: row for row in DirectoryList.objects.filter(connection_id=connection.pk)}
    waits = connection.paused_at is not None or not connection.bound_app
    shown = [_shown(TITLES[kind], known.get(kind), now, waits=waits) for kind in KINDS]
    read = [row.refreshed_at for row in shown if row.refreshed_at]
    return {
        "stored": connection,
        "lists": shown,
        "lists_busy": any(row.is_busy for row in shown),
        "lists_read": len(read),
        "lists_oldest": min(read, default=None),
        "lists_failed": [row.title for row in shown if row.level == "error"],
    }


def _shown(title: str, row: DirectoryList | None, now: datetime, *, waits: bool) -> ShownList:
    if row is None:
        return ShownList(
            title=title, level="off", state="Not read yet", note="", count_text="", refreshed_at=None
        )
    state, level, is_busy = _state(row, now)
    return ShownList(
        title=title,
        level=level,
        state=state,
        note=row.error,
        count_text=f"{row.count:,}",
        refreshed_at=row.refreshed_at,
        is_busy=is_busy and not waits,
    )


def _state(row: DirectoryList, now: datetime) -> tuple[str, str, bool]:
    so_far = f", {row.seen:,} so far" if row.seen else ""
    if row.is_being_read(now):
        return f"Reading{so_far}", "busy", True
    if row.started_at is not None and row.due_at > now:
        return f"Waiting until {row.due_at:%H:%M:%S} UTC{so_far}", "busy", (row.due_at - now).seconds < 60
    if row.due_at <= now and (row.started_at is not None or row.wanted_at is not None):
        return f"Waits for its turn{so_far}", "busy", True
    if not row.supported:
        return "Not offered by the protocol", "off", False
    if row.error:
        return "Not read", "error", False
    return ("Read", "ok", False) if row.refreshed_at else ("Not read yet", "off", False)
