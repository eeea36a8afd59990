"""The token endpoint: what each answer means, sent once, to the vendor alone, with no secret told."""

from __future__ import annotations

import json
import time
from base64 import b64encode
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from crm.errors import ConfigurationError, CrmError, NotSent, OutcomeUnknown, Throttled
from crm.oauth import (
    LIFE_IF_UNSAID_SECONDS,
    ClientRefused,
    GrantRefused,
    OAuthClient,
    TokenEndpoint,
    app_of_scope,
    authorize_url,
)
from tests.crm.certificates import server_context
from tests.crm.doubles import Recorder
from tests.crm.wire_server import Behave, http, sends, wire_server

CLIENT = OAuthClient("the-client", "the-secret")
PAIR = {
    "access_token": "access-1",
    "refresh_token": "refresh-2",
    "token_type": "bearer",
    "expires_in": 86400,
    "scope": "full|ab123.infusionsoft.com",
}


def reply(content: object = PAIR, status: str = "200 OK", headers: str = "") -> bytes:
    return http(json.dumps(content).encode(), status=status, headers=headers)


def endpoint(url: str, recorder: Recorder | None = None) -> TokenEndpoint:
    return TokenEndpoint(
        CLIENT, gateway_url=url, observer=recorder, connect_timeout_seconds=2, read_timeout_seconds=1
    )


def test_a_refresh_is_a_form_with_basic_and_gives_the_next_pair() -> None:
    with wire_server(sends(reply())) as server:
        pair = endpoint(server.url).refresh("refresh-1")
    assert (pair.access_token, pair.refresh_token, pair.life_seconds, pair.app) == (
        "access-1",
        "refresh-2",
        86400,
        "ab123",
    )
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /token HTTP/1.1")
    assert b"application/x-www-form-urlencoded" in head
    assert b"Basic " + b64encode(b"the-client:the-secret") in head
    assert parse_qs(body.decode()) == {"grant_type": ["refresh_token"], "refresh_token": ["refresh-1"]}


def test_a_code_is_exchanged_in_the_body() -> None:
    with wire_server(sends(reply())) as server:
        endpoint(server.url).exchange("a code", "https://here/back")
    form = parse_qs(server.requests[0].partition(b"\r\n\r\n")[2].decode())
    assert form == {
        "grant_type": ["authorization_code"],
        "client_id": ["the-client"],
        "client_secret": ["the-secret"],
        "code": ["a code"],
        "redirect_uri": ["https://here/back"],
    }


INVALID_GRANT = {"error": "invalid_grant", "error_description": "Invalid refresh token"}
APIGEE_GRANT = {
    "fault": {
        "faultstring": "Invalid Refresh Token",
        "detail": {"errorcode": "keymanagement.service.invalid_refresh_token"},
    }
}
REFUSALS: dict[str, tuple[bytes, type[CrmError]]] = {
    "the grant is used up": (reply(INVALID_GRANT, "400 Bad Request"), GrantRefused),
    "the grant is used up, by 401": (reply(INVALID_GRANT, "401 Unauthorized"), GrantRefused),
    "the gateway's own words": (reply(APIGEE_GRANT, "401 Unauthorized"), GrantRefused),
    "unknown client": (reply({"error": "invalid_client"}, "401 Unauthorized"), ClientRefused),
    "a bare 401": (reply({}, "401 Unauthorized"), ClientRefused),
    "unauthorized client": (reply({"error": "unauthorized_client"}, "400 Bad Request"), ClientRefused),
    "another refusal": (reply({"error": "invalid_request"}, "400 Bad Request"), ConfigurationError),
    "too many": (reply({}, "429 Too Many Requests", "Retry-After: 7\r\n"), Throttled),
    "an outage": (reply({}, "503 Service Unavailable"), OutcomeUnknown),
    "no JSON": (http(b"<html>"), OutcomeUnknown),
    "nothing": (http(b""), OutcomeUnknown),
    "a list": (reply([]), OutcomeUnknown),
    "no token": (reply({"expires_in": 5}), OutcomeUnknown),
    "a token with a line break": (reply({**PAIR, "access_token": "a\r\nX: y"}), OutcomeUnknown),
    "a token that is no text": (reply({**PAIR, "refresh_token": {"a": 1}}), OutcomeUnknown),
    "nested too deep": (http(b"[" * 10_000 + b"]" * 10_000), OutcomeUnknown),
    "far too large": (http(b'{"a": "' + b"x" * 100_000 + b'"}'), OutcomeUnknown),
    "cut short": (http(b'{"access', length=500), OutcomeUnknown),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_each_answer_means(name: str) -> None:
    answer, expected = REFUSALS[name]
    with wire_server(sends(answer, keep=False)) as server:
        with pytest.raises(CrmError) as caught:
            endpoint(server.url).refresh("refresh-1")
        assert len(server.requests) == 1
    assert type(caught.value) is expected
    if expected is Throttled:
        assert caught.value.retry_after_seconds == 7  # type: ignore[attr-defined]


def test_a_broken_connection_leaves_the_outcome_open_and_is_not_repeated() -> None:
    with wire_server(lambda connection, number: False) as server:
        with pytest.raises(OutcomeUnknown):
            endpoint(server.url).refresh("refresh-1")
        assert len(server.requests) == 1


def test_an_unreachable_vendor_is_surely_nothing_sent() -> None:
    with pytest.raises(NotSent):
        endpoint("http://127.0.0.1:9").refresh("refresh-1")


def test_a_reply_that_trickles_is_given_up() -> None:
    def trickle(connection: object, number: int) -> bool:
        for byte in http(b"x" * 400):
            time.sleep(0.05)
            connection.sendall(bytes([byte]))  # type: ignore[attr-defined]
        return False

    behave: Behave = trickle
    with wire_server(behave) as server:
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            endpoint(server.url).refresh("refresh-1")
        assert time.monotonic() - began < 10


@pytest.mark.parametrize("status", ["302 Found", "307 Temporary Redirect"])
def test_a_redirect_is_not_followed(status: str) -> None:
    with wire_server(sends(reply())) as elsewhere:
        away = http(b"", status=status, headers=f"Location: {elsewhere.url}/token\r\n")
        with wire_server(sends(away)) as server, pytest.raises(OutcomeUnknown):
            endpoint(server.url).refresh("refresh-1")
        assert elsewhere.requests == []


def test_a_certificate_nobody_vouches_for_gets_no_secret(tmp_path: Path) -> None:
    context, _ = server_context(tmp_path, host="127.0.0.1")
    with wire_server(sends(reply()), tls=context) as server:
        with pytest.raises(NotSent):
            endpoint(server.url).refresh("refresh-1")
        assert server.requests == []


def test_the_observer_hears_of_the_call_and_of_no_secret() -> None:
    recorder = Recorder()
    with wire_server(sends(reply(), reply(INVALID_GRANT, "400 Bad Request"))) as server:
        asks = endpoint(server.url, recorder)
        asks.refresh("refresh-1")
        with pytest.raises(GrantRefused):
            asks.exchange("the-code", "https://here/back")
    assert [outcome.call.operation for outcome in recorder.outcomes] == ["renew_tokens", "connect"]
    heard = repr((recorder.outcomes, CLIENT, server.url))
    for secret in ("refresh-1", "refresh-2", "access-1", "the-code", "the-secret"):
        assert secret not in heard


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        (28800, 28800),
        ("3600", 3600),
        (None, LIFE_IF_UNSAID_SECONDS),
        ("soon", LIFE_IF_UNSAID_SECONDS),
        (-5, 0),
        (10**400, LIFE_IF_UNSAID_SECONDS),
        (10**12, 366 * 86400),
    ],
)
def test_the_reply_says_how_long_the_token_lives(told: object, seconds: float) -> None:
    with wire_server(sends(reply({**PAIR, "expires_in": told}))) as server:
        assert endpoint(server.url).refresh("refresh-1").life_seconds == seconds


@pytest.mark.parametrize(
    ("scope", "app"),
    [
        ("full|ab123.infusionsoft.com", "ab123"),
        ("full|AB123.infusionsoft.com", "ab123"),
        ("full", ""),
        ("", ""),
        (None, ""),
        ("full|evil.example.com", ""),
        ("full|a/b#.infusionsoft.com", ""),
        ("full|a@b.infusionsoft.com", ""),
        ("full|ü.infusionsoft.com", ""),
        ("full|a.b.infusionsoft.com", ""),
    ],
)
def test_the_scope_names_the_app_or_nothing(scope: object, app: str) -> None:
    assert app_of_scope(scope) == app


def test_the_address_for_the_person_is_the_vendor_s() -> None:
    parts = urlsplit(authorize_url("id&x=1", redirect_uri="https://here/?a=b", state="s/+="))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == (
        "https://accounts.infusionsoft.com/app/oauth/authorize"
    )
    assert parse_qs(parts.query) == {
        "client_id": ["id&x=1"],
        "redirect_uri": ["https://here/?a=b"],
        "response_type": ["code"],
        "scope": ["full"],
        "state": ["s/+="],
    }
