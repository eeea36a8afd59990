"""What a merchant may choose beside the usual: links, dates, tags that end, tasks, deletions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bookings.booking_data import Actor, Answer, Guest, News
from bookings.link_keys import contact_of_key, link_key
from bookings.models import Booking, BookingFieldMapping, BookingHost
from bookings.values import day_read
from cascade.models import JournalEntry, Replication
from cascade.services import replication_resend
from mappings.access.open import open_crm
from tests.bookings.agenda import Agenda, booking_data, told

N, State = News, Replication.State
pytestmark = pytest.mark.django_db(transaction=True)


def choose(agenda: Agenda, **values: Any) -> None:
    settings = agenda.source.booking_settings
    for name, value in values.items():
        setattr(settings, name, value)
    settings.save()


def over_rest(agenda: Agenda) -> None:
    agenda.shop.connection.protocol = "rest"
    agenda.shop.connection.save()


def ended(agenda: Agenda) -> Replication:
    return agenda.drive()[-1]


@pytest.mark.parametrize(
    ("text", "day_first", "iso"),
    [
        ("31/03/2026", True, "2026-03-31"),
        ("03/31/2026", False, "2026-03-31"),
        ("3.4.2026 10:00", True, "2026-04-03 10:00"),
        ("2026-03-31", True, "2026-03-31"),
        ("soon", True, "soon"),
        ("31/03/26", True, "31/03/26"),
    ],
)
def test_a_date_is_read_as_the_merchant_says_it_is_written(text: str, day_first: bool, iso: str) -> None:
    assert day_read(text, day_first=day_first) == iso


def test_an_answer_goes_to_a_date_field_with_the_day_first(agenda: Agenda) -> None:
    agenda.shop.sandbox.seed(DataFormField=[{"FormId": -1, "Name": "Born", "Label": "Born", "DataType": 13}])
    choose(agenda, day_first=True)
    BookingFieldMapping.objects.create(
        settings=agenda.source.booking_settings, booking_field="answer:Birthday", crm_field="_Born"
    )
    answers = (Answer(key="q7", label="Birthday", value="04/03/2001"),)
    agenda.take(told(N.SCHEDULED, 0, booking=booking_data(answers=answers)))
    assert ended(agenda).state == State.SUCCEEDED
    (contact,) = agenda.shop.sandbox.rows("Contact")
    assert str(contact["_Born"]).startswith("2001-03-04")


def test_a_key_names_its_contact_and_a_guess_nobody() -> None:
    key = link_key(1, 4711)
    assert contact_of_key(1, key) == 4711
    for guess in ("4711", f"4712-{key.partition('-')[2]}", "", "x-y", "²-1", key[:-1]):
        assert contact_of_key(1, guess) == 0
    assert contact_of_key(2, key) == 0


def test_a_keyed_link_leads_to_the_contact_whatever_address_is_typed(agenda: Agenda) -> None:
    agenda.shop.sandbox.seed(
        DataFormField=[{"FormId": -1, "Name": "BookingKey", "Label": "Booking key", "DataType": 15}]
    )
    agenda.take(told(N.SCHEDULED, 0))
    assert ended(agenda).state == State.SUCCEEDED
    (contact,) = agenda.shop.sandbox.rows("Contact")
    key = contact["_BookingKey"]
    other = booking_data(email="work@example.com", contact_hint=key)
    agenda.take(told(N.SCHEDULED, 5, "B-7", booking=other))
    assert ended(agenda).state == State.SUCCEEDED
    (contact,) = agenda.shop.sandbox.rows("Contact")
    assert (contact["Email"], contact["EmailAddress2"]) == ("carrie@example.com", "work@example.com")
    # An id alone is a guess: the address decides, and a new one is somebody new.
    guess = booking_data(email="stranger@example.com", contact_hint=str(contact["Id"]))
    agenda.take(told(N.SCHEDULED, 9, "B-8", booking=guess))
    ended(agenda)
    assert len(agenda.shop.sandbox.rows("Contact")) == 2


def test_the_tag_of_a_booking_long_past_is_deleted(agenda: Agenda) -> None:
    over_rest(agenda)
    choose(agenda, booking_tag_days=1)
    agenda.take(told(N.SCHEDULED, 0))
    agenda.drive()
    assert "Scheduled (Booking ID: B-1)" in agenda.tags()
    past = timezone.now() - timedelta(days=3)
    agenda.take(told(N.RESCHEDULED, 5, booking=booking_data(starts_at=past, ends_at=None)))
    assert ended(agenda).state == State.SUCCEEDED
    assert agenda.tags() == ["Completed"]
    names = [row["GroupName"] for row in agenda.shop.sandbox.rows("ContactGroup")]
    assert not [name for name in names if "Booking ID" in name]
    assert Booking.objects.get().due_at is None


def test_a_canceled_appointment_is_deleted_where_the_merchant_wants_that(agenda: Agenda) -> None:
    choose(agenda, cancelled_appointments="delete")
    agenda.take(told(N.SCHEDULED, 0))
    agenda.drive()
    agenda.take(told(N.CANCELED, 5, actor=Actor.OWNER))
    agenda.drive()
    assert agenda.appointments() == []
    agenda.take(told(N.SCHEDULED, 9))
    assert ended(agenda).state == State.SUCCEEDED
    assert [row["ActionDescription"] for row in agenda.appointments()] == ["Live demo"]


def test_nobody_is_made_a_contact_where_the_merchant_does_not_want_it(agenda: Agenda) -> None:
    choose(agenda, create_contacts=False)
    agenda.take(told(N.SCHEDULED, 0))
    row = ended(agenda)
    assert (row.state, agenda.shop.sandbox.rows("Contact")) == (State.SKIPPED, [])
    assert "“Create contacts” is off" in row.reason


def test_guests_become_contacts_without_tags(agenda: Agenda) -> None:
    choose(agenda, guests_as_contacts=True)
    guests = (Guest(email="gus@example.com", name="Gus Guest"), Guest(email="no address"))
    agenda.take(told(N.SCHEDULED, 0, booking=booking_data(guests=guests)))
    assert ended(agenda).state == State.SUCCEEDED
    assert agenda.tags("gus@example.com") == []
    assert sorted(row["Email"] for row in agenda.shop.sandbox.rows("Contact")) == [
        "carrie@example.com",
        "gus@example.com",
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"email": ""}, "no e-mail address"),
        ({"email": "carrie"}, "not a usable address"),
        ({"ends_at": timezone.now()}, "ends before it starts"),
    ],
)
def test_what_cannot_be_sent_is_parked_and_says_why(agenda: Agenda, changes: Any, says: str) -> None:
    agenda.take(told(N.SCHEDULED, 0, booking=booking_data(**changes)))
    row = ended(agenda)
    assert row.state == State.PARKED and says in row.reason


def test_a_booking_of_a_year_ago_and_one_of_an_unconnected_host_are_skipped(agenda: Agenda) -> None:
    ago = timezone.now() - timedelta(days=400)
    agenda.take(told(N.SCHEDULED, 0, booking=booking_data(starts_at=ago, ends_at=None)))
    assert "more than 365 days ago" in ended(agenda).reason
    choose(agenda, all_hosts=False)
    agenda.take(told(N.SCHEDULED, 0, "B-2"))
    assert "Hanna Host is not connected" in ended(agenda).reason
    assert agenda.shop.sandbox.rows("Contact") == []


def test_a_time_zone_that_nobody_knows_and_300_guests_are_told_and_stop_nothing(agenda: Agenda) -> None:
    guests = tuple(Guest(email=f"g{number}@example.com") for number in range(300))
    agenda.take(told(N.SCHEDULED, 0, booking=booking_data(time_zone="Mars/Base", guests=guests)))
    row = ended(agenda)
    assert row.state == State.SUCCEEDED
    assert any("Mars/Base" in each["text"] for each in row.plan["decisions"])


def test_a_task_stands_for_an_appointment_where_the_account_has_none(agenda: Agenda) -> None:
    over_rest(agenda)
    agenda.shop.sandbox.options(v1_appointments="absent", v2_appointment_users="absent")
    agenda.shop.sandbox.seed(
        User=[{"Id": 7, "FirstName": "Hanna", "LastName": "H", "Email": "h@example.com"}]
    )
    BookingHost.objects.create(
        settings=agenda.source.booking_settings,
        email="hosts@example.com",
        user_id=7,
        connected_at=timezone.now(),
    )
    agenda.take(told(N.SCHEDULED, 0))
    row = ended(agenda)
    assert row.state == State.PARKED and "“Create a task instead”" in row.reason
    choose(agenda, without_appointments="task")
    agenda.shop.sandbox.faults({"method": "POST /v2/tasks", "call": 1, "do": "drop_after"})
    assert agenda.shop.drive(replication_resend(row, user=None)).state == State.SUCCEEDED
    agenda.take(told(N.CANCELED, 5, actor=Actor.OWNER))
    assert ended(agenda).state == State.SUCCEEDED
    tasks = [row for row in agenda.shop.sandbox.rows("ContactAction") if not row.get("IsAppointment")]
    assert [task["ActionDescription"] for task in tasks] == ["CANCELED: Live demo"]


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_a_custom_field_that_has_something_is_left_where_empty_ones_are_filled(
    agenda: Agenda, protocol: str
) -> None:
    agenda.shop.connection.protocol = protocol
    agenda.shop.connection.save()
    agenda.shop.sandbox.seed(
        DataFormField=[{"FormId": -1, "Name": "Wish", "Label": "Wish", "DataType": 15}],
        Contact=[{"Email": "carrie@example.com", "FirstName": "Carry", "_Wish": "Tea"}],
    )
    BookingFieldMapping.objects.create(
        settings=agenda.source.booking_settings, booking_field="answer:Wish", crm_field="_Wish"
    )
    answers = (Answer(key="q1", label="Wish", value="Coffee"),)
    agenda.take(told(N.SCHEDULED, 0, booking=booking_data(answers=answers)))
    assert ended(agenda).state == State.SUCCEEDED
    (contact,) = agenda.shop.sandbox.rows("Contact")
    assert (contact["_Wish"], contact["FirstName"], contact["LastName"]) == ("Tea", "Carry", "Customer")


@pytest.mark.parametrize("recreates", [False, True])
def test_an_appointment_that_was_deleted_in_the_crm_comes_back_only_by_setting(
    agenda: Agenda, recreates: bool
) -> None:
    choose(agenda, recreate_appointments=recreates)
    agenda.take(told(N.SCHEDULED, 0))
    agenda.drive()
    crm = open_crm(agenda.shop.connection, trace_id="test").crm
    crm.delete_appointment(agenda.shop.sandbox.rows("ContactAction")[0]["Id"])
    agenda.take(told(N.CANCELED, 5, actor=Actor.OWNER))
    row = ended(agenda)
    assert row.state == State.SUCCEEDED
    titles = [each["ActionDescription"] for each in agenda.appointments()]
    assert titles == (["CANCELED: Live demo"] if recreates else [])
    entry = JournalEntry.objects.get(step="appointment")
    assert entry.result == ("created" if recreates else "skipped")
    assert ("deleted appointment again” in" in entry.note) != recreates
