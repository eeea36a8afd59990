"""The page of a shop in a real browser: nothing is cut off, nothing blocked, and the keyboard is enough."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from intake.models import Catchup, FeedState, Poller, Source
from intake.test_event import send_test_event
from tests.carts.arrivals import DAY, HOUR, came, daily, numbered
from tests.logs_ui.conftest import CHROMIUM

WIDTHS = (1400, 390)
PICTURES = os.environ.get("CASCADER_PICTURES")  # a folder, for whoever wants to look at them

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed at /usr/bin/chromium."),
]


@pytest.fixture
def watched(transactional_db: None, asked: Source) -> Source:
    """A shop with everything a page can show, and long words in it."""
    now = timezone.now()
    Source.objects.filter(pk=asked.pk).update(
        silence_hours=6, start_date=now - 20 * DAY, signing_secret_before="before", name="Hounds " + "x" * 60
    )
    asked.refresh_from_db()
    came(asked, daily(now - 30 * HOUR, days=5))
    came(asked, [now - 31 * HOUR], state="parked", problem="p" * 200)
    came(asked, [now - HOUR], channel="poll")
    numbered(asked, range(1000, 1120, 3), now - 2 * DAY, found_by="poll")
    numbered(asked, range(1120, 1220), now - 2 * DAY + timedelta(hours=4), found_by="webhook")
    send_test_event(asked, now)
    FeedState.objects.create(
        source=asked, feed="orders", read_until=now, due_at=now + HOUR, finished_at=now, found=3
    )
    problem = "The shop did not answer: " + "a-very-long-name-without-any-break." * 6
    Poller.objects.create(source=asked, problem=problem, problem_since=now - HOUR, not_before=now + HOUR)
    Catchup.objects.create(
        source=asked, since=now - 30 * DAY, until=now, state="failed", problem="y" * 200, finished_at=now
    )
    return asked


def url_of(source: Source) -> str:
    return f"/admin/intake/source/{source.pk}/change/"


def fits(page: Page, width: int, name: str) -> bool:
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}-{width}.png"), full_page=True)
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_page_with_everything_fits(width: int, watched: Source, open_page: Any) -> None:
    page = open_page(url_of(watched), width)
    expect(page.get_by_role("heading", name="What comes in")).to_be_visible()
    assert fits(page, width, "everything")


@pytest.mark.parametrize("width", WIDTHS)
def test_an_empty_page_fits(width: int, transactional_db: None, shop: Source, open_page: Any) -> None:
    page = open_page(url_of(shop), width)
    expect(page.get_by_text("Nothing has come from there yet.")).to_be_visible()
    assert fits(page, width, "empty")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_list_and_a_new_shop_fit(width: int, watched: Source, open_page: Any) -> None:
    assert fits(open_page("/admin/intake/source/", width), width, "list")
    assert fits(open_page("/admin/intake/source/add/", width), width, "add")
    assert fits(open_page("/admin/intake/inboundevent/", width), width, "events")
    event = watched.events.filter(channel="test").get()
    assert fits(open_page(f"/admin/intake/inboundevent/{event.pk}/change/", width), width, "event")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_keyboard_fetches_days_and_the_progress_renews_itself(
    width: int, watched: Source, open_page: Any
) -> None:
    page = open_page(url_of(watched), width)
    page.get_by_label("Fetch the last").focus()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Fetch")
    page.keyboard.press("Enter")
    expect(page.get_by_text("waits for its turn")).to_be_visible()
    page.locator("#id_name").fill("Typed meanwhile")
    Catchup.objects.filter(state="waiting").update(state="running", parts=14, parts_done=5, seen=40, found=2)
    expect(page.get_by_text("5 of 14 parts, 40 seen, 2 of them new or changed.")).to_be_visible(timeout=9000)
    expect(page.locator("#id_name")).to_have_value("Typed meanwhile")
    assert fits(page, width, "progress")
    Catchup.objects.filter(state="running").update(state="done", finished_at=timezone.now())
    expect(page.get_by_text("done, 40 seen, 2 new or changed, for dana")).to_be_visible(timeout=9000)


def test_it_works_without_a_script(watched: Source, open_page: Any) -> None:
    page = open_page(url_of(watched), 390, java_script_enabled=False)
    page.get_by_label("Fetch the last").fill("3")
    page.get_by_role("button", name="Fetch", exact=True).click()
    Catchup.objects.filter(state="waiting").update(state="running", parts=6, parts_done=2)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("2 of 6 parts")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("What was read by then stays.")).to_be_visible()
