"""Credentials asked by themselves: before a connection is paused for them, and while it is."""

from __future__ import annotations

from datetime import datetime, timedelta

from mappings.access.connect import connection_resume
from mappings.access.open import open_crm
from mappings.checks.findings import CredentialVerdict
from mappings.checks.protocols import protocols_probe, verdict_of
from mappings.models import Connection

PROBED_EVERY = timedelta(minutes=15)
AT_ONCE = 20  # of one round


def credentials_refused(connection: Connection) -> bool:
    """Whether the CRM refuses the stored credentials for a small read too; no answer is no refusal."""
    return verdict_of(protocols_probe(open_crm(connection, step="probe"))) == CredentialVerdict.REFUSED


def paused_probe(now: datetime) -> None:
    """Ask again for connections that are paused for refused credentials; let those work that are taken.

    Repeat: safe, also from several machines at once.
    """
    due = Connection.objects.filter(
        enabled=True, paused_at__isnull=False, credentials_probed_at__lte=now - PROBED_EVERY
    )
    for connection in due.order_by("credentials_probed_at")[:AT_ONCE]:
        row = Connection.objects.filter(
            pk=connection.pk, credentials_probed_at=connection.credentials_probed_at
        )
        if not row.update(credentials_probed_at=now):
            continue
        probes = protocols_probe(open_crm(connection, step="probe"))
        same_app = {probe.app for probe in probes if probe.app} <= {connection.bound_app}
        if verdict_of(probes) == CredentialVerdict.ACCEPTED and (same_app or not connection.bound_app):
            connection_resume(connection)
