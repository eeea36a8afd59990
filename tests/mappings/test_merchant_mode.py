"""placeOrder waits for a merchant account in test mode; what cannot be read a person confirms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from crm.errors import CrmError, OutcomeUnknown, TransientError
from mappings.access.open import open_crm
from mappings.checks.merchant_mode import ModeAnswer, merchant_mode_check
from mappings.models import Connection
from tests.mappings.pages import stored
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db
MERCHANTS = "GET /v2/merchants"
NO_RIGHT = '{"message": "No right"}'
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def account(crm: Sandbox, *, test: bool) -> None:
    crm.seed(MerchantAccount=[{"Name": "Main", "Type": "AUTHORIZE", "IsTest": int(test), "IsDefault": 1}])


def asked(connection: Connection, now: datetime) -> ModeAnswer:
    """As the engine would, which loads the connection anew for every run."""
    fresh = stored(connection)
    return merchant_mode_check(open_crm(fresh), now)


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest", "automatic"])
@pytest.mark.parametrize("test", [True, False])
def test_the_mode_is_read_over_rest_whatever_the_protocol(
    connection: Connection, crm: Sandbox, now: datetime, protocol: str, test: bool
) -> None:
    account(crm, test=test)
    Connection.objects.update(protocol=protocol)
    answer = asked(connection, now)
    assert (answer.allowed, answer.setting) == (test, "orders")
    assert stored(connection).merchant_mode == ("test" if test else "live")
    assert [call["method"] for call in crm.calls()] == [MERCHANTS]


def test_a_live_account_is_refused_with_its_cures(
    connection: Connection, crm: Sandbox, now: datetime
) -> None:
    account(crm, test=False)
    sentence = asked(connection, now).sentence
    for part in ("No card was or will be charged", "into test mode", "addBlankOrder"):
        assert part in sentence


def test_a_permission_is_asked_for_once_an_hour(connection: Connection, crm: Sandbox, now: datetime) -> None:
    for minutes in (0, 1, 59):
        assert asked(connection, now + timedelta(minutes=minutes)).allowed
    assert len(crm.calls(MERCHANTS)) == 1
    account(crm, test=False)
    assert not asked(connection, now + HOUR).allowed
    assert len(crm.calls(MERCHANTS)) == 2


def test_a_cure_is_seen_after_five_minutes(connection: Connection, crm: Sandbox, now: datetime) -> None:
    account(crm, test=False)
    assert not asked(connection, now).allowed
    crm.reset()
    assert not asked(connection, now + timedelta(minutes=4)).allowed
    assert crm.calls() == []
    assert asked(connection, now + timedelta(minutes=5)).allowed


def test_switching_the_method_off_and_on_resets_nothing(
    connection: Connection, crm: Sandbox, now: datetime
) -> None:
    asked(connection, now)
    for method in ("blank_order", "place_order"):
        Connection.objects.update(creation_method=method)
    assert asked(connection, now + timedelta(minutes=50)).allowed
    assert len(crm.calls(MERCHANTS)) == 1


@pytest.mark.parametrize("days, allowed", [(None, False), (0, True), (30, True), (31, False)])
def test_what_rest_refuses_to_tell_is_confirmed_for_thirty_days(
    connection: Connection, crm: Sandbox, now: datetime, days: int | None, allowed: bool
) -> None:
    confirmed_at = now - timedelta(days=days) if days is not None else None
    Connection.objects.update(merchant_test_confirmed_at=confirmed_at)
    crm.faults({"method": MERCHANTS, "do": "http", "status": 403, "body": NO_RIGHT})
    answer = asked(connection, now)
    assert answer.allowed is allowed
    assert stored(connection).merchant_mode == "unknown"
    assert ("tick “I have checked today" in answer.sentence) is not allowed


def test_a_confirmation_opens_at_once_what_was_refused(
    connection: Connection, crm: Sandbox, now: datetime
) -> None:
    crm.faults({"method": MERCHANTS, "do": "http", "status": 403, "body": NO_RIGHT})
    assert not asked(connection, now).allowed
    Connection.objects.update(merchant_test_confirmed_at=now)
    assert asked(connection, now).allowed
    assert len(crm.calls(MERCHANTS)) == 1


def test_a_confirmation_does_not_outweigh_what_was_read(
    connection: Connection, crm: Sandbox, now: datetime
) -> None:
    account(crm, test=False)
    Connection.objects.update(merchant_test_confirmed_at=now)
    assert not asked(connection, now).allowed


def test_a_legacy_key_is_not_sent_to_ask(connection: Connection, crm: Sandbox, now: datetime) -> None:
    Connection.objects.update(credential_kind=Connection.CredentialKind.LEGACY_KEY)
    assert not asked(connection, now).allowed
    Connection.objects.update(merchant_test_confirmed_at=now)
    assert asked(connection, now).allowed
    assert crm.calls() == []


@pytest.mark.parametrize("fault", [{"do": "http", "status": 503}, {"do": "drop_before"}])
def test_no_answer_is_no_answer(
    connection: Connection, crm: Sandbox, now: datetime, fault: dict[str, Any]
) -> None:
    crm.faults({"method": MERCHANTS, "call": 1, **fault})
    Connection.objects.update(merchant_test_confirmed_at=now)
    with pytest.raises(CrmError) as caught:
        asked(connection, now)
    assert isinstance(caught.value, TransientError | OutcomeUnknown)
    assert stored(connection).merchant_mode == ""
    assert asked(connection, now).allowed
