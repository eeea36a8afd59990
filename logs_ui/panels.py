"""The way from a connection's settings page to its log."""

from __future__ import annotations

from django.urls import reverse

from mappings.models import Connection
from mappings.panels import Panel


def _log_url(connection: Connection) -> str:
    return f"{reverse('logs_ui:list')}?connection={connection.pk}"


log_panel = Panel(name="log", title="Replication log", url=_log_url)
