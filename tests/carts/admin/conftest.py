"""A shop of a platform with everything, its people, and a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page

from intake.models import Source
from tests.carts.sample_platform import Kennel, KennelServer, installed
from tests.factories import MembershipFactory, SourceFactory
from tests.logs_ui.conftest import chromium

__all__ = ["chromium"]

LOUD = ("error", "warning")


@pytest.fixture(autouse=True)
def kennel() -> Iterator[Kennel]:
    with installed() as platform:
        yield platform


@pytest.fixture
def kennel_server(settings: Any) -> Iterator[KennelServer]:
    settings.SHOP_PRIVATE_ADDRESSES = True
    with KennelServer() as server:
        yield server


@pytest.fixture
def shop(db: None, kennel: Kennel) -> Source:
    """Its deliveries are signed; its API has not been set up."""
    return SourceFactory(
        platform="kennel", name="Hounds", slug="hounds", token="the-token", signing_secret="first-secret"
    )


@pytest.fixture
def asked(shop: Source, kennel_server: KennelServer) -> Source:
    """The same, with the credentials of its API, which answers."""
    Source.objects.filter(pk=shop.pk).update(shop_url=kennel_server.url, api_user="reader")
    shop.refresh_from_db()
    shop.api_secret = "api-secret-7"
    shop.save()
    return shop


@pytest.fixture
def person(shop: Source) -> Any:
    """Someone who may edit the settings of the shop's merchant."""
    return MembershipFactory(merchant=shop.connection.merchant, user__username="dana").user


@pytest.fixture
def open_page(chromium: Browser, live_server: Any, person: Any) -> Iterator[Any]:
    """`open_page(path, width)` shows a page to the logged-in person; an error on the console fails the test.

    What Chromium merely advises (two password fields in one form) does not.
    """
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
        page.on("console", lambda entry: said.append(entry.text) if entry.type in LOUD else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield show
    for context in contexts:
        context.close()
    assert said == []
