"""The platform's bookings beside what the CRM has of them: by our journal for lists, by the CRM for some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from bookings.models import Booking
from bookings.plan import PREFIXES
from cascade.models import JournalEntry, Replication
from crm.contract import Crm
from crm.errors import CrmError, MissingInCrm
from mappings.checks.context import Deadline
from mappings.models import Connection

State = Replication.State
MOST_LOOKS = 25
LOOK_SECONDS = 20.0
FINDINGS: dict[str, tuple[str, str]] = {
    "missing": ("Not in the CRM", "Bookings that should have an appointment in the CRM and have none."),
    "differs": (
        "Other time or state",
        "Bookings that have an appointment, and whose last news has not reached it.",
    ),
    "skipped": ("Left out on purpose", "Bookings that a rule or setting leaves out."),
    "sent": ("In the CRM", "Bookings whose appointment was brought up to date. Look whether it is so still."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class BookingScope:
    """Bookings of a connection (and one of its sources) that start in a period."""

    connection: Connection
    starts_from: datetime
    starts_before: datetime
    source_id: int | None = None


def bookings_found(scope: BookingScope, finding: str) -> QuerySet[Any]:
    """With `row_id`, `row_state`, `row_reason` of the latest replication and `appointment_id`, or None.

    A request that nobody approved has no appointment and is not looked for.
    """
    rows = Booking.objects.filter(
        source__connection=scope.connection,
        merged_into=None,
        starts_at__gte=scope.starts_from,
        starts_at__lt=scope.starts_before,
    ).exclude(state__in=("", "requested"))
    if scope.source_id is not None:
        rows = rows.filter(source=scope.source_id)
    key = Concat(F("source__slug"), Value("/"), F("key"), output_field=CharField())
    latest = Replication.objects.filter(
        connection=scope.connection, kind="booking", subject_key=OuterRef("subject_key")
    ).order_by("-pk")
    entries = JournalEntry.objects.filter(
        connection=scope.connection,
        subject_key=OuterRef("subject_key"),
        kind="upsert_appointment",
        replication__kind="booking",
    ).order_by("-pk")
    found: QuerySet[Any] = (
        rows.annotate(subject_key=key)
        .annotate(
            row_id=Subquery(latest.values("pk")[:1], output_field=IntegerField()),
            row_state=Coalesce(Subquery(latest.values("state")[:1]), Value("")),
            row_reason=Coalesce(Subquery(latest.values("reason")[:1]), Value("")),
            row_error=Coalesce(Subquery(latest.values("error_class")[:1]), Value("")),
            external=Subquery(entries.values("external")[:1]),
            sends=Coalesce(Subquery(entries.values("sends")[:1]), Value(0)),
        )
        .select_related("source")
    )
    was_sent = Q(sends__gt=0)
    match finding:
        case "skipped":
            return found.filter(~was_sent, row_state=State.SKIPPED)
        case "missing":
            return found.filter(~was_sent).exclude(row_state=State.SKIPPED)
        case "differs":
            return found.filter(was_sent).exclude(row_state=State.SUCCEEDED)
        case _:
            return found.filter(was_sent, row_state=State.SUCCEEDED)


def appointments_look(crm: Crm, bookings: Iterable[Any]) -> dict[int, str]:
    """What the CRM says of the appointment of each, by the booking's id; blank where it is as it should be.

    At most 25 reads and twenty seconds: the rest is not told. Raises nothing; a failed read is its sentence.
    """
    deadline, told = Deadline(LOOK_SECONDS), {}
    for booking in list(bookings)[:MOST_LOOKS]:
        appointment_id = (booking.external or {}).get("appointment_id")
        if deadline.is_over:
            break
        if not appointment_id:
            continue
        try:
            told[booking.pk] = " ".join(_differences(booking, crm.read_appointment(int(appointment_id))))
        except MissingInCrm:
            told[booking.pk] = "The appointment is gone from the CRM."
        except CrmError as err:
            told[booking.pk] = f"Could not be looked at: {err.message}"
    return told


def _differences(booking: Booking, appointment: Any) -> Sequence[str]:
    found = []
    if booking.starts_at and appointment.starts_at != booking.starts_at.replace(microsecond=0):
        found.append("The appointment has another start.")
    prefix = PREFIXES.get(booking.state, "")
    others = [other for other in set(PREFIXES.values()) if other != prefix]
    if (prefix and not appointment.title.startswith(prefix)) or appointment.title.startswith(tuple(others)):
        found.append("The appointment's title tells another state.")
    return found
