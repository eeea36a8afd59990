"""The door and the misbehaviour, which are the same for REST as for XML-RPC."""

from __future__ import annotations

import json
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any

import pytest

from tests.sandbox.rest.conftest import Rest

PLACE = "POST /v2/contacts"
BO = {"email_addresses": [{"email": "bo@example.com", "field": "EMAIL1"}]}
DROPPED = (RemoteDisconnected, ConnectionResetError)
SOON = 0.2


def contacts(v2: Rest) -> int:
    return len(v2.effects("contact.created"))


@pytest.mark.parametrize("base", ["/crm/rest/v2", "/rest/v2", "/crm/rest/v1", "/rest/v1"])
def test_all_addresses_lead_to_the_same_contacts(v2: Rest, contact: int, base: str) -> None:
    response = v2.send("GET", f"{base}/contacts/{contact}")
    assert (response.status, str(response.body["id"])) == (200, str(contact))
    assert response.headers["content-type"] == "application/json"


def test_xml_rpc_and_rest_see_the_same_rows(v2: Rest) -> None:
    made = v2("POST", "/contacts", {**BO, "given_name": "Bö 😀"})
    assert v2.sandbox.rows("Contact")[0]["FirstName"] == "Bö 😀"
    [effect] = v2.effects("contact.created")
    assert (effect["ids"], effect["method"]) == ({"contact": int(made["id"])}, PLACE)


@pytest.mark.parametrize(
    ("headers", "word"),
    [
        ({"Authorization": "Bearer wrong"}, "Invalid Access Token"),
        ({"Authorization": ""}, "Invalid Access Token"),
        ({"Authorization": "", "X-Keap-API-Key": "wrong"}, "Invalid ApiKey"),
    ],
)
def test_a_wrong_credential_is_refused_in_the_gateways_words(
    v2: Rest, headers: dict[str, str], word: str
) -> None:
    response = v2.send("POST", "/crm/rest/v2/contacts", json.dumps(BO).encode(), headers)
    assert (response.status, response.body["fault"]["faultstring"]) == (401, word)
    assert contacts(v2) == 0


def test_a_key_works_as_token_and_as_key(v2: Rest) -> None:
    headers = {"Authorization": "", "X-Keap-API-Key": v2.sandbox.key}
    response = v2.send("GET", "/crm/rest/v2/contacts", None, headers)
    assert response.status == 200
    assert response.headers["x-keap-tenant-id"] == "demo.infusionsoft.com"


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/crm/rest/v2/nothing", 404),
        ("GET", "/crm/rest/v2/contacts/nothing", 404),
        ("GET", "/crm/rest/v2/contacts/999999999999999999999", 404),
        ("PUT", "/crm/rest/v2/contacts", 405),
        ("DELETE", "/crm/rest/v2/tags", 405),
        ("DELETE", "/crm/rest/v1/products", 405),
        ("GET", "/crm/rest/v1/nothing", 404),
    ],
)
def test_what_is_not_there_is_refused(v2: Rest, verb: str, path: str, status: int) -> None:
    response = v2.send(verb, path)
    assert response.status == status
    if "/v2/" in path:
        assert (response.body["code"], bool(response.body["message"])) == (status, True)
    else:
        assert list(response.body) == ["message"]


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"x"', b"", b"\xff", b'{"given_name": NaN}'])
def test_what_is_no_json_object_is_refused(v2: Rest, body: bytes) -> None:
    response = v2.send("POST", "/crm/rest/v2/contacts", body)
    assert (response.status, response.body["status"]) == (400, "INVALID_ARGUMENT")


@pytest.mark.parametrize(("kind", "effects"), [("drop_before", 0), ("drop_after", 1)])
def test_the_connection_is_dropped_without_a_byte(v2: Rest, kind: str, effects: int) -> None:
    v2.sandbox.faults({"method": PLACE, "do": kind})
    with pytest.raises(DROPPED):
        v2("POST", "/contacts", BO)
    assert contacts(v2) == effects
    call = v2.sandbox.wait_for_call(PLACE, "dropped")
    assert (call["applied"], call["misbehaviour"]) == (bool(effects), kind)


def test_an_effect_can_land_after_the_connection_was_dropped(v2: Rest) -> None:
    v2.sandbox.faults({"method": PLACE, "do": "drop_late", "seconds": SOON})
    with pytest.raises(DROPPED):
        v2("POST", "/contacts", BO)
    v2.sandbox.wait_for_call(PLACE, "applied")
    assert contacts(v2) == 1


@pytest.mark.parametrize("kind", ["delay", "hold"])
def test_a_slow_call_still_takes_effect_once(v2: Rest, kind: str) -> None:
    v2.sandbox.faults({"method": PLACE, "do": kind, "seconds": SOON})
    v2("POST", "/contacts", BO)
    assert contacts(v2) == 1


@pytest.mark.parametrize(
    ("base", "members"), [("v2", {"code", "message", "status", "details"}), ("v1", {"message"})]
)
def test_an_ordered_fault_is_a_400(v2: Rest, contact: int, base: str, members: set[str]) -> None:
    v2.sandbox.faults({"do": "fault", "code": 4, "text": "Try again"})
    response = v2.send("GET", f"/crm/rest/{base}/contacts/{contact}")
    assert (response.status, response.body["message"], set(response.body)) == (400, "Try again", members)


@pytest.mark.parametrize("after_effect", [False, True])
def test_other_answers_before_or_after_the_effect(v2: Rest, after_effect: bool) -> None:
    rule: dict[str, Any] = {"method": PLACE, "after_effect": after_effect}
    v2.sandbox.faults(
        {**rule, "do": "http", "status": 429, "headers": {"Retry-After": "2"}},
        {**rule, "do": "garbage"},
    )
    body = json.dumps(BO).encode()
    throttled = v2.send("POST", "/crm/rest/v2/contacts", body)
    page = v2.send("POST", "/crm/rest/v2/contacts", body)
    assert (throttled.status, throttled.headers["retry-after"]) == (429, "2")
    assert page.raw.startswith(b"<html>")
    assert contacts(v2) == 2 * after_effect


def test_empty_and_half_replies_after_the_effect(v2: Rest) -> None:
    v2.sandbox.faults(
        {"method": PLACE, "do": "empty"},
        {"method": PLACE, "do": "truncated", "call": 2, "complete_http": True},
        {"method": PLACE, "do": "truncated", "call": 3},
    )
    url, body = "/crm/rest/v2/contacts", json.dumps(BO).encode()
    assert v2.send("POST", url, body).raw == b""
    with pytest.raises(ValueError, match="line 1"):
        assert v2.send("POST", url, body).body
    with pytest.raises(IncompleteRead):
        v2.send("POST", url, body)
    assert contacts(v2) == 3


def test_a_right_credential_can_be_refused(v2: Rest) -> None:
    v2.sandbox.faults({"method": PLACE, "do": "invalid_key"})
    assert v2.send("POST", "/crm/rest/v2/contacts", json.dumps(BO).encode()).status == 401
    assert contacts(v2) == 0


def test_a_fault_is_armed_for_one_operation(v2: Rest, contact: int, order: str) -> None:
    payments = "POST /v2/orders/{order_id}/payments"
    v2.sandbox.faults({"method": payments, "do": "drop_after", "times": 0})
    assert v2("GET", f"/orders/{order}/payments")["invoice_order_payments"] == []
    body = {"payment_method_type": "Cash", "payment_amount": 5, "apply_to_commissions": True}
    with pytest.raises(DROPPED):
        v2("POST", f"/orders/{order}/payments", body)
    assert len(v2.effects("payment.recorded")) == 1
    methods = {call["method"] for call in v2.sandbox.calls()}
    assert {payments, "GET /v2/orders/{order_id}/payments", "POST /v2/orders"} <= methods


def test_the_names_of_v1s_operations(v1: Rest, contact: int) -> None:
    tag = v1.sandbox.seed(ContactGroup=[{"GroupName": "New"}])["ContactGroup"][0]
    v1("POST", f"/contacts/{contact}/tags", {"tagIds": [tag]})
    v1("PUT", "/contacts", {**BO, "duplicate_option": "Email"})
    v1("POST", "/campaigns/goals/my%20shop/first%2Fbuy", {"contact_id": contact})
    assert [call["method"] for call in v1.sandbox.calls()] == [
        "POST /v1/contacts/{contact_id}/tags",
        "PUT /v1/contacts",
        "POST /v1/campaigns/goals/{integration}/{call_name}",
    ]


def test_the_gate_guards_rest_too(v2: Rest, v1: Rest) -> None:
    window = {"protocol": "rest_v1", "from": "2020-01-01T00:00:00Z", "answer": "503"}
    v2.sandbox.control("POST", "brownouts", [window])
    assert (v1.send("GET", "/crm/rest/v1/tags").status, v2("GET", "/tags")) == (503, {"tags": []})
    v2.sandbox.control("POST", "quota", {"enforce": True, "limits": {"service_key": {"day": 1}}})
    assert v2.send("GET", "/crm/rest/v2/tags").status == 429
    v2.sandbox.faults({"do": "fault", "code": 4, "text": "x"})
    assert v2.send("GET", "/crm/rest/v2/tags").status == 429


def test_a_key_of_another_app_sees_itself_there(v2: Rest) -> None:
    v2.sandbox.control("POST", "credentials", {"credential": "other-key", "app": "other"})
    headers = {"Authorization": "Bearer other-key"}
    response = v2.send("GET", "/crm/rest/v2/oauth/connect/userinfo", None, headers)
    assert response.headers["x-keap-tenant-id"] == "other.infusionsoft.com"
    assert response.body["tenant_id"] == "other"
