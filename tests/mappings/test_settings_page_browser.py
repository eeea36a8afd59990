"""The settings page in a real browser: nothing blocked, no sideways scroll, no nameless input."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from mappings.models import Connection, DirectoryList, DirectoryRow, ProductMapping
from tests.mappings.pages import ADD, page_url
from tests.mappings.test_settings_page_tables import GOOD

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


@pytest.fixture
def answered(connection: Connection) -> Connection:
    """Every table has rows, one has 5,000, and a test has been at them."""
    for table, values in GOOD.items():
        getattr(connection, table).create(**values)
    ProductMapping.objects.bulk_create(
        ProductMapping(connection=connection, item_id=f"ITEM-{number:05}", crm_product_id=number)
        for number in range(1, 5001)
    )
    now = timezone.now()
    listing = {"refreshed_at": now, "due_at": now + timedelta(hours=9), "count": 1}
    for kind, name in (("product", "Dog bone"), ("product_category", "Food"), ("order_field", "_Tracking")):
        DirectoryList.objects.create(connection=connection, kind=kind, **listing)
        DirectoryRow.objects.create(connection=connection, kind=kind, crm_id=7, name=name, seen_at=now)
    told = [
        ("error", "product_mappings", "No product 4000 " + "x" * 200, "ITEM-04000"),
        ("warning", "sales_reps", "The user 7 is inactive.", "SAM"),
        ("error", "cart_tags", "The CRM has no tag “Left”.", ""),
        ("ok", "contact_tags", "Every tag name is known to the CRM (2).", ""),
    ]
    names = ("level", "field", "sentence", "row")
    Connection.objects.update(
        tested_at=now, test_result=[dict(zip(names, finding, strict=True)) for finding in told]
    )
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


@pytest.mark.parametrize("width", [390, 1400])
def test_a_full_page_is_used_by_keyboard(
    answered: Connection, editor: Client, open_page: Any, complaints: list[str], width: int
) -> None:
    page = open_page(editor, page_url(answered), width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(NAMELESS) == []
    described = page.get_attribute("#id_contact_tags", "aria-describedby")
    page.locator(f"#{described} .cs-fine-sign").focus()
    assert page.inner_text(".crm-call-tip:visible") == "Every tag name is known to the CRM (2)."

    page.locator("a", has_text="Show ITEM-04000").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("text=1 row holds “ITEM-04000”.")
    assert page.input_value("[name=product_mappings-0-item_id]") == "ITEM-04000"
    page.fill("[name=product_mappings-find]", "ITEM-049")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=100 rows hold “ITEM-049”.")
    page.locator("#product_mappings-group nav a", has_text="2").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#product_mappings-group nav [aria-current]:has-text('2')")
    assert page.input_value("[name=product_mappings-0-item_id]") == "ITEM-04950"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_what_a_goal_is_chosen_from_depends_on_its_trigger(
    answered: Connection, editor: Client, open_page: Any, complaints: list[str]
) -> None:
    page = open_page(editor, page_url(answered), 1400)
    value, trigger = "[name=product_goals-0-value]", "[name=product_goals-0-trigger]"
    page.wait_for_selector(f"{value} + .pick-label:has-text('Food')")
    page.select_option(trigger, "product")
    page.wait_for_selector(f"{value} + .pick-label:has-text('Dog bone')")
    page.select_option(trigger, "item")
    page.wait_for_selector(f"{value} + .pick-label:empty", state="attached")
    page.focus(value)
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(300)
    assert not page.is_visible("#pick-list")
    page.select_option(trigger, "category")
    page.fill(value, "")
    page.keyboard.type("fo")
    page.wait_for_selector("#pick-list [role=option]:has-text('Food')")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value(value) == "7"
    assert page.get_attribute("[name=field_mappings-0-shop_field]", "list") == "shop-fields"
    assert page.locator("#shop-fields option[value=advertising_source]").count() == 1
    assert complaints == []


def test_no_page_of_the_admin_is_hindered_by_its_policy(
    filled: Connection, superuser: Client, viewer: Client, open_page: Any, complaints: list[str]
) -> None:
    merchant = f"/admin/mappings/merchant/{filled.merchant_id}/change/"
    for path in ("/admin/", "/admin/auth/user/", ADD, merchant):
        open_page(superuser, path, 1400)
    open_page(viewer, page_url(filled), 390)
    assert complaints == []
