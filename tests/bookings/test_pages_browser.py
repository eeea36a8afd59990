"""The pages of a booking source in a real browser: nothing is cut off, nothing blocked, no nameless input."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from bookings.booking_data import Host, News
from bookings.models.settings import BookingSettings
from cascade.models import Replication
from tests.bookings.agenda import Agenda, booking_data, told
from tests.mappings.conftest import member_client
from tests.mappings.test_settings_page_browser import CHROMIUM, FLAGS, NAMELESS, REPORT

PICTURES = os.environ.get("CASCADER_PICTURES")  # a folder, for whoever wants to look at them
WIDTHS = (1400, 390)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed"),
]


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def open_page(live_server: Any, complaints: list[str]) -> Iterator[Any]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())

        def open_as(client: Client, path: str, width: int) -> Page:
            context = browser.new_context(viewport={"width": width, "height": 900})
            session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            context.add_init_script(REPORT)
            page = context.new_page()
            page.on("console", lambda entry: complaints.append(entry.text) if "CSP" in entry.text else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            answer = page.goto(live_server.url + path)
            assert answer is not None
            assert answer.status == 200
            return page

        yield open_as
        browser.close()


@pytest.fixture
def filled(booking_settings: BookingSettings) -> BookingSettings:
    booking_settings.own_tags.create(level="event_type", value="E" * 60, tag_name="Met us " + "t" * 80)
    booking_settings.page_users.create(booking_page="Demo " + "p" * 90, user_id=1)
    booking_settings.hosts.create(email="sam@example.com", name="Sam", connected_at=timezone.now())
    booking_settings.hosts.create(email="x" * 60 + "@example.com", name="N" * 120)
    told = [
        {"level": "error", "field": "own_tags", "sentence": "The CRM has no tag " + "t" * 120, "row": ""},
        {"level": "warning", "field": "contact_type", "sentence": "No such type.", "row": ""},
    ]
    BookingSettings.objects.filter(pk=booking_settings.pk).update(check_result=told)
    return booking_settings


@pytest.mark.parametrize("width", WIDTHS)
def test_the_pages_fit(
    filled: BookingSettings, editor: Client, open_page: Any, complaints: list[str], width: int
) -> None:
    root = f"/admin/bookings/bookingsettings/{filled.pk}"
    for name in ("change", "hosts", "links", "tracking"):
        page = open_page(editor, f"{root}/{name}/", width)
        page.wait_for_load_state("networkidle")
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(NAMELESS) == [], name
    page = open_page(editor, f"/admin/intake/source/{filled.pk}/change/", width)
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"source-{width}.png"), full_page=True)
    page.click("text=Hosts")
    page.get_by_role("button", name="Disconnect sam@example.com").press("Enter")
    page.get_by_role("button", name="Connect sam@example.com").wait_for()
    assert complaints == []


@pytest.fixture
def logged(agenda: Agenda) -> tuple[Client, int]:
    """A booking that was sent and one that failed, both with long words; who looks, and the first's row."""
    host = Host(email="h" * 60 + "@example.com", name="Hanna " + "H" * 60)
    long = booking_data(subject="S" * 90, host=host)
    agenda.take(told(News.SCHEDULED, 0, booking=long), told(News.CANCELED, 5, reason="r" * 120))
    agenda.drive()
    agenda.take(told(News.SCHEDULED, 0, "B-" + "9" * 60, booking=booking_data(email="b@example.com")))
    reason = "The CRM refused it. " + "z" * 90
    Replication.objects.filter(state="waiting").update(state="failed", reason=reason)
    sent = Replication.objects.filter(state="succeeded").latest("pk")
    return member_client(agenda.source.connection.merchant), sent.pk


@pytest.mark.parametrize("width", WIDTHS)
def test_bookings_in_the_log_fit(
    logged: tuple[Client, int], open_page: Any, complaints: list[str], width: int
) -> None:
    client, sent = logged
    period = "since=2031-03-01&until=2031-03-31"
    for name, path in (
        ("log", "/logs/?kind=booking"),
        ("booking", f"/logs/{sent}/"),
        ("missing", f"/logs/appointments/?{period}&finding=missing"),
        ("in-crm", f"/logs/appointments/?{period}&finding=sent"),
    ):
        page = open_page(client, path, width)
        page.wait_for_load_state("networkidle")
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.get_by_role("button", name="Look in the CRM").press("Enter")
    page.get_by_text("Looked: the CRM's appointment is so.").wait_for()
    assert complaints == []
