"""Personalised links: what the platform takes, refused in words, without anything of a contact."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models.settings import BookingSettings
from cascade.models import Replication
from intake.models import Source
from intake.test_event import send_test_event
from tests.bookings.agenda import Agenda


def shown(client: Client, settings: BookingSettings, **query: str) -> Any:
    page = client.get(reverse("admin:bookings_bookingsettings_links", args=[settings.pk]), query)
    assert page.status_code == 200
    return page


def test_the_link_carries_the_key_and_no_data(booking_settings: BookingSettings, viewer: Client) -> None:
    page = shown(
        viewer, booking_settings, page_url="https://go.oncehub.com/demo", skip="on", utm_source="mail"
    )
    link = page.context["link"]
    assert link.startswith("https://go.oncehub.com/demo?")
    assert "~Contact._BookingKey~" in link
    assert "soSkip=1" in link
    assert "utm_source=mail" in link
    assert "form_field_id" not in page.context["form"].fields


@pytest.mark.parametrize("address", ["", "go.oncehub.com", "javascript:alert(1)", "https://[", "x" * 1001])
def test_what_is_no_address_is_refused_in_words(
    booking_settings: BookingSettings, viewer: Client, address: str
) -> None:
    page = shown(viewer, booking_settings, page_url=address)
    assert page.context["link"] == ""
    assert b'role="alert"' in page.content


def test_acuity_asks_for_the_number_of_its_question(
    booking_settings: BookingSettings, viewer: Client
) -> None:
    Source.objects.filter(pk=booking_settings.pk).update(platform="acuity")
    page = shown(viewer, booking_settings, page_url="https://a.as.me/demo", form_field_id="abc")
    assert "Add a question" in page.context["refusal"]
    page = shown(viewer, booking_settings, page_url="https://a.as.me/demo", form_field_id="42")
    assert "field:42=~Contact._BookingKey~" in page.context["link"]


def test_without_a_field_of_the_key_there_is_no_link(
    booking_settings: BookingSettings, viewer: Client
) -> None:
    BookingSettings.objects.update(link_key_field="")
    page = shown(viewer, booking_settings, page_url="https://go.oncehub.com/demo")
    assert "in the step Tracking" in page.context["refusal"]


def test_nothing_of_a_test_event_is_sent(agenda: Agenda) -> None:
    """All hosts are taken, so nothing but the test itself keeps it out."""
    Source.objects.filter(pk=agenda.source.pk).update(signing_secret="hush")
    send_test_event(Source.objects.get(pk=agenda.source.pk), timezone.now())
    agenda.drive()
    assert not Replication.objects.exists()
    assert agenda.tags("test@example.com") == []


def test_the_page_of_a_booking_source_has_its_own_words(
    booking_settings: BookingSettings, editor: Client
) -> None:
    page = editor.get(f"/admin/intake/source/{booking_settings.pk}/change/").content.decode()
    assert "What the booking platform sends" in page
    assert "Which orders are sent" not in page
    assert "Abandon interval" not in page
    assert "Ask the booking platform every" in page
    assert "Import the orders" not in page
    assert "a test booking, made and signed here as the booking platform would" in page
