"""The pages in a real browser: nothing is cut off, nothing is refused, and the keyboard gets everywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from cascade.models import Replication
from intake.models import Source
from mappings.models import Connection, Outage
from tests.logs_ui.conftest import CHROMIUM
from tests.logs_ui.factories import ApiCallFactory, AttemptFactory, JournalEntryFactory
from tests.logs_ui.test_list import replication

WIDTHS = (1400, 390)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.urls("tests.logs_ui.urls"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium."),
]


@pytest.fixture
def row(transactional_db: None, shop: Source) -> Replication:
    """A parked replication with everything a page can show, and long words in it."""
    long = "a-very-long-address-without-any-break-that-would-push-a-page-aside@subdomain.example.com"
    found = replication(
        shop,
        "ORDER-" + "9" * 60,
        email=long,
        state="parked",
        level="error",
        reason="x" * 120,
        error_class="unknown",
        setting="products",
        plan={"decisions": [{"level": "error", "text": "y" * 120}]},
    )
    JournalEntryFactory(replication=found, state="done", args={"email": long}, external={"contact_id": 7})
    AttemptFactory(replication=found, detail="z" * 300, message="m" * 120, worker="w" * 90)
    ApiCallFactory(replication=found, error="e" * 120, method="Service." + "c" * 70, request="r" * 900)
    for number in range(3):
        replication(shop, f"H-{number}", state="succeeded")
    return found


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("query", ["", "?state=failed", "?connection=7&error=nonsense&level=error"])
def test_the_list_fits(query: str, width: int, row: Replication, open_page: Any) -> None:
    page = open_page("/logs/" + query, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_the_detail_page_fits_with_everything_open(width: int, row: Replication, open_page: Any) -> None:
    page = open_page(f"/logs/{row.pk}/", width)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_what_to_do_first_fits_and_can_be_answered(width: int, row: Replication, open_page: Any) -> None:
    goal = {"integration": "i" * 80, "call_name": "c" * 80}
    JournalEntryFactory(replication=row, kind="achieve_goal", state="uncertain", args=goal)
    page = open_page(f"/logs/{row.pk}/", width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("button", name="It happened").click()
    expect(page.get_by_text("Noted, and it goes on.")).to_be_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_banner_fits(width: int, shop: Source, row: Replication, open_page: Any) -> None:
    values = {"enabled": True, "protocol": "xmlrpc", "throttled_until": timezone.now() + timedelta(hours=9)}
    Connection.objects.filter(pk=shop.connection.pk).update(**values)
    now = timezone.now()
    Outage.objects.create(connection=shop.connection, protocol="xmlrpc", since=now, opened_at=now)
    page = open_page("/logs/", width)
    expect(page.get_by_text("has not answered over XML-RPC")).to_be_visible()
    expect(page.get_by_text("quota is used up until")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_the_keyboard_reaches_the_first_row(width: int, row: Replication, open_page: Any) -> None:
    page = open_page("/logs/", width)
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    first = page.locator("a.order").first
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('order')"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Order H-2")


def test_a_slash_leads_to_the_search(row: Replication, open_page: Any) -> None:
    page = open_page("/logs/", 1400)
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("H-1/")
    expect(page.get_by_label("Search")).to_have_value("H-1/")


def test_a_search_keeps_the_address_short(row: Replication, open_page: Any) -> None:
    page = open_page("/logs/", 1400)
    page.get_by_label("Search").fill("H-1")
    page.get_by_label("Search").press("Enter")
    expect(page.locator("a.order")).to_have_count(1)
    assert page.url.endswith("/logs/?q=H-1")


def test_a_click_on_a_row_opens_it(row: Replication, open_page: Any) -> None:
    page = open_page("/logs/", 1400)
    page.locator("tbody tr").first.locator("td").nth(2).click()
    expect(page).to_have_url(f"{page.url.split('/logs/')[0]}/logs/{row.pk + 3}/")


def test_times_are_in_the_readers_zone(row: Replication, open_page: Any) -> None:
    Replication.objects.update(created_at="2020-01-01T23:30:00Z")
    page = open_page("/logs/", 1400, timezone_id="Asia/Tokyo")
    time = page.locator("tbody time").first
    expect(time).to_have_text("2 Jan 2020, 08:30")
    expect(time).to_have_attribute("title", "2020-01-01 23:30:00 UTC")
    expect(page.locator("[data-zone]")).to_have_text("Asia/Tokyo")


def test_auto_refresh_shows_what_came_in(shop: Source, row: Replication, open_page: Any) -> None:
    page = open_page("/logs/", 1400)
    button = page.get_by_role("button", name="Auto-refresh")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.clock.install()
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    replication(shop, "H-NEW")
    page.clock.run_for(16_000)
    expect(page.locator("a.order").first).to_have_text("H-NEW")


def test_everything_works_without_a_script(row: Replication, open_page: Any) -> None:
    page = open_page("/logs/", 390, java_script_enabled=False)
    expect(page.get_by_role("button", name="Auto-refresh")).to_be_hidden()
    page.get_by_label("Search").fill("H-1")
    page.get_by_role("button", name="Search").click()
    page.locator("a.order").first.click()
    page.get_by_role("button", name="Resend").click()
    expect(page.get_by_role("status")).to_contain_text("Started again")
