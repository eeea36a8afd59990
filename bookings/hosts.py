"""Hosts of a booking source: connected one by one; what came in for the others can be sent later."""

from __future__ import annotations

from django.utils import timezone

from bookings.models.settings import BookingHost, BookingSettings
from crm.list_records import DirectoryKind
from mappings.models import Connection, DirectoryRow

MOST_HOSTS = 5000


def host_connect(settings: BookingSettings, email: str) -> bool:
    """Take the host's bookings from now on; whether they were not taken before. Repeat: safe."""
    host, _ = BookingHost.objects.get_or_create(settings=settings, email=email.strip().lower())
    rows = BookingHost.objects.filter(pk=host.pk, connected_at=None)
    return bool(rows.update(connected_at=timezone.now()))


def host_disconnect(settings: BookingSettings, email: str) -> bool:
    """Skip the host's bookings from now on; whether they were taken. What was sent stays. Repeat: safe."""
    hosts = settings.hosts.filter(email=email.strip().lower(), connected_at__isnull=False)
    return bool(hosts.update(connected_at=None))


def users_by_email(connection: Connection, emails: list[str]) -> dict[str, tuple[int, str]]:
    """Id and name of the CRM's active users of these addresses, as our copy of its list has them."""
    rows = DirectoryRow.objects.filter(
        connection_id=connection.pk, kind=DirectoryKind.USER.value, active=True, code__in=_cases(emails)
    )
    return {code.lower(): (crm_id, name) for code, crm_id, name in rows.values_list("code", "crm_id", "name")}


def _cases(emails: list[str]) -> list[str]:
    """As typed here, and as people capitalise them there."""
    return [form for email in emails for form in {email, email.capitalize(), email.title()}]
