"""The contract of the CRM when calls go wrong, judged by the effects in the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from crm.contract import Crm
from crm.errors import CredentialsRejected, CrmError, OutcomeUnknown, Throttled, TransientError
from tests.crm.contract_helpers import MARKER, MUG, READ_SECONDS, Door, connect, doors, new_order, pay
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox


def test_a_reply_lost_after_the_effect_is_unknown_and_not_repeated(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.faults({"method": "*", "do": "drop_after"})
    with pytest.raises(OutcomeUnknown):
        new_order(crm, sandbox)
    assert len(sandbox.effects("order.created")) == 1
    assert len(crm.find_orders(MARKER)) == 1


AFTER_EFFECT = [
    {"do": "drop_after"},
    {"do": "empty"},
    {"do": "truncated"},
    {"do": "truncated", "complete_http": True},
    {"do": "garbage", "after_effect": True},
    {"do": "http", "status": 504, "body": "<html>", "after_effect": True},
    {"do": "hold", "seconds": 5},
]


@pytest.mark.parametrize("rule", AFTER_EFFECT, ids=lambda rule: "-".join(map(str, rule.values())))
def test_any_doubt_about_a_write_is_unknown(adapter: str, sandbox: Sandbox, rule: dict[str, Any]) -> None:
    recorder = Recorder()
    door = next(door for door in doors() if (door.adapter, door.kind) == (adapter, "header"))
    patience = 0.3 if rule["do"] == "hold" else READ_SECONDS
    with connect(door, sandbox, observer=recorder, read_timeout_seconds=patience) as crm:
        sandbox.faults({"method": "*", "times": 0, **rule})
        with pytest.raises(OutcomeUnknown):
            crm.create_tag("Gold")
        with pytest.raises(TransientError):
            crm.find_tags("Gold")
    asked = 3 if adapter == "automatic" else 2  # a read, and no write, is asked of the other protocol too
    assert len(recorder.outcomes) == len(recorder.calls) == asked
    sandbox.wait_for_call(recorder.calls[0].method, "applied", timeout=60)
    sandbox.clear_faults()
    with connect(door, sandbox) as crm:
        assert len(crm.find_tags("Gold")) == len(sandbox.effects("tag.created")) == 1


REFUSALS = [
    ({"do": "http", "status": 429, "headers": {"Retry-After": "7"}}, Throttled),
    ({"do": "invalid_key"}, CredentialsRejected),
    ({"do": "drop_before"}, OutcomeUnknown),
    ({"do": "http", "status": 503}, OutcomeUnknown),
]


@pytest.mark.parametrize(("rule", "expected"), REFUSALS, ids=lambda value: str(value)[:40])
def test_a_refusal_is_what_it_is(
    crm: Crm, sandbox: Sandbox, rule: dict[str, Any], expected: type[CrmError]
) -> None:
    sandbox.faults(rule)
    with pytest.raises(expected) as caught:
        crm.create_tag("Gold")
    assert type(caught.value) is expected
    assert getattr(caught.value, "retry_after_seconds", None) == (7 if expected is Throttled else None)
    assert sandbox.effects() == []


def test_every_request_is_announced_and_reported_once(crm: Crm, sandbox: Sandbox, recorder: Recorder) -> None:
    order = new_order(crm, sandbox)
    crm.add_line(order, MUG)
    crm.read_lines(order)
    crm.record_payment(order, pay("1.00"))
    assert [call["method"] for call in sandbox.calls()] == [call.method for call in recorder.calls]
    assert [outcome.call for outcome in recorder.outcomes] == recorder.calls
    assert {call.operation for call in recorder.calls} == {
        "create_order",
        "add_line",
        "read_lines",
        "record_payment",
    }
    assert {call.protocol for call in recorder.calls} <= {"xmlrpc", "rest_v1", "rest_v2"}
    written = repr(recorder)
    assert sandbox.key not in written and "Blue mug" in written


def test_a_reply_s_limits_reach_the_observer(door: Door, sandbox: Sandbox) -> None:
    recorder = Recorder()
    with connect(door, sandbox, observer=recorder) as crm:
        crm.create_tag("Gold")
    (outcome,) = recorder.outcomes
    assert all(name.startswith("x-keap-") for name in outcome.limits)
    assert ("x-keap-product-quota-available" in outcome.limits) == (door.kind != "legacy")
