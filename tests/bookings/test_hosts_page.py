"""Hosts are connected one by one; the tracking code is that of the connected app."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.models.settings import BookingSettings
from mappings.models import Connection, DirectoryRow


def press(client: Client, settings: BookingSettings, button: str, **values: Any) -> Any:
    url = reverse(f"admin:bookings_bookingsettings_{button}", args=[settings.pk])
    return client.post(url, values, follow=True)


def test_a_host_is_added_connected_and_disconnected(
    booking_settings: BookingSettings, editor: Client
) -> None:
    page = press(editor, booking_settings, "host-save", email="Sam@Example.com", name="Sam", user_id="")
    host = booking_settings.hosts.get()
    assert (host.email, host.connected_at) == ("sam@example.com", None)
    assert "No CRM user has this address" in page.content.decode()
    page = press(editor, booking_settings, "host-connect", email="SAM@example.com")
    assert "sent from now on" in page.content.decode()
    assert booking_settings.hosts.get().connected_at is not None
    assert (
        "connected before"
        in press(editor, booking_settings, "host-connect", email="sam@example.com").content.decode()
    )
    press(editor, booking_settings, "host-disconnect", email="sam@example.com")
    assert booking_settings.hosts.get().connected_at is None


def test_the_user_is_found_by_the_address_or_named(
    booking_settings: BookingSettings, connection: Connection, editor: Client
) -> None:
    DirectoryRow.objects.create(
        connection=connection,
        kind="user",
        crm_id=12,
        name="Sam Host",
        code="Sam@example.com",
        seen_at=timezone.now(),
    )
    page = press(editor, booking_settings, "host-save", email="sam@example.com")
    assert "User 12, Sam Host" in page.content.decode()
    page = press(editor, booking_settings, "host-save", email="sam@example.com", user_id="7")
    assert booking_settings.hosts.get().user_id == 7
    assert "User 7" in page.content.decode()


@pytest.mark.parametrize(
    "values",
    [
        {"email": "nobody"},
        {"email": ""},
        {"email": "a@example.com", "user_id": "-3"},
        {"email": "a\x00@b.com"},
        {"email": "a@example.com", "user_id": "9" * 30},
        {"email": "x" * 300 + "@example.com"},
    ],
)
def test_bad_input_is_told_and_stores_nothing(
    booking_settings: BookingSettings, editor: Client, values: dict[str, str]
) -> None:
    page = press(editor, booking_settings, "host-save", **values)
    assert page.status_code == 400
    assert b'role="alert"' in page.content
    assert not booking_settings.hosts.exists()
    if "user_id" not in values:
        press(editor, booking_settings, "host-connect", **values)
        assert not booking_settings.hosts.exists()


def test_many_hosts_have_pages_and_can_be_found(
    booking_settings: BookingSettings, editor: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(120):
        booking_settings.hosts.create(email=f"host{number:03}@example.com")
    url = reverse("admin:bookings_bookingsettings_hosts", args=[booking_settings.pk])
    editor.get(url)
    with django_assert_max_num_queries(16):
        page = editor.get(f"{url}?page=zz&q=host11")
    assert page.content.count(b"host11") >= 10
    assert b"host010" not in page.content
    assert b"Next" in editor.get(f"{url}?page=2").content


def test_the_tracking_code_is_the_apps(booking_settings: BookingSettings, viewer: Client) -> None:
    page = viewer.get(reverse("admin:bookings_bookingsettings_tracking", args=[booking_settings.pk]))
    assert "https://demo.infusionsoft.com/app/webTracking/getTrackingCode" in page.content.decode()
    assert "OnceHub takes it in the booking form" in page.content.decode()
