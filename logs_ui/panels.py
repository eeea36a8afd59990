"""The ways from a connection's settings page to what the log pages know of it."""

from __future__ import annotations

from django.urls import reverse

from mappings.models import Connection
from mappings.panels import Panel


def _log_url(connection: Connection) -> str:
    return f"{reverse('logs_ui:list')}?connection={connection.pk}"


def _coverage_url(connection: Connection) -> str:
    return reverse("logs_ui:coverage", args=[connection.pk])


def _reconcile_url(connection: Connection) -> str:
    return f"{reverse('logs_ui:reconcile')}?connection={connection.pk}"


def _ranges_url(connection: Connection) -> str:
    return f"{reverse('logs_ui:ranges')}?connection={connection.pk}"


log_panel = Panel(name="log", title="Replication log", url=_log_url)
PANELS = (
    log_panel,
    Panel(name="coverage", title="Product coverage", url=_coverage_url),
    Panel(name="reconcile", title="Reconcile", url=_reconcile_url),
    Panel(name="ranges", title="Send a range of orders", url=_ranges_url),
)
