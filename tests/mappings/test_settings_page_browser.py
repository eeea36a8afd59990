"""The settings page in a real browser: nothing blocked, no sideways scroll, no nameless input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Page, sync_playwright

from mappings.models import Connection
from tests.mappings.pages import ADD, page_url

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = """
    --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync
"""
REPORT = """
    document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective));
"""
NAMELESS = """
[...document.querySelectorAll('#content input, #content select, #content textarea, #content button')]
  .filter(e => e.type !== 'hidden' && !e.closest('.empty-form'))
  .filter(e => !(e.labels && e.labels.length) && !e.ariaLabel && !e.textContent.trim() && !e.value)
  .map(e => e.name || e.outerHTML)
"""

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
    """A function that opens an address as the person of a test client, at a width."""
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
            page.wait_for_timeout(300)
            return page

        yield open_as
        browser.close()


@pytest.fixture
def filled(connection: Connection) -> Connection:
    connection.product_tags.create(item_id="BONE-" + "X" * 60, tag_name="Dog owner " + "y" * 80)
    connection.product_mappings.create(item_id="BONE", crm_product_id=7)
    connection.payment_types.create(shop_method="PayPal", crm_type="PayPal")
    return connection


@pytest.mark.parametrize("width", [390, 1400])
def test_the_settings_page(
    filled: Connection, editor: Client, open_page: Any, complaints: list[str], width: int
) -> None:
    page = open_page(editor, page_url(filled), width)
    page.click("text=Test now")
    page.wait_for_selector("text=The CRM has no tag")
    page.click("#product_tags-group .add-row a, #product_tags-group a.add-row")
    page.fill("[name=product_tags-1-item_id]", "LEASH")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(NAMELESS) == []
    sign = page.locator(".crm-call-sign").first
    sign.focus()
    assert page.locator(".crm-call-tip:visible").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_no_page_of_the_admin_is_hindered_by_its_policy(
    filled: Connection, superuser: Client, viewer: Client, open_page: Any, complaints: list[str]
) -> None:
    merchant = f"/admin/mappings/merchant/{filled.merchant_id}/change/"
    for path in ("/admin/", "/admin/auth/user/", ADD, merchant):
        open_page(superuser, path, 1400)
    open_page(viewer, page_url(filled), 390)
    assert complaints == []
