"""Which credentials REST takes, and what of them is seen."""

from __future__ import annotations

import pytest

from crm.credentials import BearerToken, Endpoints, HeaderKey, LegacyKey
from crm.errors import ConfigurationError, CrmRejected, NotSent
from crm.records import MerchantMode
from crm.rest.adapter import RestCrm
from tests.crm.doubles import KEY, Recorder
from tests.crm.rest.rest_helpers import answer, rest_at
from tests.crm.wire_server import sends, wire_server

ENDPOINTS = Endpoints(gateway_url="http://127.0.0.1:9/")


def test_a_legacy_key_names_the_cure() -> None:
    with pytest.raises(ConfigurationError) as caught:
        RestCrm(LegacyKey("demo", KEY), endpoints=ENDPOINTS)
    assert caught.value.setting == "credentials" and "XML-RPC" in caught.value.message


@pytest.mark.parametrize("key", ["", "two words", "naïve", "line\nbreak"])
def test_a_key_that_could_not_be_sent_is_refused(key: str) -> None:
    for credentials in (HeaderKey(key), BearerToken(key)):
        with pytest.raises(ConfigurationError):
            RestCrm(credentials, endpoints=ENDPOINTS)


@pytest.mark.parametrize(
    ("credentials", "header"),
    [(HeaderKey(KEY), b"X-Keap-API-Key: "), (BearerToken(KEY), b"Authorization: Bearer ")],
)
def test_the_key_travels_in_its_header_and_is_never_shown(
    credentials: HeaderKey | BearerToken, header: bytes
) -> None:
    recorder = Recorder()
    echo = answer({"message": f"The key {KEY} is not valid"}, "400 Bad Request")
    with wire_server(sends(echo)) as server:
        endpoints = Endpoints(gateway_url=server.url + "/")
        with (
            RestCrm(credentials, endpoints=endpoints, observer=recorder) as crm,
            pytest.raises(CrmRejected) as caught,
        ):
            crm.create_tag(f"a {KEY}")
        (request,) = server.requests
    assert request.startswith(b"POST /crm/rest/v2/tags HTTP/1.1\r\n")
    assert header + KEY.encode() in request
    assert KEY not in repr(recorder) + repr(vars(caught.value)) + repr(credentials)


def test_a_key_that_looks_like_nothing_special_is_masked() -> None:
    """No pattern knows it: only that it is this connection's own."""
    key, recorder = "plain-words-of-a-key", Recorder()
    with wire_server(sends(answer({"message": f"nothing about {key}"}, "400 Bad Request"))) as server:
        endpoints = Endpoints(gateway_url=server.url + "/")
        with (
            RestCrm(HeaderKey(key), endpoints=endpoints, observer=recorder) as crm,
            pytest.raises(CrmRejected) as caught,
        ):
            crm.create_tag(f"of {key}")
    assert key not in repr(recorder) + repr(vars(caught.value))


def test_a_default_account_that_is_not_listed_counts_as_live() -> None:
    told = {"default_merchant_account_id": "9", "merchant_accounts": [{"id": "3", "is_test": True}]}
    with wire_server(sends(answer(told))) as server, rest_at(server.url) as crm:
        assert crm.read_merchant_mode() is MerchantMode.LIVE


def test_a_refused_observer_stops_the_request() -> None:
    recorder = Recorder(refuse=True)
    with wire_server(sends(answer({}))) as server, rest_at(server.url, observer=recorder) as crm:
        with pytest.raises(NotSent):
            crm.create_tag("a")
        assert (server.connections, recorder.outcomes) == (0, [])
