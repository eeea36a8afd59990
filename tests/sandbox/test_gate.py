from __future__ import annotations

import json
import xmlrpc.client

import pytest

from tests.sandbox.conftest import GATEWAY, LEGACY, Wire
from tests.sandbox_client import Sandbox

OTHER_KEY = "a-key-made-by-the-test"


def add(first: str = "ignored") -> bytes:
    return xmlrpc.client.dumps((first, {"Email": "ann@example.com"}), "ContactService.add").encode()


def call(crm: Wire, key: str, header: str = "X-Keap-API-Key") -> tuple[int, dict[str, str], bytes]:
    value = f"Bearer {key}" if header == "Authorization" else key
    return crm.post(add(), GATEWAY, {header: value})


def reason(body: bytes) -> tuple[str, str]:
    fault = json.loads(body)["fault"]
    return fault["faultstring"], fault["detail"]["errorcode"]


def test_a_key_of_another_app_names_that_app_everywhere(crm: Wire) -> None:
    crm.sandbox.credential(OTHER_KEY, app="elsewhere")
    assert call(crm, OTHER_KEY)[1]["x-keap-tenant-id"] == "elsewhere.infusionsoft.com"
    info = crm.post(
        xmlrpc.client.dumps((), "DataService.getUserInfo").encode(), GATEWAY, {"X-Keap-API-Key": OTHER_KEY}
    )[2]
    assert b"elsewhere" in info


def test_a_key_of_another_app_does_not_open_this_apps_legacy_door(crm: Wire) -> None:
    crm.sandbox.credential(OTHER_KEY)
    assert b"<i4>" in crm.post(add(OTHER_KEY), LEGACY)[2]
    crm.sandbox.credential(OTHER_KEY, app="elsewhere")
    assert b"[InvalidKey]" in crm.post(add(OTHER_KEY), LEGACY)[2]


@pytest.mark.parametrize("state", ["revoked", "expired"])
def test_a_key_that_was_ended_is_refused_at_both_doors(crm: Wire, state: str) -> None:
    crm.sandbox.credential(crm.sandbox.key, state=state)
    status, _, body = call(crm, crm.sandbox.key)
    assert (status, reason(body)) == (401, ("Invalid ApiKey", "oauth.v2.InvalidApiKey"))
    assert b"[InvalidKey]" in crm.post(add(crm.sandbox.key), LEGACY)[2]
    crm.sandbox.credential(crm.sandbox.key, state="active")
    assert call(crm, crm.sandbox.key)[0] == 200


def test_a_key_may_end_by_the_clock(crm: Wire) -> None:
    crm.sandbox.clock(set="2026-06-01T00:00:00Z", frozen=True)
    crm.sandbox.credential(OTHER_KEY, expires_in=60)
    seen = [call(crm, OTHER_KEY)[0]]
    for _ in range(2):
        crm.sandbox.clock(advance=30)
        seen.append(call(crm, OTHER_KEY)[0])
    assert seen == [200, 200, 401]


@pytest.mark.parametrize("path", [GATEWAY, "/crm/xmlrpc"])
def test_the_gateway_takes_an_access_token_in_the_query(crm: Wire, path: str) -> None:
    token = crm.sandbox.authorize()["access_token"]
    assert crm.post(add(), f"{path}?access_token={token}")[0] == 200
    assert crm.post(add(), f"{path}?access_token=wrong")[0] == 401


def test_rest_takes_no_token_in_the_query(crm: Wire) -> None:
    assert crm.post(b"{}", f"/crm/rest/v1/contacts?access_token={crm.sandbox.key}")[0] == 401


def test_an_access_token_is_a_bearer_token_and_no_api_key(crm: Wire) -> None:
    token = crm.sandbox.authorize(app="elsewhere")["access_token"]
    status, headers, _ = call(crm, token, "Authorization")
    assert (status, headers["x-keap-tenant-id"]) == (200, "elsewhere.infusionsoft.com")
    assert reason(call(crm, token)[2])[0] == "Invalid ApiKey"
    assert b"[InvalidKey]" in crm.post(add(token), LEGACY)[2]


def test_a_refresh_token_opens_nothing(crm: Wire) -> None:
    assert call(crm, crm.sandbox.authorize()["refresh_token"], "Authorization")[0] == 401


def test_an_expired_access_token_is_refused_in_its_own_words(crm: Wire) -> None:
    crm.sandbox.clock(set="2026-06-01T00:00:00Z", frozen=True)
    crm.sandbox.oauth(expires_in=20)
    token = crm.sandbox.authorize()["access_token"]
    crm.sandbox.clock(advance=19)
    assert call(crm, token, "Authorization")[0] == 200
    crm.sandbox.clock(advance=1)
    status, _, body = call(crm, token, "Authorization")
    expected = ("Access Token expired", "keymanagement.service.access_token_expired")
    assert (status, reason(body)) == (401, expected)
    assert [one["number"] for one in crm.sandbox.effects("contact.created")] == [2]


def test_all_tokens_of_a_client_can_be_ended_at_once(crm: Wire) -> None:
    tokens = [crm.sandbox.authorize(app=app)["access_token"] for app in ("demo", "elsewhere")]
    ended = {"client": "client", "kind": "access_token", "state": "revoked"}
    assert crm.sandbox.control("POST", "credentials", ended) == {"changed": 2}
    assert [call(crm, token, "Authorization")[0] for token in tokens] == [401, 401]
    assert call(crm, crm.sandbox.key)[0] == 200


def test_a_reset_brings_back_the_keys_of_the_command_line_only(crm: Wire) -> None:
    token = crm.sandbox.authorize()["access_token"]
    crm.sandbox.credential(OTHER_KEY)
    crm.sandbox.credential(crm.sandbox.key, state="revoked")
    crm.sandbox.reset()
    assert call(crm, crm.sandbox.key)[0] == 200
    assert call(crm, OTHER_KEY)[0] == 401
    assert call(crm, token, "Authorization")[0] == 401


def test_no_control_answer_shows_a_secret(crm: Wire) -> None:
    tokens = crm.sandbox.authorize(secret="the-client-secret")
    crm.sandbox.credential(OTHER_KEY)
    call(crm, tokens["access_token"], "Authorization")
    shown = "".join(
        json.dumps(crm.sandbox.control("GET", path))
        for path in ("credentials", "oauth", "quota", "clock", "brownouts", "calls", "effects")
    )
    hidden = (
        OTHER_KEY,
        crm.sandbox.key,
        "the-client-secret",
        tokens["access_token"],
        tokens["refresh_token"],
    )
    assert [secret for secret in hidden if secret in shown] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"credential": "x", "client": "y"},
        {"credential": "x", "state": "lost"},
        {"credential": "x", "app": "Not an app"},
        {"credential": 5},
        [],
    ],
)
def test_a_wrong_credential_order_is_refused(sandbox: Sandbox, wrong: object) -> None:
    with pytest.raises(RuntimeError):
        sandbox.control("POST", "credentials", wrong)
    assert [one["kind"] for one in sandbox.control("GET", "credentials")["credentials"]] == ["service_key"]
