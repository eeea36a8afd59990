"""Choosing from the CRM's lists in a real browser, with the keyboard alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from mappings.directory.schedule import KINDS
from mappings.models import Connection, DirectoryList, DirectoryRow
from tests.mappings.pages import page_url
from tests.mappings.test_settings_page_browser import NAMELESS, complaints, open_page, pytestmark

__all__ = ["complaints", "open_page", "pytestmark"]


@pytest.fixture
def filled(connection: Connection) -> Connection:
    connection.product_mappings.create(item_id="BONE", crm_product_id=7)
    connection.product_mappings.create(item_id="GONE", crm_product_id=99)
    Connection.objects.update(bound_app="demo", contact_tags="Customer")
    now = timezone.now()
    rows = {
        "tag": [
            ("VIP", ""),
            ("Dog owner", ""),
            ("Cats, dogs", ""),
            *((f"Tag {n:02}", "") for n in range(30)),
        ],
        "product": [
            *((f"Product {n}", f"P-{n}") for n in range(6)),
            ("Dog bone with a long name", "BONE-XXL"),
        ],
        "contact_field": [("_Birthday", "")],
        "order_field": [("_AdSource", "")],
    }
    for kind, named in rows.items():
        DirectoryList.objects.create(
            connection=connection,
            kind=kind,
            refreshed_at=now,
            due_at=now + timedelta(hours=9),
            count=len(named),
        )
        DirectoryRow.objects.bulk_create(
            DirectoryRow(
                connection=connection,
                kind=kind,
                crm_id=number,
                name=name,
                code=code,
                detail={"sku": code, "price": "9.95"} if code else {},
                seen_at=now,
            )
            for number, (name, code) in enumerate(named, start=1)
        )
    return connection


OFFERED = """
wanted => {
  const names = [...document.querySelectorAll('#pick-list:not([hidden]) [role=option] > span:first-child')];
  return JSON.stringify(names.map(name => name.textContent)) === JSON.stringify(wanted);
}
"""


def offered(page: Page, *names: str) -> None:
    """Wait until just these are to choose from."""
    page.wait_for_function(OFFERED, arg=list(names))


def typed(page: Page, selector: str, text: str) -> None:
    """Type at the end of a field."""
    page.focus(selector)
    page.keyboard.press("End")
    page.keyboard.type(text)


def lists_end() -> None:
    """What the scheduler does at the end of its passes, in a thread of its own as there."""

    def work() -> None:
        now = timezone.now()
        DirectoryList.objects.update(refreshed_at=now, wanted_at=None, due_at=now + timedelta(hours=24))
        database.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.parametrize("width", [390, 1400])
def test_fields_are_filled_from_the_lists_by_keyboard(
    filled: Connection, editor: Client, open_page: Any, complaints: list[str], width: int
) -> None:
    page = open_page(editor, page_url(filled), width)
    page.wait_for_selector("text=Dog bone with a long name")  # which product the id 7 is
    page.wait_for_selector("text=Not in the CRM's list as last read")

    typed(page, "#id_contact_tags", ", vi")
    offered(page, "VIP")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#id_contact_tags") == "Customer, VIP"
    typed(page, "#id_contact_tags", ", dog")
    offered(page, "Cats, dogs", "Dog owner")
    page.keyboard.press("ArrowUp")
    assert page.get_attribute("#id_contact_tags", "aria-activedescendant") == "pick-option-1"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.input_value("#id_contact_tags") == 'Customer, VIP, "Cats, dogs"'
    typed(page, "#id_contact_tags", ", dog")
    offered(page, "Cats, dogs", "Dog owner")
    page.keyboard.press("Escape")
    assert not page.is_visible("#pick-list")
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.click("#product_mappings-group .add-row a, #product_mappings-group a.add-row")
    typed(page, "[name=product_mappings-2-crm_product_id]", "bone")
    offered(page, "Dog bone with a long name")
    assert page.evaluate("document.querySelector('#pick-list').getBoundingClientRect().right") <= width
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("[name=product_mappings-2-crm_product_id]") == "7"
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


def test_more_of_a_list_and_lists_that_depend_on_their_row(
    filled: Connection, editor: Client, open_page: Any, complaints: list[str]
) -> None:
    page = open_page(editor, page_url(filled), 1400)
    page.click("#product_tags-group .add-row a, #product_tags-group a.add-row")
    typed(page, "[name=product_tags-0-tag_name]", "tag")
    page.wait_for_function("document.querySelectorAll('#pick-list [role=option]').length === 21")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('#pick-list [role=option]').length === 30")

    page.click("#field_mappings-group .add-row a, #field_mappings-group a.add-row")
    typed(page, "[name=field_mappings-0-crm_field]", "_")
    offered(page, "_AdSource")
    page.focus("[name=field_mappings-0-target]")
    page.select_option("[name=field_mappings-0-target]", "contact")
    typed(page, "[name=field_mappings-0-crm_field]", "B")
    offered(page, "_Birthday")

    page.focus("#id_contact_action_set_id")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("text=Not read from the CRM yet")
    assert complaints == []


def test_the_state_of_the_lists_moves_by_itself(
    filled: Connection, editor: Client, open_page: Any, complaints: list[str]
) -> None:
    page = open_page(editor, page_url(filled), 1400)
    page.click("text=Refresh the lists")
    page.wait_for_selector("text=Being read now")
    lists_end()
    page.wait_for_selector(f"text={len(KINDS)} of {len(KINDS)} lists are there", timeout=20_000)
    assert complaints == []
