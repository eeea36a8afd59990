"""Connecting in a real browser: from the button over the CRM's page and back, nothing blocked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mappings.models import Connection
from tests.mappings.oauth_helpers import use_client
from tests.mappings.pages import page_url
from tests.mappings.test_settings_page_browser import complaints, open_page, pytestmark
from tests.sandbox_client import Sandbox

__all__ = ["complaints", "open_page", "pytestmark"]


@pytest.mark.parametrize("width", [390, 1280])
def test_a_person_connects_with_keap(
    connection: Connection,
    editor: Client,
    crm: Sandbox,
    settings: Any,
    open_page: Any,
    complaints: list[str],
    width: int,
) -> None:
    use_client(settings, crm)
    page = open_page(editor, page_url(connection), width)
    page.get_by_role("button", name="Connect with Keap").click()
    page.wait_for_url(f"{crm.url}/app/oauth/authorize**")
    page.get_by_role("button", name="Allow").click()
    page.wait_for_url(f"**{page_url(connection)}")
    assert page.get_by_text("Connected to the app demo").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []
