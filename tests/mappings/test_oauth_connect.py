"""A person connects at the CRM's own page: bound to the person, the session and the connection, used once."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from django.core import signing
from django.test import Client
from django.urls import reverse

from crm.errors import CredentialsRejected
from mappings.access.calls import ApiCallLog
from mappings.access.connect import connection_pause, crm_connect
from mappings.checks.oauth_connect import SALT
from mappings.models import ApiCall, Connection, OAuthGrant
from tests.factories import ConnectionFactory
from tests.mappings.conftest import member_client
from tests.mappings.oauth_helpers import SECRET, connect, grant_now, use_client
from tests.mappings.pages import ADD, errors, page_save, page_url, stored, told
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db
KINDS = Connection.CredentialKind
BACK = reverse("admin:mappings_connection_oauth")


@pytest.fixture(autouse=True)
def installation(crm: Sandbox, settings: Any) -> None:
    use_client(settings, crm)


def button(connection: Connection, name: str) -> str:
    return reverse(f"admin:mappings_connection_{name}", args=[connection.pk])


def vendor_address(client: Client, connection: Connection) -> str:
    """Where the button leads."""
    page = client.post(button(connection, "connect"))
    assert page.status_code == 200
    return str(page["Refresh"]).removeprefix("0; url=")


def decide(address: str, decision: str = "allow", app: str = "demo") -> str:
    """Press a button on the CRM's page; the path and query that the browser is sent back to."""
    answer = requests.post(
        address, data={"decision": decision, "app": app}, allow_redirects=False, timeout=10
    )
    back = urlsplit(answer.headers["Location"])
    assert back.path == BACK
    return f"{back.path}?{back.query}"


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def test_connecting_stores_tokens_tests_them_and_binds_the_app(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    address = vendor_address(editor, connection)
    assert address.startswith(f"{crm.url}/app/oauth/authorize?")
    page = editor.get(decide(address), follow=True)
    assert "Connected with Keap." in told(page)
    assert page.redirect_chain[-1][0] == page_url(connection)
    saved, grant = stored(connection), grant_now(connection)
    assert (saved.credential_kind, saved.bound_app, grant.app, grant.version) == (
        KINDS.OAUTH,
        "demo",
        "demo",
        1,
    )
    assert crm_connect(saved, ApiCallLog(saved)).probe_credentials().name == "demo"
    body = page.content.decode()
    assert "Connected to the app demo" in body
    records = [f"{call.request} {call.response} {call.error}" for call in ApiCall.objects.all()]
    for secret in (grant.access_token, grant.refresh_token, SECRET):
        assert not [text for text in (body, *records) if secret in text]


def test_the_page_names_the_client_and_no_secret(editor: Client, connection: Connection) -> None:
    query = parse_qs(urlsplit(vendor_address(editor, connection)).query)
    assert query["response_type"] == ["code"]
    assert query["scope"] == ["full"]
    assert query["redirect_uri"] == [f"http://testserver{BACK}"]
    assert SECRET not in str(query)


def test_an_answer_is_used_once(editor: Client, connection: Connection) -> None:
    back = decide(vendor_address(editor, connection))
    editor.get(back)
    page = editor.get(back, follow=True)
    assert "used already" in told(page)
    assert grant_now(connection).version == 1


def test_beginning_anew_ends_the_earlier_try(editor: Client, connection: Connection) -> None:
    first = vendor_address(editor, connection)
    vendor_address(editor, connection)
    page = editor.get(decide(first), follow=True)
    assert "begun anew" in told(page)
    assert not grant_now(connection).is_connected


def test_another_person_or_browser_cannot_use_the_answer(editor: Client, connection: Connection) -> None:
    back = decide(vendor_address(editor, connection))
    colleague = member_client(connection.merchant)
    assert "another log-in" in told(colleague.get(back, follow=True))
    assert Client().get(back).status_code == 302  # to the log-in
    assert not grant_now(connection).is_connected
    assert "Connected" in told(editor.get(back, follow=True))


@pytest.mark.parametrize("state", ["", "x", "a:b:c", "Ünï:x"])
def test_a_state_we_did_not_sign_is_refused(editor: Client, connection: Connection, state: str) -> None:
    page = editor.get(BACK, {"state": state, "code": "c"}, follow=True)
    assert "does not belong to anything" in told(page)


def test_a_state_ends_after_ten_minutes(
    editor: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = state_of(vendor_address(editor, connection))
    values = signing.loads(state, salt=SALT)
    with monkeypatch.context() as patched:
        patched.setattr("django.core.signing.time.time", lambda: 1_000_000.0)
        old = signing.dumps(values, salt=SALT)
    page = editor.get(BACK, {"state": old, "code": "c"}, follow=True)
    assert "longer than ten minutes" in told(page)


def test_who_lost_the_right_meanwhile_connects_nothing(editor: Client, connection: Connection) -> None:
    back = decide(vendor_address(editor, connection))
    connection.merchant.memberships.update(can_edit_settings=False)
    assert editor.get(back).status_code == 403
    connection.merchant.memberships.all().delete()
    assert not grant_now(connection).is_connected


def test_a_denial_is_told(editor: Client, connection: Connection) -> None:
    page = editor.get(decide(vendor_address(editor, connection), "deny"), follow=True)
    assert "access was not allowed" in told(page)
    assert stored(connection).credential_kind == connection.credential_kind


def test_an_error_of_the_page_is_not_echoed_as_it_came(editor: Client, connection: Connection) -> None:
    state = state_of(vendor_address(editor, connection))
    page = editor.get(BACK, {"state": state, "error": "<b>call 555-0100</b>"}, follow=True)
    assert "answered with an error" in told(page)
    assert "555-0100" not in page.content.decode()


def test_another_app_is_refused_by_name(editor: Client, connection: Connection) -> None:
    Connection.objects.update(bound_app="demo")
    back = decide(vendor_address(editor, connection), app="other")
    page = editor.get(back, follow=True)
    assert "into the app other" in told(page)
    assert "belongs to the app demo" in told(page)
    assert not grant_now(connection).is_connected
    assert stored(connection).credential_kind == KINDS.HEADER_KEY


def test_connecting_anew_replaces_the_tokens_and_ends_a_pause(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    connect(connection, crm)
    OAuthGrant.objects.update(broken_at="2026-01-01T00:00Z", broken_reason="Broken.")
    connection_pause(stored(connection), "The authorisation is gone.")
    editor.get(decide(vendor_address(editor, connection)))
    grant = grant_now(connection)
    assert (grant.version, grant.broken_at, stored(connection).paused_at) == (2, None, None)


def test_disconnecting_forgets_the_tokens_and_holds_orders_back(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    connect(connection, crm)
    assert editor.get(button(connection, "disconnect")).status_code == 405
    page = editor.post(button(connection, "disconnect"), follow=True)
    assert "Disconnected" in told(page)
    grant = grant_now(connection)
    assert (grant.access_token, grant.refresh_token, grant.is_connected) == ("", "", False)
    assert "Disconnected from Keap" in stored(connection).paused_reason
    with pytest.raises(CredentialsRejected):
        crm_connect(stored(connection), ApiCallLog(connection))
    assert "was not connected" in told(editor.post(button(connection, "disconnect"), follow=True))


def test_without_a_client_id_the_page_says_why(editor: Client, connection: Connection, settings: Any) -> None:
    settings.KEAP_CLIENT_ID = ""
    body = editor.get(page_url(connection)).content.decode()
    assert "KEAP_CLIENT_ID" in body
    assert button(connection, "connect") not in body
    assert "KEAP_CLIENT_ID" in told(editor.post(button(connection, "connect"), follow=True))


def test_a_new_connection_may_be_saved_before_it_is_connected(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    connection.delete()
    values = {"app_name": "demo", "name": "First", "credential_kind": KINDS.OAUTH, "api_key": None}
    page = page_save(editor, ADD, **values, enabled="on")
    assert "press “Connect with Keap”" in str(errors(page)["enabled"])
    page_save(editor, ADD, **values)
    saved = Connection.objects.get()
    assert not saved.enabled
    editor.get(decide(vendor_address(editor, saved)))
    page_save(editor, page_url(saved), enabled="on")
    assert stored(saved).enabled
    assert crm.calls("POST /token")


def test_other_kinds_still_want_a_key(editor: Client, connection: Connection) -> None:
    page = page_save(editor, ADD, app_name="demo", name="Second", api_key=None)
    assert "Give the key" in str(errors(page)["api_key"])


def test_the_buttons_are_not_for_those_who_only_look(viewer: Client, connection: Connection) -> None:
    for name in ("connect", "disconnect", "move"):
        assert viewer.post(button(connection, name)).status_code == 403
    body = viewer.get(page_url(connection)).content.decode()
    assert not re.search(r"/(connect|disconnect|move)/", body)


def test_another_merchant_s_connection_is_not_there(editor: Client, connection: Connection) -> None:
    theirs = ConnectionFactory()
    for name in ("connect", "disconnect", "move"):
        assert editor.post(button(theirs, name)).status_code == 404
    assert editor.get(f"{BACK}?{urlencode({'state': 'x'})}").status_code == 302
