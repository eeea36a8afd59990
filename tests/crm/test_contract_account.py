"""The contract of the CRM on the account: its clock, and whether it has orders at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm.contract import Crm
from crm.errors import CredentialsRejected, CrmError, Throttled, TransientError
from tests.crm.contract_helpers import Door, add_contact, connect, new_order
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox

SKEWED = "2031-05-01T12:00:00+00:00"


def test_the_crm_s_clock_is_told(crm: Crm, sandbox: Sandbox) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)  # the header has no fractions
    told = crm.probe_credentials().server_time
    assert told is not None and told.utcoffset() == timedelta() and before <= told <= datetime.now(UTC)
    sandbox.clock(set=SKEWED, frozen=True)
    assert crm.probe_credentials().server_time == datetime.fromisoformat(SKEWED)


def test_an_account_with_orders_says_so(crm: Crm, sandbox: Sandbox, recorder: Recorder) -> None:
    assert crm.probe_ecommerce()
    new_order(crm, sandbox)
    recorder.calls.clear()
    assert crm.probe_ecommerce()
    assert [(call.operation, call.writes) for call in recorder.calls] == [("probe_ecommerce", False)]


@pytest.mark.parametrize("ecommerce", ["denied", "absent"])
def test_an_account_without_orders_says_so_and_keeps_the_rest(
    crm: Crm, sandbox: Sandbox, ecommerce: str
) -> None:
    sandbox.options(ecommerce=ecommerce)
    assert not crm.probe_ecommerce()
    assert crm.probe_credentials().name == "demo"
    with pytest.raises(CrmError) as caught:
        new_order(crm, sandbox)
    assert caught.value.error_class == "configuration"
    assert crm.apply_tags(add_contact(sandbox), [crm.create_tag("Gold")])


DOUBTS = [
    ({"do": "http", "status": 503}, TransientError),
    ({"do": "http", "status": 429}, Throttled),
    ({"do": "http", "status": 404, "body": '{"fault": {"faultstring": "Retired"}}'}, CrmError),
    ({"do": "drop_before"}, TransientError),
    ({"do": "empty"}, TransientError),
    ({"do": "invalid_key"}, CredentialsRejected),
]


@pytest.mark.parametrize(("rule", "expected"), DOUBTS)
def test_a_failure_says_nothing_about_the_account(
    crm: Crm, sandbox: Sandbox, rule: dict[str, object], expected: type[CrmError]
) -> None:
    sandbox.faults({"method": "*", "times": 2, **rule})  # automatic asks the other protocol too
    with pytest.raises(expected):
        crm.probe_ecommerce()


def test_a_wrong_key_is_no_account_without_orders(door: Door, sandbox: Sandbox) -> None:
    with connect(door, sandbox, key="wrong-key") as crm, pytest.raises(CredentialsRejected):
        crm.probe_ecommerce()
