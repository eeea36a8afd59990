from __future__ import annotations

import json
import xmlrpc.client

import pytest

from tests.sandbox.conftest import GATEWAY, LEGACY, Wire

PLACEHOLDER = "ignored"


def count_contacts(first: str) -> bytes:
    return xmlrpc.client.dumps((first, "Contact", {}), "DataService.count").encode()


def test_the_legacy_door_takes_the_key_as_first_argument(crm: Wire) -> None:
    assert b"<i4>0</i4>" in crm.post(count_contacts(crm.sandbox.key))[2]


def test_a_wrong_legacy_key_is_fault_2(crm: Wire) -> None:
    status, _, body = crm.post(count_contacts("wrong"))
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(body)
    assert status == 200
    assert (caught.value.faultCode, caught.value.faultString) == (2, "[InvalidKey]Invalid Key")


@pytest.mark.parametrize("path", [GATEWAY, "/crm/xmlrpc"])
@pytest.mark.parametrize("header", ["Authorization", "X-Keap-API-Key"])
def test_the_gateway_takes_a_header_and_ignores_the_first_argument(crm: Wire, path: str, header: str) -> None:
    value = f"Bearer {crm.sandbox.key}" if header == "Authorization" else crm.sandbox.key
    status, _, body = crm.post(count_contacts(PLACEHOLDER), path, {header: value})
    assert status == 200
    assert b"<i4>0</i4>" in body


@pytest.mark.parametrize(
    ("headers", "text"),
    [
        ({}, "Invalid Access Token"),
        ({"Authorization": "Bearer wrong"}, "Invalid Access Token"),
        ({"Authorization": "Basic wrong"}, "Invalid Access Token"),
        ({"X-Keap-API-Key": "wrong"}, "Invalid ApiKey"),
    ],
)
def test_the_gateway_refuses_a_wrong_credential_with_http_401(
    crm: Wire, headers: dict[str, str], text: str
) -> None:
    status, given, body = crm.post(count_contacts(crm.sandbox.key), GATEWAY, headers)
    assert status == 401
    assert given["content-type"] == "application/json"
    assert json.loads(body)["fault"]["faultstring"] == text


def test_the_gateway_reports_the_tenant_and_counts_the_quotas(crm: Wire) -> None:
    key = {"X-Keap-API-Key": crm.sandbox.key}
    crm.post(count_contacts(PLACEHOLDER), GATEWAY, key)
    headers = crm.post(count_contacts(PLACEHOLDER), GATEWAY, key)[1]
    assert headers["x-keap-tenant-id"] == "demo.infusionsoft.com"
    assert headers["x-keap-product-quota-limit"] == "30000"
    assert headers["x-keap-product-quota-used"] == "2"
    assert headers["x-keap-product-quota-available"] == "29998"
    assert headers["x-keap-product-throttle-limit"] == "240"
    assert headers["x-keap-product-spike-limit"] == "10ps"
    assert int(headers["x-keap-product-quota-expiry-time"]) % 86_400_000 == 0


def test_the_legacy_door_has_no_quota_headers(crm: Wire) -> None:
    headers = crm.post(count_contacts(crm.sandbox.key), LEGACY)[1]
    assert not [name for name in headers if name.startswith("x-keap")]


def test_user_info_takes_no_placeholder_and_needs_the_gateway(crm: Wire) -> None:
    body = xmlrpc.client.dumps((), "DataService.getUserInfo").encode()
    answer = crm.post(body, GATEWAY, {"Authorization": f"Bearer {crm.sandbox.key}"})[2]
    assert b"appAlias" in answer
    assert b"[NoAccess]" in crm.post(body)[2]


def test_keys_appear_in_no_control_answer(crm: Wire) -> None:
    crm("ContactService.add", {"Email": "a@example.com"})
    crm.post(count_contacts(PLACEHOLDER), f"{GATEWAY}?access_token={crm.sandbox.key}")
    for path in ("calls", "effects", "faults", "options", "health", "tables/Contact"):
        assert crm.sandbox.key not in json.dumps(crm.sandbox.control("GET", path))
