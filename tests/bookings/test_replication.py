"""A booking through the engine: one contact, one appointment, and the tags of where it stands."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from bookings.booking_data import Actor, News
from cascade.models import Replication
from tests.bookings.agenda import START, Agenda, booking_data, told

N, State = News, Replication.State
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["xmlrpc", "rest"])
def over(agenda: Agenda, request: Any) -> Agenda:
    agenda.shop.connection.protocol = request.param
    agenda.shop.connection.save()
    return agenda


def test_a_booking_becomes_a_contact_an_appointment_and_its_tags(over: Agenda) -> None:
    over.take(told(N.SCHEDULED, 0))
    (row,) = over.drive()
    assert (row.state, row.reason) == (State.SUCCEEDED, row.reason)
    (contact,) = over.shop.sandbox.rows("Contact")
    assert (contact["FirstName"], contact["LastName"]) == ("Carrie", "Customer")
    (appointment,) = over.appointments()
    assert appointment["ActionDescription"] == "Live demo"
    assert appointment["CreationNotes"].rstrip().endswith("\ntalks booking B-1")
    assert "Customer's time: 2031-03-04 08:30 (America/Denver)" in appointment["CreationNotes"]
    assert over.tags() == ["Scheduled", "Scheduled (Booking ID: B-1)"]


def test_its_life_renames_its_own_tag_and_swaps_the_lifecycles(over: Agenda) -> None:
    over.take(told(N.SCHEDULED, 0))
    over.drive()
    over.take(told(N.RESCHEDULED, 5, "B-2", replaces="B-1"))
    over.drive()
    assert over.tags() == ["Rescheduled by Customer", "Rescheduled by Customer (Booking ID: B-1)"]
    over.take(told(N.CANCELED, 9, "B-2", actor=Actor.OWNER))
    rows = over.drive()
    assert {row.state for row in rows} == {State.SUCCEEDED}
    assert over.tags() == ["Canceled by Owner", "Canceled by Owner (Booking ID: B-1)"]
    (appointment,) = over.appointments()
    assert appointment["ActionDescription"] == "CANCELED: Live demo"
    own = [row for row in over.shop.sandbox.rows("ContactGroup") if "Booking ID" in row["GroupName"]]
    assert len(own) == 1


def test_any_order_of_the_news_ends_alike(agenda: Agenda) -> None:
    ends = set()
    for number, order in enumerate(permutations(range(3))):
        ids, email = (f"P{number}-1", f"P{number}-2"), f"carrie{number}@example.com"
        first = booking_data(email=email)
        moved = booking_data(email=email, starts_at=START.replace(day=9), ends_at=None)
        news = [
            told(N.SCHEDULED, 0, ids[0], booking=first),
            told(N.SUPERSEDED, 5, ids[0], replaced_by=ids[1], booking=first),
            told(N.SCHEDULED, 5, ids[1], replaces=ids[0], booking=moved),
        ]
        for each in order:
            agenda.take(news[each])
            agenda.drive()
        end = str((agenda.tags(email), agenda.appointments(email)))
        ends.add(end.replace(ids[0], "FIRST").replace(ids[1], "FIRST"))
    assert len(ends) == 1 and "Rescheduled by Customer" in ends.pop()


def test_two_chains_that_turn_out_to_be_one_leave_one_appointment(over: Agenda) -> None:
    over.take(told(N.SCHEDULED, 0), told(N.SCHEDULED, 5, "B-2"))
    over.drive()
    assert len(over.appointments()) == 2
    over.take(told(N.DETAILS, 9, "B-2", replaces="B-1"))
    over.drive()
    assert len(over.appointments()) == 1
    assert over.tags() == ["Rescheduled by Customer", "Rescheduled by Customer (Booking ID: B-1)"]
