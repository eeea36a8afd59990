"""The ways from a connection's settings page to what the log pages know of it."""

from __future__ import annotations

from django.urls import reverse

from bookings.models import BookingSettings
from mappings.models import Connection
from mappings.panels import Panel


def _panel(name: str, title: str, page: str) -> Panel:
    return Panel(name=name, title=title, url=lambda row: f"{reverse(f'logs_ui:{page}')}?connection={row.pk}")


def _appointments_url(row: Connection) -> str:
    """Only where bookings come in."""
    if not BookingSettings.objects.filter(source__connection=row).exists():
        return ""
    return f"{reverse('logs_ui:appointments')}?connection={row.pk}"


log_panel = _panel("log", "Replication log", "list")
PANELS = (
    log_panel,
    Panel(
        name="coverage",
        title="Product coverage",
        url=lambda row: reverse("logs_ui:coverage", args=[row.pk]),
    ),
    _panel("reconcile", "Reconcile", "reconcile"),
    Panel(name="appointments", title="Bookings and appointments", url=_appointments_url),
    _panel("ranges", "Send a range of orders", "ranges"),
)
