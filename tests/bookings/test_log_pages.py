"""Bookings in the log: their words, their history, what was put on and taken off; hosts and reconcile."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from bookings.booking_data import Actor, News
from bookings.models import Booking
from bookings.models.settings import BookingSettings
from cascade.models import Replication
from mappings.access.open import open_crm
from tests.bookings.agenda import Agenda, booking_data, told
from tests.factories import MembershipFactory, MerchantFactory
from tests.mappings.conftest import client_of, member_client

HOST = "hosts@example.com"
PERIOD = "since=2031-03-01&until=2031-03-31"


@pytest.fixture
def person(agenda: Agenda) -> Client:
    return member_client(agenda.source.connection.merchant)


@pytest.fixture
def looker(agenda: Agenda) -> Client:
    """May look at everything and do nothing."""
    membership = MembershipFactory(
        merchant=agenda.source.connection.merchant, can_edit_settings=False, can_resend=False
    )
    return client_of(membership.user)


@pytest.fixture
def outsider(db: None) -> Client:
    return member_client(MerchantFactory(name="Others"))


def text_of(page: Any) -> str:
    assert page.status_code == 200, page.status_code
    content: str = page.content.decode()
    return content


def detail(client: Client, row: Replication) -> str:
    return text_of(client.get(reverse("logs_ui:detail", args=[row.pk])))


def settings_of(agenda: Agenda) -> BookingSettings:
    return BookingSettings.objects.get(source=agenda.source)


def test_the_page_tells_who_when_and_everything_that_was_told(agenda: Agenda, person: Client) -> None:
    agenda.take(told(News.SCHEDULED, 0), told(News.CANCELED, 5, reason="Ill"))
    agenda.drive()
    agenda.take(told(News.RESCHEDULED, 3, actor=Actor.OWNER))  # told late: the cancellation is newer
    agenda.drive()
    row = Replication.objects.latest("pk")
    page = detail(person, row)
    assert "2031-03-04 08:30 (America/Denver)" in page
    assert "Hanna Host hosts@example.com" in page
    assert "Booking source" in page
    assert "by the customer, “Ill”" in page
    assert "Now: Rescheduled." in page
    history = person.get(reverse("logs_ui:detail", args=[row.pk])).context["page"].history
    assert [news.what for news in history] == ["Scheduled", "Rescheduled", "Canceled"]
    assert "Canceled by Customer" in page


def test_tags_put_on_and_taken_off_are_told(agenda: Agenda, person: Client) -> None:
    agenda.take(told(News.SCHEDULED, 0))
    agenda.drive()
    agenda.take(told(News.CANCELED, 5))
    agenda.drive()
    facts = {
        fact.term: fact.text
        for fact in person.get(reverse("logs_ui:detail", args=[Replication.objects.latest("pk").pk]))
        .context["page"]
        .facts
    }
    assert facts["Tags taken off"] == "Scheduled"
    assert facts["Tags put on"].startswith("Canceled by Customer, Canceled by Customer (Booking ID: B-1)")


def test_news_that_changes_nothing_says_why(agenda: Agenda, person: Client) -> None:
    agenda.take(told(News.SCHEDULED, 0), told(News.COMPLETED, 9), told(News.DETAILS, 10))
    agenda.drive()
    history = (
        person.get(reverse("logs_ui:detail", args=[Replication.objects.latest("pk").pk]))
        .context["page"]
        .history
    )
    assert [news.is_idle for news in history] == [False, False, True]
    assert "Changed nothing" in history[2].effect


def test_an_unknown_zone_is_said(agenda: Agenda, person: Client) -> None:
    agenda.take(told(News.SCHEDULED, 0, booking=booking_data(time_zone="Mars/Olympus")))
    agenda.drive()
    assert "The zone “Mars/Olympus” is not known" in detail(person, Replication.objects.latest("pk"))


def test_lists_and_searches_have_the_bookings_words(agenda: Agenda, person: Client) -> None:
    agenda.take(told(News.SCHEDULED, 0))
    agenda.drive()
    page = text_of(person.get("/logs/?kind=booking&q=B-1"))
    assert "Scheduled: Carrie Customer with hosts@example.com, 2031-03-04 08:30 (America/Denver)" in page
    assert "Carrie Customer" in text_of(person.get("/logs/?q=Carrie"))


def test_the_page_asks_no_more_for_a_long_history(
    agenda: Agenda, person: Client, django_assert_max_num_queries: Any
) -> None:
    for minute in range(30):
        agenda.take(told(News.RESCHEDULED, minute))
    agenda.drive()
    url = reverse("logs_ui:detail", args=[Replication.objects.latest("pk").pk])
    person.get(url)
    with django_assert_max_num_queries(30):
        assert len(person.get(url).context["page"].history) == 30


# -- hosts -----------------------------------------------------------------------------------------------


def test_what_was_skipped_for_its_host_is_sent_once_that_is_connected(agenda: Agenda, person: Client) -> None:
    settings = settings_of(agenda)
    BookingSettings.objects.update(all_hosts=False)
    agenda.take(
        told(News.SCHEDULED, 0), told(News.SCHEDULED, 1, "B-2", booking=booking_data(email="b@example.com"))
    )
    assert {row.state for row in agenda.drive()} == {"skipped"}
    row = Replication.objects.latest("pk")
    assert (
        reverse("admin:bookings_bookingsettings_change", args=[settings.pk]) in detail(person, row)
        or row.reason
    )
    hosts = reverse("admin:bookings_bookingsettings_hosts", args=[settings.pk])
    page = text_of(person.get(hosts))
    assert "2 bookings" in page
    assert "ready now" not in page
    person.post(reverse("admin:bookings_bookingsettings_host-connect", args=[settings.pk]), {"email": HOST})
    page = text_of(person.get(hosts))
    assert "2 bookings came in while the host was not connected" in page
    send = reverse("admin:bookings_bookingsettings_send-skipped", args=[settings.pk])
    assert "2 bookings are on the way" in text_of(person.post(send, follow=True))
    assert "There is none" in text_of(person.post(send, follow=True))
    agenda.drive()
    assert Replication.objects.filter(state="succeeded").count() == 2
    assert "ready now" not in text_of(person.get(hosts))


def test_sending_what_was_skipped_is_for_who_may_resend(
    agenda: Agenda, looker: Client, outsider: Client, person: Client
) -> None:
    send = reverse("admin:bookings_bookingsettings_send-skipped", args=[agenda.source.pk])
    assert person.get(send).status_code == 405
    assert looker.post(send).status_code == 403
    assert outsider.post(send).status_code == 404


# -- reconcile -------------------------------------------------------------------------------------------


def found(client: Client, finding: str, **query: str) -> list[str]:
    page = client.get(
        "/logs/appointments/", {"since": "2031-03-01", "until": "2031-03-31", "finding": finding, **query}
    )
    return [row.label for row in page.context["rows"]]


def test_each_booking_stands_under_one_finding(agenda: Agenda, person: Client) -> None:
    for name in ("sent", "later", "never", "left out"):
        agenda.take(
            told(
                News.SCHEDULED,
                0,
                name,
                booking=booking_data(email=f"{name[:4]}@example.com".replace(" ", "")),
            )
        )
    Replication.objects.filter(subject_key__endswith="never").update(state="failed", reason="Refused.")
    Replication.objects.filter(subject_key__endswith="left out").update(state="skipped", reason="Not sent.")
    agenda.drive()
    agenda.take(told(News.CANCELED, 5, "later", booking=booking_data(email="late@example.com")))
    Replication.objects.filter(state="waiting").update(state="parked")
    assert found(person, "sent") == ["sent"]
    assert found(person, "differs") == ["later"]
    assert found(person, "missing") == ["never"]
    assert found(person, "skipped") == ["left out"]
    assert found(person, "sent", since="2031-04-01", until="2031-05-01") == []


def test_the_crm_is_looked_at_and_what_is_missing_sent(agenda: Agenda, person: Client) -> None:
    agenda.take(
        told(News.SCHEDULED, 0), told(News.SCHEDULED, 0, "B-2", booking=booking_data(email="b@example.com"))
    )
    agenda.drive()
    appointments = [row for row in agenda.shop.sandbox.rows("ContactAction") if row.get("IsAppointment")]
    url = f"/logs/appointments/?{PERIOD}&finding=sent"
    page = text_of(person.post(url, {"do": "look"}))
    assert page.count("Looked: the CRM's appointment is so.") == 2, page
    open_crm(agenda.source.connection).crm.delete_appointment(appointments[0]["Id"])
    assert "The appointment is gone from the CRM." in text_of(person.post(url, {"do": "look"}))


def test_what_failed_is_sent_from_the_page(agenda: Agenda, person: Client, looker: Client) -> None:
    agenda.take(told(News.SCHEDULED, 0))
    Replication.objects.update(state="failed")
    url = f"/logs/appointments/?{PERIOD}&finding=missing"
    assert looker.post(url, {"do": "send"}).status_code == 403
    assert "One booking is on the way" in text_of(person.post(url, {"do": "send"}, follow=True))
    agenda.drive()
    assert found(person, "sent") == ["B-1"]


def test_others_see_nothing(agenda: Agenda, outsider: Client) -> None:
    agenda.take(told(News.SCHEDULED, 0))
    agenda.drive()
    assert (
        outsider.get(reverse("logs_ui:detail", args=[Replication.objects.latest("pk").pk])).status_code == 404
    )
    page = outsider.get(f"/logs/appointments/?{PERIOD}&finding=sent&connection={agenda.source.connection.pk}")
    assert page.status_code == 200
    assert b"Carrie" not in page.content
    assert Client().get("/logs/appointments/").status_code == 302


@pytest.mark.parametrize(
    "query",
    [
        "since=x&until=9999-99-99",
        "connection=abc&source=-1",
        "before=zz&finding=%5B",
        "since=2031-05-01&until=2031-01-01",
    ],
)
def test_bad_input_is_named_or_ignored(agenda: Agenda, person: Client, query: str) -> None:
    assert person.get(f"/logs/appointments/?{query}").status_code == 200
    assert person.post(f"/logs/appointments/?{query}", {"do": "nonsense"}).status_code == 200
    assert Booking.objects.count() == 0


def test_the_list_of_bookings_asks_a_fixed_number_of_questions(
    agenda: Agenda, person: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(20):
        agenda.take(
            told(News.SCHEDULED, 0, f"B-{number}", booking=booking_data(email=f"c{number}@example.com"))
        )
    with django_assert_max_num_queries(14):
        assert len(found(person, "missing")) == 20
