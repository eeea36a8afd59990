"""“Connect with Keap” in the demo: a person goes to the sandbox's page and comes back connected."""

from __future__ import annotations

import json
import re
import stat

import pytest
import requests

from config.demo.orders import demo_orders
from tests.stack import Stack, running_stack, wait_until


def pressed(session: requests.Session, url: str, name: str) -> requests.Response:
    """Press a button of the settings page that leads to the address ending in `name`."""
    page = session.get(url, timeout=10)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    action = re.search(rf'action="([^"]*/{name}/)"', page.text)
    assert token and action
    form = {"csrfmiddlewaretoken": token.group(1)}
    root = url.split("/admin/")[0]
    return session.post(root + action.group(1), data=form, headers={"Referer": url}, timeout=10)


def settings_page(stack: Stack, session: requests.Session) -> str:
    web = stack.facts["web_url"]
    listed = session.get(f"{web}/admin/mappings/connection/", timeout=10).text
    found = re.search(r"/admin/mappings/connection/\d+/change/", listed)
    assert found
    return web + found.group(0)


@pytest.mark.embedded
def test_a_person_connects_with_keap_and_orders_go_on():
    with running_stack() as stack, stack.browser() as session:
        url = settings_page(stack, session)
        leaving = pressed(session, url, "connect")
        consent = leaving.headers["Refresh"].partition("url=")[2]
        assert consent.startswith(stack.facts["sandbox_url"])
        back = session.post(consent, data={"app": "demo", "decision": "allow"}, timeout=30)
        assert back.url == url
        assert "Connected to the app demo" in " ".join(back.text.split())
        order = {**demo_orders()[0], "order_id": "DEMO-CONNECTED"}
        stack.post([{"order_create": order}])
        wait_until(lambda: "tea order DEMO-CONNECTED" in stack.invoices())

        private = stack.folder / "secrets" / "keap_client_secret"
        assert stat.S_IMODE(private.stat().st_mode) == 0o600
        assert stat.S_IMODE((stack.folder / "environment").stat().st_mode) == 0o600
        shown = json.dumps(stack.facts) + back.text
        assert private.read_text() not in shown
