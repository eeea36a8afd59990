"""The batch pages in a real browser: nothing blocked, no sideways scroll, no nameless input.

Rows are made before the browser is there: while it is, Django wants database work in another thread.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from mappings.batch.services import batch_upload
from mappings.batch.work import batch_work
from mappings.models import BatchImport, Connection
from tests.mappings.batch.files import checked, csv_of
from tests.mappings.test_settings_page_browser import NAMELESS, complaints, open_page  # noqa: F401
from tests.mappings.test_settings_page_browser import pytestmark as browser_marks

pytestmark = browser_marks
HEADER = ["Item ID", "CRM product id", "Contact tags"]


@pytest.fixture
def wrong(connection: Connection) -> BatchImport:
    return checked(connection, csv_of(HEADER, ["BONE-" + "X" * 90, "7", "Dog owner"], ["A", "x", ""]))


@pytest.fixture
def waiting(connection: Connection) -> BatchImport:
    return batch_upload(connection, user=None, file_name="m.csv", body=csv_of(HEADER, ["BONE", "7", ""]))


def work_elsewhere(batch: BatchImport) -> None:
    """What a worker does, in a thread as it has."""

    def work() -> bool:
        try:
            return batch_work(batch.pk)
        finally:
            database.close()

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(work).result(timeout=60)


@pytest.mark.parametrize("width", [390, 1400])
def test_the_pages(
    wrong: BatchImport,
    editor: Client,
    open_page: Any,  # noqa: F811
    complaints: list[str],  # noqa: F811
    width: int,
) -> None:
    for name, row in (("batch", wrong.connection_id), ("batch_one", wrong.pk)):
        page = open_page(editor, reverse(f"admin:mappings_connection_{name}", args=[row]), width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(NAMELESS) == []
    assert complaints == []


def test_the_page_follows_the_work_by_itself(
    waiting: BatchImport,
    editor: Client,
    open_page: Any,  # noqa: F811
    complaints: list[str],  # noqa: F811
) -> None:
    page = open_page(editor, reverse("admin:mappings_connection_batch_one", args=[waiting.pk]), 1400)
    assert page.locator("text=Waits for its turn").count() == 1
    work_elsewhere(waiting)
    page.click("text=Apply all of it")
    page.wait_for_selector("text=Being applied")
    work_elsewhere(waiting)
    page.wait_for_selector("text=the mappings are as the file says")
    assert complaints == []
