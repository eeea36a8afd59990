from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from mappings import panels
from mappings.models import Connection
from mappings.panels import Panel, panel_links, panel_register
from tests.mappings.pages import page_url


@pytest.fixture(autouse=True)
def no_panels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_panels", {})


def shown(connection: Connection) -> list[tuple[str, str]]:
    return [(link.title, link.url) for link in panel_links(connection)]


def test_a_panel_is_a_title_and_an_address_of_the_connection() -> None:
    panel_register(Panel(name="log", title="Log", url=lambda connection: f"/logs/?of={connection.name}"))
    assert shown(Connection(name="a")) == [("Log", "/logs/?of=a")]


def test_a_panel_without_an_address_is_not_shown() -> None:
    panel_register(Panel(name="empty", title="Empty", url=lambda connection: ""))
    panel_register(Panel(name="gone", title="Gone", url=lambda connection: reverse("no-such-page")))
    assert shown(Connection()) == []


def test_a_name_is_taken_once() -> None:
    log = Panel(name="log", title="Log", url=lambda connection: "/logs/")
    panel_register(log)
    panel_register(log)
    with pytest.raises(ValueError, match="registered already"):
        panel_register(Panel(name="log", title="Another", url=lambda connection: "/"))


def test_the_settings_page_links_to_it(connection: Connection, editor: Client) -> None:
    panel_register(Panel(name="log", title="The log", url=lambda connection: f"/logs/?c={connection.pk}"))
    assert f'href="/logs/?c={connection.pk}"' in editor.get(page_url(connection)).content.decode()


def test_without_panels_the_page_says_so(connection: Connection, editor: Client) -> None:
    assert "No monitoring page" in editor.get(page_url(connection)).content.decode()
