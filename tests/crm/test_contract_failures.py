"""The contract of the CRM when calls go wrong, judged by the effects in the sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from crm.contract import (
    Crm,
    DuplicateCheck,
)
from crm.errors import (
    CredentialsRejected,
    CrmError,
    OutcomeUnknown,
    Throttled,
    TransientError,
)
from tests.crm.contract_rig import ANN, MARKER, MUG, connect, new_order
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox


def test_a_reply_lost_after_the_effect_is_unknown_and_not_repeated(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.faults({"method": "InvoiceService.createBlankOrder", "do": "drop_after"})
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
    with connect(adapter, "header", sandbox, observer=recorder, read_timeout_seconds=0.3) as crm:
        sandbox.faults({"method": "*", "times": 0, **rule})
        with pytest.raises(OutcomeUnknown):
            crm.create_tag("Gold")
        with pytest.raises(TransientError):
            crm.find_tags("Gold")
        sandbox.clear_faults()
        assert len(crm.find_tags("Gold")) == len(sandbox.effects("tag.created")) == 1
    assert len(recorder.outcomes) == len(recorder.calls) == 3


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"do": "http", "status": 429, "headers": {"Retry-After": "7"}}, Throttled),
        ({"do": "fault", "code": 1, "text": "[InvalidConfig]Invalid Configuration"}, TransientError),
        ({"do": "fault", "code": 3, "text": "[UnexpectedError]x"}, OutcomeUnknown),
        (
            {
                "do": "fault",
                "code": 12,
                "text": "[InvalidParameter]Duplicate call to addWithDupCheck detected",
            },
            OutcomeUnknown,
        ),
        ({"do": "invalid_key"}, CredentialsRejected),
        ({"do": "drop_before"}, OutcomeUnknown),
    ],
)
def test_a_refusal_is_what_it_is(
    crm: Crm, sandbox: Sandbox, rule: dict[str, Any], expected: type[CrmError]
) -> None:
    sandbox.faults(rule)
    with pytest.raises(expected) as caught:
        crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
    assert type(caught.value) is expected
    assert getattr(caught.value, "retry_after_seconds", None) == (7 if expected is Throttled else None)
    assert sandbox.effects() == []


def test_every_request_is_announced_and_reported_once(crm: Crm, sandbox: Sandbox, recorder: Recorder) -> None:
    order = new_order(crm, sandbox)
    crm.add_line(order, MUG)
    crm.read_lines(order)
    assert [call["method"] for call in sandbox.calls()] == [call.method for call in recorder.calls]
    assert [outcome.call for outcome in recorder.outcomes] == recorder.calls
    written = repr(recorder)
    assert sandbox.key not in written and "Blue mug" in written
