"""One POST, sent once: connections, refusals, redirects, and what the observer is told."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest
import requests
from requests.adapters import HTTPAdapter

from crm.credentials import BearerToken, LegacyKey
from crm.errors import ConfigurationError, CredentialsRejected, NotSent, OutcomeUnknown, TransientError
from crm.http.session import new_session
from crm.records import ContactData, DuplicateCheck, OrderRef
from crm.xmlrpc.adapter import PLACEHOLDER
from tests.crm.certificates import server_context
from tests.crm.doubles import KEY, Recorder, crm_at
from tests.crm.wire_server import EMPTY_LIST, OK_ONE, fault, http, sends, wire_server

LEGACY = LegacyKey("ab123", "0123456789abcdef0123456789abcdef")


def answer_once_then_hang_up(connection: socket.socket, number: int) -> bool:
    if number == 1:
        connection.sendall(http(OK_ONE))
    return number == 1


def hang_up(_connection: socket.socket, _number: int) -> bool:
    return False


def test_it_reuses_a_connection() -> None:
    with wire_server(sends(http(OK_ONE))) as server, crm_at(server.url) as crm:
        assert [crm.create_tag("a"), crm.create_tag("b")] == [1, 1]
        assert (server.connections, len(server.requests)) == (1, 2)


def test_a_kept_connection_that_closes_after_receipt_is_not_sent_again() -> None:
    with wire_server(answer_once_then_hang_up) as server, crm_at(server.url) as crm:
        crm.create_tag("first")
        with pytest.raises(OutcomeUnknown) as caught:
            crm.create_tag("second")
        assert caught.value.label == "connection-broken"
        assert (server.connections, len(server.requests)) == (1, 2)


def test_a_fresh_connection_that_closes_after_receipt_is_not_sent_again() -> None:
    with wire_server(hang_up) as server, crm_at(server.url) as crm:
        with pytest.raises(OutcomeUnknown):
            crm.create_tag("a")
        with pytest.raises(TransientError):
            crm.load_tags([1])
        assert len(server.requests) == 2


def test_a_connection_closed_while_idle_is_replaced_before_anything_is_sent() -> None:
    with wire_server(sends(http(OK_ONE), keep=False)) as server, crm_at(server.url) as crm:
        crm.create_tag("a")
        server._threads[0].join()
        crm.create_tag("b")
        assert (server.connections, len(server.requests)) == (2, 2)


def test_a_reset_is_unknown() -> None:
    def reset(connection: socket.socket, _number: int) -> bool:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        return False

    with wire_server(reset) as server, crm_at(server.url) as crm:
        with pytest.raises(OutcomeUnknown):
            crm.create_tag("a")
        assert len(server.requests) == 1


def test_a_refused_connection_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with crm_at(url) as crm, pytest.raises(NotSent) as caught:
        crm.create_tag("a")
    assert caught.value.label == "no-connection"


def test_an_address_that_does_not_exist_is_not_sent() -> None:
    with crm_at("http://crm.invalid") as crm, pytest.raises(NotSent) as caught:
        crm.create_tag("a")
    assert (caught.value.label, caught.value.setting) == ("no-address", "credentials")


@pytest.mark.parametrize("trusted", [False, True])
def test_a_certificate_of_nobody_or_of_another_host_is_refused(tmp_path: Path, trusted: bool) -> None:
    context, authority = server_context(tmp_path, host="elsewhere.example")
    session = new_session()
    if trusted:
        session.verify = str(authority)
    with wire_server(sends(http(OK_ONE)), context) as server, session:
        with pytest.raises(NotSent) as caught:
            crm_at(server.url, session=session).create_tag("a")
        assert (caught.value.label, server.requests) == ("no-tls", [])


def test_a_proper_certificate_is_accepted(tmp_path: Path) -> None:
    context, authority = server_context(tmp_path, host="127.0.0.1")
    session = new_session()
    session.verify = str(authority)
    with wire_server(sends(http(OK_ONE)), context) as server, session:
        crm = crm_at(server.url, session=session)
        assert [crm.create_tag("a"), crm.create_tag("b")] == [1, 1]
        assert server.connections == 1


def test_a_server_without_tls_is_not_sent_anything() -> None:
    with wire_server(sends(http(OK_ONE))) as server:
        with crm_at(server.url.replace("http", "https")) as crm, pytest.raises(NotSent):
            crm.create_tag("a")
        assert not any(KEY.encode() in request for request in server.requests)


def test_a_handshake_that_is_broken_off_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        closer = threading.Thread(target=lambda: listener.accept()[0].close())
        closer.start()
        with crm_at(url) as crm, pytest.raises(NotSent):
            crm.create_tag("a")
        closer.join()


def test_a_kept_tls_connection_that_closes_after_receipt_is_unknown(tmp_path: Path) -> None:
    context, authority = server_context(tmp_path, host="127.0.0.1")
    session = new_session()
    session.verify = str(authority)
    with wire_server(answer_once_then_hang_up, context) as server, session:
        crm = crm_at(server.url, session=session)
        crm.create_tag("first")
        with pytest.raises(OutcomeUnknown):
            crm.create_tag("second")
        assert (server.connections, len(server.requests)) == (1, 2)


def test_a_handshake_that_hangs_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with crm_at(url, connect_timeout_seconds=0.2) as crm, pytest.raises(NotSent) as caught:
            crm.create_tag("a")
    assert caught.value.label == "no-connection"


def test_a_redirect_is_not_followed() -> None:
    with wire_server(sends(http(OK_ONE))) as target:
        moved = http(b"x" * 100, "307 Temporary Redirect", f"Location: {target.url}/\r\n")
        with wire_server(sends(moved)) as server, crm_at(server.url) as crm:
            with pytest.raises(OutcomeUnknown) as caught:
                crm.create_tag("a")
            assert caught.value.label == "redirected"
        assert target.requests == []


def test_no_reply_in_time_is_unknown_for_a_write() -> None:
    recorder = Recorder()
    with wire_server(lambda _connection, _number: True) as server:
        with crm_at(server.url, observer=recorder, read_timeout_seconds=0.2) as crm:
            with pytest.raises(OutcomeUnknown) as caught:
                crm.create_tag("a")
            assert caught.value.label == "no-reply-in-time"
            with pytest.raises(TransientError):
                crm.load_tags([1])
        assert len(server.requests) == 2
    assert [outcome.http_status for outcome in recorder.outcomes] == [None, None]


@pytest.mark.parametrize(
    ("credentials", "path", "header", "first"),
    [
        (None, b"/crm/xmlrpc/v1", f"X-Keap-API-Key: {KEY}", PLACEHOLDER),
        (BearerToken("secret-token"), b"/crm/xmlrpc/v1", "Authorization: Bearer secret-token", PLACEHOLDER),
        (LEGACY, b"/api/xmlrpc", "", LEGACY.key),
    ],
)
def test_the_key_goes_where_its_kind_belongs(credentials, path, header, first) -> None:  # type: ignore[no-untyped-def]
    with wire_server(sends(http(OK_ONE))) as server, crm_at(server.url, credentials) as crm:
        crm.create_tag("a")
    request = server.requests[0]
    assert request.startswith(b"POST " + path + b" HTTP/1.1\r\n")
    assert header.encode() in request
    assert f"<params><param><value><string>{first}</string>".encode() in request
    assert b"Accept-Encoding: gzip\r\n" in request


@pytest.mark.parametrize(
    "name", ["", "AB1", "ab.evil", "ab/", "ab@x", "ab:80", "a b", "ab\r\nX: y", "a" * 32]
)
def test_a_hostile_app_name_is_refused_before_anything_is_sent(name: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        crm_at("", LegacyKey(name, "0123456789abcdef"))
    assert caught.value.setting == "credentials"


@pytest.mark.parametrize("key", ["", "with blank", "line\nbreak", "ümlaut"])
def test_a_key_that_cannot_be_sent_is_refused(key: str) -> None:
    with pytest.raises(ConfigurationError):
        crm_at("http://127.0.0.1:1", BearerToken(key))


def test_a_session_that_retries_is_refused() -> None:
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(max_retries=2))
        with pytest.raises(ValueError, match="retry"):
            crm_at("http://127.0.0.1:1", session=session)


def test_a_session_that_verifies_nothing_is_refused() -> None:
    with requests.Session() as session:
        session.verify = False
        with pytest.raises(ValueError, match="verify"):
            crm_at("https://127.0.0.1:1", session=session)


def test_proxies_and_cookies_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with wire_server(sends(http(OK_ONE, headers="Set-Cookie: app-lb=1\r\n"))) as server:
        with crm_at(server.url) as crm:
            crm.create_tag("a")
            crm.create_tag("b")
        assert b"cookie" not in server.requests[1].lower()


def test_the_observer_hears_of_a_call_before_and_after() -> None:
    recorder = Recorder()
    reply = http(OK_ONE, headers="x-keap-tenant-id: ab123.infusionsoft.com\r\n")
    with wire_server(sends(reply)) as server, crm_at(server.url, observer=recorder) as crm:
        crm.create_tag("Gold & Silver")
    (call,), (outcome,) = recorder.calls, recorder.outcomes
    assert (call.operation, call.method, call.protocol) == ("create_tag", "DataService.add", "xmlrpc")
    assert call.writes
    assert call.request == '["ContactGroup", {"GroupName": "Gold & Silver"}]'
    assert (outcome.call, outcome.http_status, outcome.response) == (call, 200, "1")
    assert (outcome.error_class, outcome.error, outcome.app_name) == ("", "", "ab123")
    assert outcome.started_at.tzinfo is not None and outcome.duration_ms >= 0


def test_the_observer_hears_of_a_failed_call_once() -> None:
    recorder = Recorder()
    with (
        wire_server(sends(http(fault(2, "[InvalidKey]Invalid Key")))) as server,
        crm_at(server.url, LEGACY, observer=recorder) as crm,
        pytest.raises(CredentialsRejected) as caught,
    ):
        crm.create_tag("a")
    (outcome,) = recorder.outcomes
    assert (outcome.error_class, outcome.error) == ("configuration", caught.value.message)
    assert outcome.response == '{"faultCode": 2, "faultString": "[InvalidKey]Invalid Key"}'
    assert outcome.app_name == "ab123"


def test_an_observer_that_says_no_stops_the_call() -> None:
    recorder = Recorder(refuse=True)
    with wire_server(sends(http(OK_ONE))) as server, crm_at(server.url, observer=recorder) as crm:
        with pytest.raises(NotSent):
            crm.create_tag("a")
        assert (server.connections, recorder.outcomes) == (0, [])


def test_a_reply_of_the_wrong_kind_is_reported_as_unknown_for_a_write() -> None:
    recorder = Recorder()
    with wire_server(sends(http(EMPTY_LIST))) as server, crm_at(server.url, observer=recorder) as crm:
        with pytest.raises(OutcomeUnknown) as caught:
            crm.create_tag("a")
        with pytest.raises(TransientError):
            crm.list_payment_types()
        assert caught.value.label == "reply-unusable"
    assert [outcome.error_class for outcome in recorder.outcomes] == ["unknown", "transient"]


def test_no_secret_reaches_the_record_or_an_error() -> None:
    recorder = Recorder()
    echo = http(fault(0, f"No such handler for {LEGACY.key}"))
    card = "4111 1111 1111 1111"
    order = OrderRef(invoice_id=1, order_id=2)
    with (
        wire_server(sends(echo)) as server,
        crm_at(server.url, LEGACY, observer=recorder) as crm,
        pytest.raises(ConfigurationError) as caught,
    ):
        crm.set_order_fields(order, {"_Key": LEGACY.key}, notes=card)
    written = recorder.calls[0].request + recorder.outcomes[0].response + caught.value.detail + repr(crm)
    assert LEGACY.key not in written
    assert card not in written
    assert "_Key" in recorder.calls[0].request


def test_what_is_recorded_is_bounded() -> None:
    recorder = Recorder()
    big = http(OK_ONE.replace(b"<i4>1</i4>", b"y" * 50_000))
    with (
        wire_server(sends(big)) as server,
        crm_at(server.url, observer=recorder) as crm,
        pytest.raises(OutcomeUnknown),
    ):
        crm.create_tag("x" * 50_000)
    assert len(recorder.calls[0].request) <= 8000
    assert len(recorder.outcomes[0].response) <= 8000


def test_an_upsert_without_an_address_is_refused_unsent() -> None:
    with crm_at("http://127.0.0.1:1") as crm, pytest.raises(Exception, match="Without an e-mail"):
        crm.upsert_contact(ContactData(first_name="Ann"), DuplicateCheck.EMAIL)
