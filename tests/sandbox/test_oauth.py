from __future__ import annotations

import json
import re
import xmlrpc.client
from html import unescape
from http.client import HTTPConnection, HTTPException
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.sandbox.conftest import GATEWAY, Wire
from tests.sandbox_client import REDIRECT_URI, Row, Sandbox

ASKED = {
    "client_id": "client",
    "redirect_uri": f"{REDIRECT_URI}?from=crm",
    "response_type": "code",
    "scope": "full",
    "state": "a b&c",
}


def browse(
    sandbox: Sandbox, verb: str, path: str, form: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """One request of a browser: status, where it is sent, and the page."""
    connection = HTTPConnection(urlsplit(sandbox.url).netloc, timeout=10)
    try:
        connection.request(verb, path, urlencode(form) if form else None)
        response = connection.getresponse()
        return response.status, response.getheader("Location") or "", response.read().decode()
    finally:
        connection.close()


def press(sandbox: Sandbox, **form: str) -> dict[str, list[str]]:
    """Open the page of consent, press one of its buttons, and give what the redirect carries."""
    sandbox.oauth(clients=[{"id": "client", "secret": "secret"}])
    page = browse(sandbox, "GET", f"/app/oauth/authorize?{urlencode(ASKED)}")[2]
    action = re.search('action="([^"]*)"', page)
    assert action
    status, location, _ = browse(sandbox, "POST", unescape(action[1]), form)
    assert status == 302
    assert location.startswith(REDIRECT_URI)
    return parse_qs(urlsplit(location).query)


def exchange(sandbox: Sandbox, code: str, **changed: str) -> tuple[int, Row]:
    form = {
        "grant_type": "authorization_code",
        "client_id": "client",
        "client_secret": "secret",
        "code": code,
        "redirect_uri": ASKED["redirect_uri"],
    }
    return sandbox.token(form | changed)


def works(sandbox: Sandbox, access_token: str) -> bool:
    headers = {"Authorization": f"Bearer {access_token}"}
    echo = xmlrpc.client.dumps(("a",), "Any.echo").encode()
    return Wire(sandbox).post(echo, GATEWAY, headers)[0] == 200


def test_a_browser_gets_tokens_by_pressing_allow(sandbox: Sandbox) -> None:
    carried = press(sandbox, decision="allow", app="otherapp")
    assert (carried["from"], carried["state"]) == (["crm"], [ASKED["state"]])
    status, tokens = exchange(sandbox, carried["code"][0])
    assert status == 200
    assert set(tokens) == {"access_token", "refresh_token", "token_type", "expires_in", "scope"}
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 86400
    assert tokens["scope"] == "full|otherapp.infusionsoft.com"
    assert works(sandbox, tokens["access_token"])


def test_deny_carries_an_error_and_the_state(sandbox: Sandbox) -> None:
    carried = press(sandbox, decision="deny", app="demo")
    assert (carried["error"], carried["state"]) == (["access_denied"], [ASKED["state"]])
    assert "code" not in carried


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "nobody"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://shop.example.com/\r\nX: y"},
    ],
)
def test_an_unknown_client_or_address_is_never_redirected_to(sandbox: Sandbox, wrong: dict[str, str]) -> None:
    sandbox.oauth(clients=[{"id": "client", "secret": "secret"}])
    status, location, page = browse(sandbox, "GET", f"/app/oauth/authorize?{urlencode(ASKED | wrong)}")
    assert (status, location) == (400, "")
    assert "not registered" in page


def test_a_registered_address_is_compared_whole(sandbox: Sandbox) -> None:
    registered = {"id": "client", "secret": "secret", "redirect_uris": ["https://shop.example.com/done"]}
    sandbox.oauth(clients=[registered])
    assert browse(sandbox, "GET", f"/app/oauth/authorize?{urlencode(ASKED)}")[0] == 400
    right = urlencode(ASKED | {"redirect_uri": "https://shop.example.com/done"})
    assert browse(sandbox, "GET", f"/app/oauth/authorize?{right}")[0] == 200


def test_the_page_shows_what_was_asked_as_text(sandbox: Sandbox) -> None:
    sandbox.oauth(clients=[{"id": "<b>client", "secret": "secret"}])
    asked = urlencode(ASKED | {"client_id": "<b>client", "state": '"><script>'})
    page = browse(sandbox, "GET", f"/app/oauth/authorize?{asked}")[2]
    assert "&lt;b&gt;client" in page
    assert "<script>" not in page


def test_a_code_works_once_for_its_client_and_address(sandbox: Sandbox) -> None:
    code = press(sandbox, decision="allow")["code"][0]
    assert exchange(sandbox, code)[0] == 200
    status, refusal = exchange(sandbox, code)
    assert (status, refusal["error"]) == (400, "invalid_grant")
    code = press(sandbox, decision="allow")["code"][0]
    assert exchange(sandbox, code, redirect_uri=REDIRECT_URI)[1]["error"] == "invalid_grant"


def test_a_late_code_is_refused(sandbox: Sandbox) -> None:
    sandbox.clock(set="2026-06-01T00:00:00Z", frozen=True)
    code = press(sandbox, decision="allow")["code"][0]
    sandbox.clock(advance=600)
    assert exchange(sandbox, code)[1]["error"] == "invalid_grant"


def test_a_refresh_token_works_once(sandbox: Sandbox) -> None:
    first = sandbox.authorize()
    status, second = sandbox.refresh(first["refresh_token"])
    assert status == 200
    assert works(sandbox, first["access_token"])
    assert works(sandbox, second["access_token"])
    status, refusal = sandbox.refresh(first["refresh_token"])
    assert (status, refusal["error"]) == (400, "invalid_grant")
    assert sandbox.refresh(second["refresh_token"])[0] == 200
    assert [(e["ids"], e["values"]["grant"]) for e in sandbox.effects("token.issued")] == [
        ({"chain": 1, "generation": 1}, "authorization_code"),
        ({"chain": 1, "generation": 2}, "refresh_token"),
        ({"chain": 1, "generation": 3}, "refresh_token"),
    ]


def test_a_reused_refresh_token_may_end_everything(sandbox: Sandbox) -> None:
    sandbox.options(refresh_reuse="revoke_chain")
    other = sandbox.authorize()
    first = sandbox.authorize()
    second = sandbox.refresh(first["refresh_token"])[1]
    assert sandbox.refresh(first["refresh_token"])[0] == 400
    assert sandbox.refresh(second["refresh_token"])[1]["error"] == "invalid_grant"
    assert not works(sandbox, second["access_token"])
    assert works(sandbox, other["access_token"])


def test_a_refresh_may_end_the_access_token_before(sandbox: Sandbox) -> None:
    sandbox.options(refresh_ends_access_token=True)
    first = sandbox.authorize()
    second = sandbox.refresh(first["refresh_token"])[1]
    assert not works(sandbox, first["access_token"])
    assert works(sandbox, second["access_token"])


def test_lifetimes_are_set_and_refresh_tokens_end_too(sandbox: Sandbox) -> None:
    sandbox.clock(set="2026-06-01T00:00:00Z", frozen=True)
    sandbox.oauth(expires_in=5, refresh_expires_in=60)
    tokens = sandbox.authorize()
    assert tokens["expires_in"] == 5
    sandbox.clock(advance=59)
    status, tokens = sandbox.refresh(tokens["refresh_token"])
    assert status == 200
    sandbox.clock(advance=60)
    assert sandbox.refresh(tokens["refresh_token"])[1]["error"] == "invalid_grant"


def test_a_dropped_reply_has_spent_the_refresh_token(sandbox: Sandbox) -> None:
    tokens = sandbox.authorize()
    sandbox.faults({"method": "POST /token", "do": "drop_after"})
    with pytest.raises((HTTPException, OSError)):
        sandbox.refresh(tokens["refresh_token"])
    sandbox.wait_for_call("POST /token", "dropped")
    assert sandbox.refresh(tokens["refresh_token"])[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        ({"do": "http", "status": 503}, 503),
        ({"do": "fault", "code": 1, "text": "x"}, 400),
        ({"do": "invalid_key"}, 401),
    ],
)
def test_misbehaviour_before_the_effect_spends_nothing(
    sandbox: Sandbox, rule: dict[str, object], status: int
) -> None:
    tokens = sandbox.authorize()
    sandbox.faults({"method": "POST /token", "body": "{}", **rule} if rule["do"] == "http" else {**rule})
    assert sandbox.refresh(tokens["refresh_token"])[0] == status
    assert sandbox.refresh(tokens["refresh_token"])[0] == 200


def test_a_json_body_is_refused_in_the_recorded_words(sandbox: Sandbox) -> None:
    body = json.dumps({"grant_type": "refresh_token"}).encode()
    status, _, answer = Wire(sandbox).post(body, "/token", {"Content-Type": "application/json"})
    assert status == 400
    assert json.loads(answer) == {
        "error": "invalid_request",
        "error_description": "response_type or grant_type is required",
    }


@pytest.mark.parametrize(
    ("form", "basic", "status", "error"),
    [
        ({"grant_type": "password"}, "client:secret", 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "", 401, "invalid_client"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "client:wrong", 401, "invalid_client"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, "client:secret", 400, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "client:secret", 400, "invalid_request"),
        ({"grant_type": "authorization_code", "client_id": "client"}, "", 400, "invalid_request"),
    ],
)
def test_wrong_token_requests_are_refused(
    sandbox: Sandbox, form: dict[str, str], basic: str, status: int, error: str
) -> None:
    sandbox.oauth(clients=[{"id": "client", "secret": "secret"}])
    given, refusal = sandbox.token(form, basic)
    assert (given, refusal["error"]) == (status, error)
    assert sandbox.effects() == []


def test_another_clients_refresh_token_is_refused(sandbox: Sandbox) -> None:
    tokens = sandbox.authorize()
    sandbox.oauth(clients=[{"id": "second", "secret": "other"}])
    assert sandbox.refresh(tokens["refresh_token"], "second", "other")[1]["error"] == "invalid_grant"
    assert sandbox.refresh(tokens["refresh_token"])[0] == 200


def test_clients_of_the_command_line_outlive_a_reset() -> None:
    with Sandbox.start(oauth_client="shop:hush") as sandbox:
        sandbox.reset()
        assert sandbox.oauth()["clients"] == ["shop"]
        consent = {"client": "shop", "redirect_uri": REDIRECT_URI}
        code = sandbox.control("POST", "oauth/code", consent)["code"]
        changed = {"client_id": "shop", "client_secret": "hush", "redirect_uri": REDIRECT_URI}
        assert exchange(sandbox, code, **changed)[0] == 200
