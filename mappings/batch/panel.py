"""The link from the settings page to the pages of many mappings at once."""

from __future__ import annotations

from django.urls import reverse

from mappings.models import Connection
from mappings.panels import Panel


def batch_url(connection: Connection) -> str:
    return reverse("admin:mappings_connection_batch", args=[connection.pk])


batch_panel = Panel(name="batch", title="Batch mapping export and import", url=batch_url)
