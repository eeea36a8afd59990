"""What a lost reply of a booking's call could spoil, beyond what the crash sweep sees."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from bookings.booking_data import Named, News
from bookings.models import BookingTag
from cascade.models import Replication
from cascade.services import replication_work
from tests.bookings.agenda import Agenda, booking_data, told
from tests.cascade.test_crash_sweep import wait_until

N, State = News, Replication.State
pytestmark = pytest.mark.django_db(transaction=True)
METHODS = {
    "xmlrpc": {"add": "ContactService.add", "untag": "ContactService.removeFromGroup"},
    "rest": {"add": "POST /v2/contacts", "untag": "POST /v2/tags/{tag_id}/contacts:removeTags"},
}


@pytest.fixture(params=["xmlrpc", "rest"])
def over(agenda: Agenda, request: Any) -> Agenda:
    agenda.shop.connection.protocol = request.param
    agenda.shop.connection.save()
    return agenda


def method(agenda: Agenda, name: str) -> str:
    return METHODS[agenda.shop.connection.protocol][name]


def landed(agenda: Agenda, name: str) -> bool:
    calls = agenda.shop.sandbox.calls(name)
    return bool(calls) and all(call["applied"] for call in calls)


def choose(agenda: Agenda, **values: Any) -> None:
    for name, value in values.items():
        setattr(agenda.source.booking_settings, name, value)
    agenda.source.booking_settings.save()


def test_a_removal_that_lands_late_takes_no_tag_off_again(over: Agenda, settings: Any) -> None:
    settings.SETTLE_SECONDS = 0.8
    over.take(told(N.SCHEDULED, 0))
    over.drive()
    untag = method(over, "untag")
    over.shop.sandbox.faults({"method": untag, "call": 1, "do": "drop_late", "seconds": 0.4})
    over.take(told(N.SCHEDULED, 5, "B-2"))
    over.drive()
    wait_until(partial(landed, over, untag))
    assert "Scheduled" in over.tags()


def test_a_new_record_beside_a_known_one_is_made_once(over: Agenda) -> None:
    over.shop.sandbox.seed(Contact=[{"Email": "carrie@example.com", "FirstName": "Other"}])
    choose(over, found_by_email="new")
    over.shop.sandbox.faults({"method": method(over, "add"), "call": 1, "do": "drop_after"})
    over.take(told(N.SCHEDULED, 0))
    assert over.drive()[-1].state == State.SUCCEEDED
    assert len(over.shop.sandbox.rows("Contact")) == 2


def test_an_appointment_is_completed_also_if_that_reply_is_lost(agenda: Agenda) -> None:
    past = timezone.now() - timedelta(days=2)
    agenda.shop.sandbox.faults({"method": "DataService.update", "call": 1, "do": "drop_before"})
    agenda.take(told(N.SCHEDULED, 0, booking=booking_data(starts_at=past, ends_at=None)))
    assert agenda.drive()[-1].state == State.SUCCEEDED
    (appointment,) = agenda.appointments()
    assert appointment["CompletionDate"]


def test_an_appointment_in_doubt_is_taken_back_with_its_chain(agenda: Agenda) -> None:
    agenda.take(told(N.SCHEDULED, 0))
    agenda.drive()
    agenda.shop.sandbox.faults({"method": "DataService.add", "call": 2, "do": "drop_after"})
    agenda.take(told(N.SCHEDULED, 5, "B-2"))
    row = Replication.objects.latest("id")
    replication_work(row.pk)
    row.refresh_from_db()
    assert row.state in Replication.OPEN and len(agenda.appointments()) == 2
    agenda.take(told(N.DETAILS, 9, "B-2", replaces="B-1"))
    agenda.drive()
    assert len(agenda.appointments()) == 1


def test_an_own_tag_of_a_part_goes_where_the_whole_gives_none(over: Agenda) -> None:
    over.shop.sandbox.seed(ContactGroup=[{"GroupName": "Trial"}])
    BookingTag.objects.create(
        settings=over.source.booking_settings, phase="scheduled", level="event_type", value="Trial",
        tag_name="Trial",
    )  # fmt: skip
    trial = booking_data(event_type=Named(id="ET-2", name="Trial"))
    over.take(told(N.SCHEDULED, 5), told(N.SCHEDULED, 0, "B-0", booking=trial))
    over.drive()
    assert "Trial" in over.tags()
    over.take(told(N.DETAILS, 9, "B-1", replaces="B-0"))
    rows = over.drive()
    assert "Trial" not in over.tags()
    assert {row.state for row in rows} == {State.SUCCEEDED}
