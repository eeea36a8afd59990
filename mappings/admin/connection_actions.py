"""The buttons above the settings page: test now, pause, resume. POST only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from mappings.access.connect import MANUAL_PAUSE, connection_pause, connection_resume
from mappings.admin.scoping import ScopedModelAdmin
from mappings.checks.check import connection_test
from mappings.checks.findings import CheckOutcome, FindingLevel
from mappings.models import Connection, Notice

MOST_MESSAGES = 5
Action = Callable[[HttpRequest, Connection], None]


class ConnectionActions(ScopedModelAdmin):
    def get_urls(self) -> list[URLPattern]:
        actions: dict[str, Action] = {
            "test": lambda request, connection: self.outcome_tell(request, connection_test(connection)),
            "pause": self._pause,
            "resume": self._resume,
        }
        own = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(self._posted(action)),
                name=f"mappings_connection_{name}",
            )
            for name, action in actions.items()
        ]
        return [*own, *super().get_urls()]

    @admin.display(description="Notice")
    def notice(self, connection: Connection) -> str:
        """The worst of the open ones, which the list has loaded along."""
        open_ones: list[Notice] = connection.open_notices  # type: ignore[attr-defined]
        return open_ones[0].sentence if open_ones else ""

    @admin.display(description="State")
    def state(self, connection: Connection) -> str:
        if connection.paused_at:
            return "Paused"
        return "On" if connection.enabled else "Off"

    def outcome_tell(self, request: HttpRequest, outcome: CheckOutcome) -> None:
        """Say what the CRM answered: what is wrong first, and not all of it if it is much."""
        wrong = [finding for finding in outcome.worst_first if finding.level != FindingLevel.OK]
        for finding in wrong[:MOST_MESSAGES]:
            tell = messages.error if finding.level == FindingLevel.ERROR else messages.warning
            tell(request, finding.sentence)
        if len(wrong) > MOST_MESSAGES:
            messages.warning(request, f"And {len(wrong) - MOST_MESSAGES} more, under “Last test”.")
        if not wrong:
            messages.success(request, "Tested against the CRM: all is well.")

    def _posted(self, action: Action) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            connection: Any = self.get_object(request, unquote(object_id))
            if not self.has_change_permission(request, connection):
                raise PermissionDenied
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            action(request, connection)
            return self.page_of(connection)

        return view

    def page_of(self, connection: Connection) -> HttpResponseRedirect:
        return HttpResponseRedirect(reverse("admin:mappings_connection_change", args=[quote(connection.pk)]))

    def _pause(self, request: HttpRequest, connection: Connection) -> None:
        if connection_pause(connection, MANUAL_PAUSE):
            self.log_change(request, connection, "Paused.")
            messages.success(request, "Paused: orders are kept and wait until you resume.")
        else:
            messages.info(request, "It was paused or tested a moment ago; look at its state.")

    def _resume(self, request: HttpRequest, connection: Connection) -> None:
        if connection_resume(connection):
            self.log_change(request, connection, "Resumed.")
            messages.success(request, "Resumed: what waited is sent now.")
        else:
            messages.info(request, "It was not paused.")
