"""The settings page of a booking source: what it shows, checks on saving and refuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from bookings.models.settings import BookingSettings
from intake.models import Source
from mappings.models import Connection
from tests.mappings.pages import page_save, row
from tests.sandbox_client import Sandbox

State = dict[str, Any]


def url_of(settings: BookingSettings) -> str:
    return reverse("admin:bookings_bookingsettings_change", args=[settings.pk])


def stored(settings: BookingSettings) -> BookingSettings:
    return BookingSettings.objects.get(pk=settings.pk)


def said(settings: BookingSettings) -> list[str]:
    return [finding["sentence"] for finding in stored(settings).check_result if finding["level"] != "ok"]


def table_errors(page: Any) -> str:
    tables = page.context["inline_admin_formsets"]
    return " ".join(
        f"{table.formset.non_form_errors()} {[form.errors for form in table.formset.forms]}"
        for table in tables
    )


def test_it_is_set_up_on_the_page_of_the_source(source: Source, editor: Client, viewer: Client) -> None:
    set_up = reverse("admin:intake_source_set_up_bookings", args=[source.pk])
    assert viewer.post(set_up).status_code == 403
    assert editor.get(set_up).status_code == 405
    page = editor.post(set_up, follow=True)
    assert b"OnceHub" in page.content
    titles = [shown.section.title for shown in page.context["page"].sections]
    assert titles == ["Creation", "Classification", "Tagging", "Mapping", "Tracking"]
    assert "Settings of bookings" in editor.get(f"/admin/intake/source/{source.pk}/change/").content.decode()
    assert LogEntry.objects.filter(object_id=str(source.pk)).exists()


def test_what_is_right_is_saved_with_its_history(booking_settings: BookingSettings, editor: Client) -> None:
    page = page_save(
        editor,
        url_of(booking_settings),
        row("booking_fields", 9, booking_field="starts_at", target="contact", crm_field="Title"),
    )
    assert booking_settings.booking_fields.count() == 10, table_errors(page)
    page = page_save(
        editor, url_of(booking_settings), grace_minutes=120, scheduled_tag="Booked", day_first="on"
    )
    saved = stored(booking_settings)
    assert (saved.grace_minutes, saved.scheduled_tag, saved.day_first) == (120, "Booked", True)
    assert saved.checked_at is not None
    assert LogEntry.objects.filter(change_message__contains="Completed waits").exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"booking_field": "first_name", "target": "contact", "crm_field": "_Birthday"}, "takes no"),
        ({"booking_field": "email", "target": "contact", "crm_field": "Mail"}, "has no field “Mail”"),
        ({"booking_field": "email", "target": "appointment", "crm_field": "Email"}, "has no field"),
        ({"booking_field": "emial", "target": "contact", "crm_field": "Email"}, "no field of a booking"),
        ({"booking_field": "answer:", "target": "contact", "crm_field": "Company"}, "Write the question"),
    ],
)
def test_a_bad_pair_is_refused(
    booking_settings: BookingSettings, editor: Client, crm: Sandbox, changes: dict[str, str], sentence: str
) -> None:
    crm.seed(DataFormField=[{"Name": "Birthday", "Label": "Birthday", "FormId": -1, "DataType": 13}])
    page = page_save(editor, url_of(booking_settings), row("booking_fields", 9, **changes))
    assert sentence in table_errors(page)
    assert booking_settings.booking_fields.count() == 9


def test_mandatory_fields_stay_mapped(booking_settings: BookingSettings, editor: Client) -> None:
    page = page_save(
        editor, url_of(booking_settings), {"booking_fields-0-DELETE": "on", "booking_fields-7-DELETE": "on"}
    )
    assert "E-mail and Subject must be mapped" in table_errors(page)
    assert booking_settings.booking_fields.count() == 9


def test_what_the_crm_lacks_is_told_at_its_place(booking_settings: BookingSettings, editor: Client) -> None:
    page = page_save(
        editor,
        url_of(booking_settings),
        row("own_tags", 0, phase="no_show", level="any", value="", tag_name="Missed us"),
        row("page_users", 0, booking_page="Demo", user_id=99999),
        row("booking_fields", 9, booking_field="answer:Budget", target="contact", crm_field="_Budget"),
        contact_type="Alien",
    )
    told = " ".join(said(booking_settings))
    assert "no tag “Missed us”" in told
    assert "no user with the id 99999, to whom the page Demo is mapped" in told
    assert "no custom contact field “_Budget”" in told
    assert "no contact type “Alien”" in told
    assert "Missed us" in page.content.decode()


def test_what_rest_lacks_is_said_before_saving(
    booking_settings: BookingSettings, connection: Connection, editor: Client
) -> None:
    Connection.objects.filter(pk=connection.pk).update(protocol="rest")
    page = editor.get(url_of(booking_settings)).content.decode()
    assert "REST takes no appointment type" in page
    booking_settings.booking_fields.create(booking_field="note", target="appointment", crm_field="_Topic")
    assert (
        "REST has no custom fields of appointments" in editor.get(url_of(booking_settings)).content.decode()
    )
    Connection.objects.filter(pk=connection.pk).update(protocol="xmlrpc")
    assert "REST takes no appointment type" not in editor.get(url_of(booking_settings)).content.decode()


def test_an_outage_keeps_nothing_from_being_saved(
    booking_settings: BookingSettings, editor: Client, settings: Any
) -> None:
    settings.CRM_GATEWAY_URL = "http://127.0.0.1:9"
    page_save(editor, url_of(booking_settings), grace_minutes=60)
    assert stored(booking_settings).grace_minutes == 60
    assert "Not checked to the end" in said(booking_settings)[0]


PAGES = ("change", "hosts", "links", "tracking")
BUTTONS = ("host-connect", "host-disconnect", "host-save")


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_for_the_merchants_people(
    booking_settings: BookingSettings, viewer: Client, stranger: Client, page: str
) -> None:
    url = reverse(f"admin:bookings_bookingsettings_{page}", args=[booking_settings.pk])
    assert viewer.get(url).status_code == 200
    assert stranger.get(url).status_code == 404
    assert stranger.post(url).status_code == 404
    assert viewer.post(url).status_code == 403
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize("button", BUTTONS)
def test_buttons_are_for_who_may_edit(
    booking_settings: BookingSettings, editor: Client, viewer: Client, stranger: Client, button: str
) -> None:
    url = reverse(f"admin:bookings_bookingsettings_{button}", args=[booking_settings.pk])
    assert stranger.post(url, {"email": "ada@example.com"}).status_code == 404
    assert viewer.post(url, {"email": "ada@example.com"}).status_code == 403
    assert editor.get(url).status_code == 405
    assert not booking_settings.hosts.exists()


def test_another_merchants_source_cannot_be_set_up(source: Source, stranger: Client) -> None:
    url = reverse("admin:intake_source_set_up_bookings", args=[source.pk])
    assert stranger.post(url).status_code == 404
    assert not BookingSettings.objects.exists()


def test_the_page_asks_a_fixed_number_of_questions(
    booking_settings: BookingSettings, editor: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        booking_settings.own_tags.create(level="event_type", value=f"Type {number}", tag_name="Met us")
        booking_settings.page_users.create(booking_page=f"Page {number}", user_id=1)
    editor.get(url_of(booking_settings))
    with django_assert_max_num_queries(24):
        editor.get(url_of(booking_settings))
