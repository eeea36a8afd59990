"""Hosts of a booking source: connected one by one; what came in for the others can be sent later."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import CharField, Count, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat, Lower
from django.utils import timezone

from bookings.models import Booking
from bookings.models.settings import BookingHost, BookingSettings
from bookings.plan import host_of
from bookings.rules import NOT_CONNECTED
from bookings.selectors import rules_of
from cascade.models import Replication
from cascade.services import ResendRefused, replication_resend
from crm.list_records import DirectoryKind
from mappings.models import Connection, DirectoryRow

MOST_HOSTS = 5000
MOST_MET = 50
MOST_LOOKED_AT = 1000
MOST_AT_ONCE = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """Bookings that were skipped for want of their host: how many were sent, and how many wait on."""

    sent: int
    left: int
    refused: str = ""


def host_connect(settings: BookingSettings, email: str) -> bool:
    """Take the host's bookings from now on; whether they were not taken before. Repeat: safe."""
    host, _ = BookingHost.objects.get_or_create(settings=settings, email=email.strip().lower())
    rows = BookingHost.objects.filter(pk=host.pk, connected_at=None)
    return bool(rows.update(connected_at=timezone.now()))


def host_disconnect(settings: BookingSettings, email: str) -> bool:
    """Skip the host's bookings from now on; whether they were taken. What was sent stays. Repeat: safe."""
    hosts = settings.hosts.filter(email=email.strip().lower(), connected_at__isnull=False)
    return bool(hosts.update(connected_at=None))


def hosts_met(settings: BookingSettings) -> list[tuple[str, int]]:
    """Hosts who are not on the page and have bookings, with how many; those with most first."""
    known = settings.hosts.values("email")
    rows = Booking.objects.filter(source=settings.source_id, merged_into=None).exclude(host_email="")
    counted = (
        rows.annotate(host=Lower("host_email"))
        .exclude(host__in=known)
        .values("host")
        .annotate(number=Count("pk"))
    )
    return list(counted.order_by("-number", "host").values_list("host", "number")[:MOST_MET])


def bookings_skipped(settings: BookingSettings) -> list[Booking]:
    """Those that were skipped because their host was not connected and now is, the oldest first."""
    rules = rules_of(settings.source)
    rows = _latest_skipped(settings).order_by("pk")[:MOST_LOOKED_AT]
    return [booking for booking in rows if host_of(booking.booking_data, rules).connected]


def bookings_skipped_send(settings: BookingSettings, user: AbstractBaseUser) -> Waiting:
    """Send them, at most 200 at once. Repeat: safe: what is on its way is not among them."""
    found = bookings_skipped(settings)
    sent, refused = 0, ""
    for booking in found[:MOST_AT_ONCE]:
        row = Replication.objects.get(pk=booking.row_id)  # type: ignore[attr-defined]
        try:
            replication_resend(row, user=user)
            sent += 1
        except ResendRefused as err:
            refused = str(err)
    return Waiting(sent=sent, left=len(found) - sent, refused=refused)


def _latest_skipped(settings: BookingSettings) -> QuerySet[Booking]:
    """With `row_id`, the replication that skipped it."""
    source = settings.source
    key = Concat(Value(f"{source.slug}/"), F("key"), output_field=CharField())
    latest = Replication.objects.filter(
        connection=source.connection_id, kind="booking", subject_key=OuterRef("subject_key")
    ).order_by("-pk")
    rows = Booking.objects.filter(source=source, merged_into=None).annotate(subject_key=key)
    rows = rows.annotate(
        row_id=Subquery(latest.values("pk")[:1]),
        row_state=Subquery(latest.values("state")[:1]),
        row_reason=Subquery(latest.values("reason")[:1]),
    )
    return rows.filter(row_state=Replication.State.SKIPPED, row_reason__contains=NOT_CONNECTED)


def users_by_email(connection: Connection, emails: list[str]) -> dict[str, tuple[int, str]]:
    """Id and name of the CRM's active users of these addresses, as our copy of its list has them."""
    rows = DirectoryRow.objects.filter(
        connection_id=connection.pk, kind=DirectoryKind.USER.value, active=True, code__in=_cases(emails)
    )
    return {code.lower(): (crm_id, name) for code, crm_id, name in rows.values_list("code", "crm_id", "name")}


def _cases(emails: list[str]) -> list[str]:
    """As typed here, and as people capitalise them there."""
    return [form for email in emails for form in {email, email.capitalize(), email.title()}]
