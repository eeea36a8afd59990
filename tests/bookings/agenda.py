"""Bookings told and sent, and what the CRM has of them then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from bookings.booking_data import Actor, BookingData, BookingEventData, Host, Named, News
from bookings.ingest import event_ingest
from bookings.models import Booking
from cascade.models import Replication
from intake.models import Source
from intake.party import Party
from tests.cascade.conftest import Shop

START = datetime(2031, 3, 4, 15, 30, tzinfo=UTC)
TOLD = datetime(2031, 2, 1, 12, 0, tzinfo=UTC)


def booking_data(**changes: Any) -> BookingData:
    data = BookingData(
        subject="Live demo",
        starts_at=START,
        ends_at=START + timedelta(minutes=45),
        email="carrie@example.com",
        customer=Party(first_name="Carrie", last_name="Customer", phones=("+1 202 555 0195",)),
        time_zone="America/Denver",
        host=Host(id="U-1", email="hosts@example.com", name="Hanna Host"),
        booking_page=Named(id="BP-1", name="Demos"),
        event_type=Named(id="ET-1", name="Live demo"),
        master_page=Named(id="MP-1", name="Everything"),
        location="Room 5",
    )
    return replace(data, **changes)


def told(news: News, minute: int, segment: str = "B-1", **changes: Any) -> BookingEventData:
    """News of that minute after noon; a description of the booking comes along unless told otherwise."""
    at = TOLD + timedelta(minutes=minute)
    values: dict[str, Any] = {
        "segment_id": segment,
        "event_id": f"{segment}-{news}-{minute}",
        "news": news,
        "occurred_at": at,
        "version": at.isoformat(),
        "actor": Actor.CUSTOMER,
        "booking": booking_data(),
    }
    return BookingEventData(**(values | changes))


@dataclass
class Agenda:
    """`take` is the ingest of one event, `drive` sends whatever waits."""

    shop: Shop
    source: Source

    def take(self, *news: BookingEventData) -> None:
        for each in news:
            with transaction.atomic():
                event_ingest(Source.objects.select_related("connection").get(pk=self.source.pk), each)

    def drive(self) -> list[Replication]:
        rows = Replication.objects.filter(kind="booking", state__in=Replication.OPEN).order_by("pk")
        while row := rows.first():
            self.shop.drive(row)
        return list(Replication.objects.filter(kind="booking").order_by("pk"))

    def booking(self) -> Booking:
        return Booking.objects.get(merged_into=None)

    def tags(self, email: str = "carrie@example.com") -> list[str]:
        """The names of the tags that the contact of that address has, sorted."""
        sandbox = self.shop.sandbox
        contacts = {row["Id"] for row in sandbox.rows("Contact") if row["Email"] == email}
        names = {row["Id"]: row["GroupName"] for row in sandbox.rows("ContactGroup")}
        assigned = [row for row in sandbox.rows("ContactGroupAssign") if row["ContactId"] in contacts]
        return sorted(names[row["GroupId"]] for row in assigned)

    def appointments(self, email: str = "carrie@example.com") -> list[dict[str, Any]]:
        """What the contact's appointments say, without their ids."""
        sandbox = self.shop.sandbox
        contacts = {row["Id"] for row in sandbox.rows("Contact") if row["Email"] == email}
        columns = ("ActionDescription", "ActionDate", "EndDate", "CreationNotes", "CompletionDate")
        return [
            {name: row.get(name) for name in columns}
            for row in sandbox.rows("ContactAction")
            if row.get("IsAppointment") and row["ContactId"] in contacts
        ]
