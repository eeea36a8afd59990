from __future__ import annotations

import json
import xmlrpc.client
from http.client import RemoteDisconnected

import pytest

from tests.sandbox.conftest import GATEWAY, LEGACY, Wire
from tests.sandbox_client import Sandbox

START = "2026-09-18T00:00:00+00:00"
ADD = xmlrpc.client.dumps(("ignored", {"Email": "ann@example.com"}), "ContactService.add").encode()


def brownout(answer: str = "503", protocol: str = "xmlrpc", **more: object) -> dict[str, object]:
    return {"protocol": protocol, "from": "2026-01-01T00:00:00Z", "until": None, "answer": answer, **more}


def through_gateway(crm: Wire) -> tuple[int, dict[str, str], bytes]:
    return crm.post(ADD, GATEWAY, {"X-Keap-API-Key": crm.sandbox.key})


@pytest.mark.parametrize("answer", ["503", "404", "410", "429"])
def test_a_dead_protocol_answers_as_ordered_without_effect(crm: Wire, answer: str) -> None:
    crm.sandbox.brownouts(brownout(answer))
    status, headers, body = through_gateway(crm)
    assert status == int(answer)
    assert json.loads(body)["fault"]["faultstring"]
    assert "x-request-id" in headers
    assert crm.sandbox.effects() == []


def test_a_dead_protocol_asks_for_no_credential(crm: Wire) -> None:
    crm.sandbox.brownouts(brownout("410"))
    assert crm.post(ADD, GATEWAY, {"X-Keap-API-Key": "wrong"})[0] == 410


def test_a_dead_protocol_may_answer_with_a_fault(crm: Wire) -> None:
    crm.sandbox.brownouts(brownout("fault"), brownout("fault", "legacy"))
    for status, _, body in (through_gateway(crm), crm.post(ADD, LEGACY)):
        with pytest.raises(xmlrpc.client.Fault, match="retired"):
            xmlrpc.client.loads(body)
        assert status == 200


@pytest.mark.parametrize("ordered", [brownout("drop"), brownout("hold", seconds=0.05)])
def test_a_dead_protocol_may_not_answer_at_all(crm: Wire, ordered: dict[str, object]) -> None:
    crm.sandbox.brownouts(ordered)
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        through_gateway(crm)
    call = crm.sandbox.wait_for_call("ContactService.add", "dropped")
    assert not call["applied"]


def test_other_protocols_live_on(crm: Wire) -> None:
    crm.sandbox.brownouts(brownout(protocol="rest_v1"), brownout(protocol="rest_v2"))
    assert through_gateway(crm)[0] == 200
    crm.sandbox.brownouts(brownout(protocol="legacy"))
    assert through_gateway(crm)[0] == 200
    assert crm.post(ADD, LEGACY)[0] == 503


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_rest_can_be_switched_off_too(crm: Wire, version: str) -> None:
    crm.sandbox.brownouts(brownout("410", f"rest_{version}"))
    key = {"X-Keap-API-Key": crm.sandbox.key}
    answers = {other: crm.post(b"", f"/crm/rest/{other}/nothing-there", key)[0] for other in ("v1", "v2")}
    assert answers.pop(version) == 410
    assert list(answers.values()) == [404]


def test_it_begins_and_ends_by_the_clock(crm: Wire) -> None:
    crm.sandbox.clock(set="2026-09-17T23:59:59Z", frozen=True)
    crm.sandbox.brownouts(
        {"protocol": "xmlrpc", "from": START, "until": "2026-09-18T01:00:00Z", "answer": "503"}
    )
    seen = [through_gateway(crm)[0]]
    for seconds in (1, 3599, 1):
        crm.sandbox.clock(advance=seconds)
        seen.append(through_gateway(crm)[0])
    assert seen == [200, 503, 503, 200]


def test_the_vendors_calendar_of_2026(crm: Wire) -> None:
    crm.sandbox.control("POST", "brownouts", {"preset": "vendor-2026", "answer": "410"})
    seen = {}
    for moment in (
        "2026-09-17T12:00",
        "2026-09-19T23:59",
        "2026-09-20T00:00",
        "2026-12-31T23:59",
        "2027-01-01T00:00",
    ):
        crm.sandbox.clock(set=f"{moment}:00Z", frozen=True)
        seen[moment] = (through_gateway(crm)[0], crm.post(ADD, LEGACY)[0])
    assert list(seen.values()) == [(200, 200), (410, 410), (200, 200), (200, 200), (410, 410)]


def test_the_calendar_can_be_read_and_emptied(sandbox: Sandbox) -> None:
    sandbox.clock(set=START, frozen=True)
    [shown] = sandbox.brownouts({"protocol": "xmlrpc", "from": START, "answer": "drop"})
    assert shown == {"protocol": "xmlrpc", "from": START, "until": None, "answer": "drop", "on": True}
    assert sandbox.control("DELETE", "brownouts") == {"brownouts": []}
    sandbox.brownouts(brownout())
    sandbox.reset()
    assert sandbox.control("GET", "brownouts") == {"brownouts": []}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (brownout("500"), "answer is one of"),
        (brownout(protocol="soap"), "protocol is one of"),
        ({"protocol": "xmlrpc", "answer": "503"}, "needs from"),
        (brownout(until="2026"), "until is a time"),
        ("brownout", "is an object"),
    ],
)
def test_a_wrong_calendar_is_refused_whole(sandbox: Sandbox, wrong: object, reason: str) -> None:
    with pytest.raises(RuntimeError, match=reason):
        sandbox.control("POST", "brownouts", [brownout(), wrong])
    assert sandbox.control("GET", "brownouts") == {"brownouts": []}
