"""The crash sweep of a booking, its reschedule and its cancellation: one contact, one appointment, the right
tags, on both protocols, wherever a run was cut off.

The points are recorded, not listed, as in the sweep of the blank order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bookings.booking_data import Actor, BookingEventData, News
from bookings.models import Booking, BookingTag
from cascade.engine.replicate import replication_run
from cascade.models import ContactLink, JournalEntry, Replication
from mappings.models import DirectoryEntry, DirectoryList, DirectoryRow
from tests.bookings.agenda import START, Agenda, booking_data, told
from tests.cascade.test_crash_sweep import Killed, kill_at, lease_end

N, State = News, Replication.State
pytestmark = [pytest.mark.embedded, pytest.mark.django_db(transaction=True)]

CREATED = told(N.SCHEDULED, 0)
MOVED = told(
    N.SCHEDULED, 5, "B-2", replaces="B-1", booking=booking_data(starts_at=START.replace(day=9), ends_at=None)
)
CANCELED = told(N.CANCELED, 9, actor=Actor.OWNER)
SENDS: dict[str, tuple[BookingEventData, ...]] = {
    "a booking": (CREATED,),
    "a reschedule": (CREATED, MOVED),
    "a cancellation": (CREATED, CANCELED),
}
HOLDS: dict[str, tuple[list[str], list[str]]] = {
    "a booking": (["Scheduled", "Scheduled (Booking ID: B-1)", "Warm"], ["Live demo"]),
    "a reschedule": (
        ["Rescheduled by Customer", "Rescheduled by Customer (Booking ID: B-1)", "Warm"],
        ["Live demo"],
    ),
    "a cancellation": (
        ["Canceled by Owner", "Canceled by Owner (Booking ID: B-1)", "Warm"],
        ["CANCELED: Live demo"],
    ),
}


@dataclass
class Sweep:
    agenda: Agenda
    name: str

    def start_over(self) -> Replication:
        """Everything but the last news is sent; the run of the last is what is cut off."""
        for model in (
            Replication,
            JournalEntry,
            DirectoryEntry,
            DirectoryRow,
            DirectoryList,
            ContactLink,
            Booking,
        ):
            model.objects.all().delete()
        sandbox = self.agenda.shop.sandbox
        sandbox.reset()
        sandbox.seed(
            ContactGroup=[{"GroupName": "Warm"}],
            User=[{"Id": 7, "FirstName": "Hanna", "LastName": "Host", "Email": "hosts@example.com"}],
            # Of two users, so that over REST not finding one of ours proves that it is not there.
            ContactAction=[
                {
                    "IsAppointment": 1,
                    "ObjectType": "Appointment",
                    "ActionDescription": "Another",
                    "ActionDate": "2031-01-01T10:00:00",
                    "EndDate": "2031-01-01T11:00:00",
                    "ContactId": 900,
                    "UserID": user,
                }
                for user in (7, 8)
            ],
        )
        for news in SENDS[self.name][:-1]:
            self.agenda.take(news)
            self.agenda.drive()
        self.agenda.take(SENDS[self.name][-1])
        return Replication.objects.filter(kind="booking").latest("id")

    def recovers(self, replication: Replication, point: str) -> None:
        lease_end(replication)
        ended = self.agenda.shop.drive(replication)
        assert ended.state == State.SUCCEEDED, f"{point}: {ended.state} {ended.reason}"
        tags, titles = HOLDS[self.name]
        sandbox = self.agenda.shop.sandbox
        assert len(sandbox.rows("Contact")) == 1, point
        assert self.agenda.tags() == tags, point
        assert [row["ActionDescription"] for row in self.agenda.appointments()] == titles, point
        names = [row["GroupName"] for row in sandbox.rows("ContactGroup")]
        assert len(names) == len(set(names)) == len([name for name in names if "Booking ID" not in name]) + 1
        assert len(sandbox.rows("LeadSource")) == 1, point


@pytest.fixture(params=["xmlrpc", "rest"])
def on(agenda: Agenda, request: pytest.FixtureRequest, settings: Any) -> Callable[[str], Sweep]:
    settings.SETTLE_SECONDS = 0.2
    agenda.shop.connection.protocol = request.param
    agenda.shop.connection.save()
    BookingTag.objects.create(
        settings=agenda.source.booking_settings, phase="scheduled", level="any", tag_name="Warm"
    )
    return lambda name: Sweep(agenda, name)


@pytest.mark.parametrize("name", SENDS)
def test_a_worker_that_vanishes_at_any_moment_loses_and_doubles_nothing(on, name):
    sweep = on(name)
    moments: list[str] = []
    replication_run(sweep.start_over().pk, watch=moments.append)

    def vanish() -> None:
        raise Killed

    over_rest = sweep.agenda.shop.connection.protocol == "rest"
    for number, moment in enumerate(moments, start=1):
        if name != "a booking" and number % 2 == over_rest:
            continue  # of what changes a booking each moment is tried over one of the two
        replication = sweep.start_over()
        with pytest.raises(Killed):
            replication_run(replication.pk, watch=kill_at(number, vanish))
        sweep.recovers(replication, f"vanishing {moment} ({number})")


@pytest.mark.parametrize("name", SENDS)
def test_a_lost_reply_at_any_call_loses_and_doubles_nothing(on, name):
    sweep = on(name)
    replication = sweep.start_over()
    before = len(sweep.agenda.shop.sandbox.calls())
    sweep.agenda.shop.drive(replication)
    methods = [call["method"] for call in sweep.agenda.shop.sandbox.calls()[before:]]
    for number, method in enumerate(methods, start=1):
        replication = sweep.start_over()
        sweep.agenda.shop.sandbox.faults({"method": "*", "call": number, "do": "drop_after"})
        sweep.recovers(replication, f"the lost reply of {method} ({number})")
