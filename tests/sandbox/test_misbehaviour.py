from __future__ import annotations

import time
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any

import pytest

from tests.sandbox.conftest import GATEWAY, Wire

ADD = "ContactService.add"
ANN = {"Email": "ann@example.com"}
SOON = 0.2


def request(crm: Wire) -> bytes:
    return xmlrpc.client.dumps((crm.sandbox.key, ANN), ADD).encode()


def contacts(crm: Wire) -> int:
    return len(crm.sandbox.effects("contact.created"))


@pytest.mark.parametrize(("kind", "effects"), [("drop_before", 0), ("drop_after", 1)])
def test_the_connection_is_dropped_without_a_byte(crm: Wire, kind: str, effects: int) -> None:
    crm.sandbox.faults({"method": ADD, "do": kind})
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        crm(ADD, ANN)
    assert contacts(crm) == effects
    call = crm.sandbox.wait_for_call(ADD, "dropped")
    assert (call["applied"], call["misbehaviour"]) == (bool(effects), kind)


def test_an_effect_can_land_after_the_connection_was_dropped(crm: Wire) -> None:
    crm.sandbox.faults({"method": ADD, "do": "drop_late", "seconds": SOON})
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        crm(ADD, ANN)
    assert contacts(crm) == 0
    crm.sandbox.wait_for_call(ADD, "applied")
    assert contacts(crm) == 1


def test_a_late_effect_does_not_reach_into_the_world_after_a_reset(crm: Wire) -> None:
    crm.sandbox.faults({"method": ADD, "do": "drop_late", "seconds": SOON})
    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        crm(ADD, ANN)
    crm.sandbox.reset()
    time.sleep(2 * SOON)
    assert crm.sandbox.rows("Contact") == []


@pytest.mark.parametrize(("kind", "meanwhile"), [("delay", 0), ("hold", 1)])
def test_a_slow_call_takes_effect_before_or_after_the_wait(crm: Wire, kind: str, meanwhile: int) -> None:
    crm.sandbox.faults({"method": ADD, "do": kind, "seconds": 2 * SOON})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(crm, ADD, ANN)
        crm.sandbox.wait_for_call(ADD, "received")
        time.sleep(SOON / 2)
        assert contacts(crm) == meanwhile
        assert answer.result() > 0
    assert contacts(crm) == 1


def test_a_reset_ends_waiting_calls(crm: Wire) -> None:
    crm.sandbox.faults({"method": ADD, "do": "hold", "seconds": 60})
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(crm, ADD, ANN)
        crm.sandbox.wait_for_call(ADD, "applied")
        crm.sandbox.reset()
        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            answer.result(timeout=5)


def test_an_ordered_fault_has_no_effect(crm: Wire) -> None:
    crm.sandbox.faults({"method": ADD, "do": "fault", "code": 1, "text": "[InvalidConfig]Try again"})
    assert crm.fault(ADD, ANN) == (1, "[InvalidConfig]Try again")
    assert contacts(crm) == 0


@pytest.mark.parametrize("after_effect", [False, True])
def test_an_http_error_before_or_after_the_effect(crm: Wire, after_effect: bool) -> None:
    rule = {"do": "http", "status": 429, "headers": {"Retry-After": "2"}, "body": "slow down"}
    crm.sandbox.faults({**rule, "after_effect": after_effect})
    status, headers, body = crm.post(request(crm))
    assert (status, headers["retry-after"], body) == (429, "2", b"slow down")
    assert contacts(crm) == int(after_effect)


def test_an_empty_reply_after_the_effect(crm: Wire) -> None:
    crm.sandbox.faults({"do": "empty"})
    assert crm.post(request(crm))[::2] == (200, b"")
    assert contacts(crm) == 1


def test_half_a_reply_after_the_effect(crm: Wire) -> None:
    crm.sandbox.faults({"do": "truncated"}, {"do": "truncated", "call": 2, "complete_http": True})
    with pytest.raises(IncompleteRead):
        crm.post(request(crm))
    status, _, body = crm.post(request(crm))
    assert status == 200
    assert not body.endswith(b"</methodResponse>")
    assert contacts(crm) == 2


@pytest.mark.parametrize("after_effect", [False, True])
def test_a_page_instead_of_a_reply(crm: Wire, after_effect: bool) -> None:
    crm.sandbox.faults({"do": "garbage", "after_effect": after_effect})
    status, headers, body = crm.post(request(crm))
    assert (status, headers["content-type"]) == (200, "text/html")
    assert body.startswith(b"<html>")
    assert contacts(crm) == int(after_effect)


def test_a_right_key_can_be_refused_on_both_doors(crm: Wire) -> None:
    crm.sandbox.faults({"do": "invalid_key", "times": 2})
    assert crm.fault(ADD, ANN) == (2, "[InvalidKey]Invalid Key")
    assert crm.post(request(crm), GATEWAY, {"X-Keap-API-Key": crm.sandbox.key})[0] == 401
    assert contacts(crm) == 0


def outcomes(crm: Wire, count: int) -> str:
    """f for each faulted call, . for each that worked."""
    marks = ""
    for _ in range(count):
        try:
            crm(ADD, ANN)
            marks += "."
        except xmlrpc.client.Fault:
            marks += "f"
    return marks


@pytest.mark.parametrize(
    ("rule", "marks"),
    [
        ({}, "f...."),
        ({"call": 3}, "..f.."),
        ({"call": 2, "times": 2}, ".ff.."),
        ({"call": 2, "times": 0}, ".ffff"),
        ({"method": ADD}, "f...."),
        ({"method": "InvoiceService.addOrderItem"}, "....."),
    ],
)
def test_which_calls_a_rule_takes(crm: Wire, rule: dict[str, Any], marks: str) -> None:
    crm.sandbox.faults({"do": "fault", "code": 3, "text": "x", **rule})
    assert outcomes(crm, 5) == marks


def test_calls_before_arming_do_not_count(crm: Wire) -> None:
    crm(ADD, ANN)
    crm.sandbox.faults({"do": "fault", "code": 3, "text": "x", "call": 2})
    assert outcomes(crm, 3) == ".f."


def test_disarming_and_resetting_forget_the_rules(crm: Wire) -> None:
    rule = {"do": "fault", "code": 3, "text": "x", "times": 0}
    crm.sandbox.faults(rule)
    crm.sandbox.clear_faults()
    assert outcomes(crm, 1) == "."
    crm.sandbox.faults(rule)
    crm.sandbox.reset()
    assert outcomes(crm, 1) == "."


@pytest.mark.parametrize(
    "wrong",
    [
        {"do": "explode"},
        {"method": ADD},
        {"do": "delay"},
        {"do": "delay", "seconds": "2"},
        {"do": "drop_after", "seconds": 1},
        {"do": "empty", "call": 0},
        {"do": "empty", "times": True},
        "empty",
    ],
)
def test_a_rule_that_would_never_do_what_was_meant_is_refused(crm: Wire, wrong: Any) -> None:
    with pytest.raises(RuntimeError, match="POST faults: "):
        crm.sandbox.faults(wrong)
    assert crm.sandbox.control("GET", "faults") == {"faults": []}
