"""The pages and buttons of how a connection reaches the CRM: connect with Keap, disconnect, move to REST."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from mappings.access.oauth.client import NOT_SET_UP, oauth_is_set_up
from mappings.admin.connection_actions import Action, ConnectionActions
from mappings.checks.findings import mapped_names
from mappings.checks.oauth_connect import (
    ConnectRefused,
    connect_begin,
    connect_end,
    connect_finish,
    state_open,
)
from mappings.checks.rest_gaps import rest_gaps
from mappings.checks.switch_to_rest import connection_move
from mappings.models import Connection, OAuthGrant

LEAVING = "admin/mappings/connection/leaving.html"
_ERROR_WORD = re.compile(r"[a-z_]{1,40}", re.ASCII)


class ConnectionProtocolPages(ConnectionActions):
    def get_urls(self) -> list[URLPattern]:
        actions: dict[str, Action] = {"disconnect": self._disconnect, "move": self._move}
        own = [
            path("oauth/", self.admin_site.admin_view(self._connected), name="mappings_connection_oauth"),
            path(
                "<path:object_id>/connect/",
                self.admin_site.admin_view(self._connect),
                name="mappings_connection_connect",
            ),
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(self._posted(action)),
                    name=f"mappings_connection_{name}",
                )
                for name, action in actions.items()
            ),
        ]
        return [*own, *super().get_urls()]

    def protocol_context(self, connection: Connection) -> dict[str, Any]:
        """What the settings page shows about tokens, notices and the way to REST."""
        grant = (
            OAuthGrant.objects.filter(connection=connection).defer("access_token", "refresh_token").first()
        )
        on_rest = connection.protocol == Connection.Protocol.REST
        return {
            "grant": grant if grant and grant.is_connected else None,
            "connect_offered": oauth_is_set_up(),
            "connect_why_not": NOT_SET_UP,
            "moving_offered": not on_rest,
            "gaps": [] if on_rest else list(rest_gaps(connection, mapped_names(connection))),
        }

    def _connect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send the person to the CRM's page, by a page of ours in between: a form may lead nowhere else."""
        connection: Any = self.get_object(request, unquote(object_id))
        if not self.has_change_permission(request, connection):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            redirect_uri = request.build_absolute_uri(reverse("admin:mappings_connection_oauth"))
            url = connect_begin(connection, redirect_uri=redirect_uri, **_who(request))
        except ConnectRefused as err:
            messages.error(request, str(err))
            return self.page_of(connection)
        context = {
            **self.admin_site.each_context(request),
            "title": "Connect with Keap",
            "connection": connection,
            "app": connection.bound_app or connection.app_name,
            "url": url,
            "opts": self.opts,
        }
        return TemplateResponse(request, LEAVING, context, headers={"Refresh": f"0; url={url}"})

    def _connected(self, request: HttpRequest) -> HttpResponse:
        """Where the CRM's page sends the person back to."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        try:
            state = state_open(request.GET.get("state", ""), **_who(request))
        except ConnectRefused as err:
            messages.error(request, f"Nothing was connected. {err}")
            return HttpResponseRedirect(reverse("admin:mappings_connection_changelist"))
        connection: Any = self.get_object(request, str(state["connection"]))
        if not self.has_change_permission(request, connection):
            raise PermissionDenied
        self._finish(request, connection, state["redirect_uri"])
        return self.page_of(connection)

    def _finish(self, request: HttpRequest, connection: Connection, redirect_uri: str) -> None:
        code = request.GET.get("code", "")
        if not code:
            messages.error(request, f"Nothing was connected: {_denied(request.GET.get('error', ''))}")
            return
        try:
            outcome = connect_finish(connection, code=code, redirect_uri=redirect_uri)
        except ConnectRefused as err:
            messages.error(request, str(err))
            return
        self.log_change(request, connection, "Connected with Keap.")
        messages.success(request, "Connected with Keap.")
        self.outcome_tell(request, outcome)

    def _disconnect(self, request: HttpRequest, connection: Connection) -> None:
        if connect_end(connection):
            self.log_change(request, connection, "Disconnected from Keap.")
            messages.success(
                request,
                "Disconnected: the tokens are forgotten here. To end them at the CRM too, remove Cascader "
                "there under its connected applications.",
            )
        else:
            messages.info(request, "It was not connected.")

    def _move(self, request: HttpRequest, connection: Connection) -> None:
        if connection.protocol == Connection.Protocol.REST:
            messages.info(request, "It uses REST already.")
            return
        outcome = connection_move(connection)
        if outcome.accepted:
            self.log_change(request, connection, "Moved to REST.")
            messages.success(request, "Moved to REST. Orders in flight go on over it.")
        else:
            messages.error(request, "Not moved: REST did not take the test call. Nothing was changed.")
        self.outcome_tell(request, outcome)


def _who(request: HttpRequest) -> dict[str, Any]:
    return {"user_id": request.user.pk, "session_key": request.session.session_key or ""}


def _denied(error: str) -> str:
    if error == "access_denied":
        return "access was not allowed on the CRM's page."
    word = f" ({error})" if _ERROR_WORD.fullmatch(error) else ""
    return f"the CRM's page answered with an error{word}. Try again."
