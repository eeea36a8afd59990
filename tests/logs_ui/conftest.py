"""A person, a merchant, a logged-in client and a browser for the log pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from intake.models import Source
from tests.factories import MembershipFactory, SourceFactory, UserFactory

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture
def shop(db: None) -> Source:
    return SourceFactory(slug="hounds", name="Hounds Shop")


@pytest.fixture
def person(shop: Source) -> Any:
    """Someone who may read and resend for the shop's merchant, but not edit its settings."""
    user = UserFactory(username="dana")
    MembershipFactory(user=user, merchant=shop.connection.merchant, can_edit_settings=False)
    return user


@pytest.fixture
def browser_of() -> Any:
    """`browser_of(user)` is a client logged in as that person."""

    def log_in(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for the module. Its event loop runs in this thread, which the database does not mind."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, live_server: Any, person: Any) -> Iterator[Any]:
    """`open_page(path, width)` shows a page to the logged-in person; what the console says fails the test."""
    client = Client()
    client.force_login(person)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    said: list[str] = []
    contexts = []

    def show(path: str, width: int, **options: Any) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield show
    for context in contexts:
        context.close()
    assert said == []
