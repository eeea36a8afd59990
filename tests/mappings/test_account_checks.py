"""What REST tells of the account on saving, whatever protocol the connection speaks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from mappings.checks.check import connection_test
from mappings.checks.findings import FindingLevel
from mappings.models import Connection
from tests.mappings.pages import page_save, page_url, sentences, stored
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]


def account(sandbox: Sandbox, *, test: bool) -> None:
    row = {"Name": "Main", "Type": "AUTHORIZE", "IsTest": int(test), "IsDefault": 1}
    sandbox.seed(MerchantAccount=[row])


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest", "automatic"])
def test_a_live_merchant_account_is_told_where_orders_are_placed(
    editor: Client, connection: Connection, crm: Sandbox, protocol: str
) -> None:
    account(crm, test=False)
    page_save(editor, page_url(connection), creation_method="place_order", protocol=protocol)
    assert any("merchant account is live" in sentence for sentence in sentences(connection, "error"))
    page_save(editor, page_url(connection), creation_method="blank_order")
    assert sentences(connection, "error") == []


@pytest.mark.parametrize("accounts", ["none", "test"])
def test_a_test_account_or_none_is_no_trouble(
    editor: Client, connection: Connection, crm: Sandbox, accounts: str
) -> None:
    if accounts == "test":
        account(crm, test=True)
    page_save(editor, page_url(connection), creation_method="place_order")
    assert not any("merchant account" in sentence for sentence in sentences(connection, "error"))
    assert not any("merchant account" in sentence for sentence in sentences(connection, "warning"))


def test_what_cannot_be_read_is_said_where_it_matters(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    crm.faults({"method": "GET /v2/merchants", "call": 1, "do": "http", "status": 503})
    page_save(editor, page_url(connection), creation_method="place_order")
    assert any("could not be read" in sentence for sentence in sentences(connection, "warning"))
    assert stored(connection).creation_method == "place_order"


def test_another_currency_than_the_account_s_is_named(
    editor: Client, connection: Connection, crm: Sandbox
) -> None:
    crm.options(currency="KWD")
    page_save(editor, page_url(connection), contact_tags="")
    assert any("currency is KWD, but USD is set" in sentence for sentence in sentences(connection, "error"))
    page_save(editor, page_url(connection), crm_currency="KWD")
    assert sentences(connection, "error") == []


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_an_account_without_ecommerce_is_told_to_skip_orders(
    connection: Connection, crm: Sandbox, protocol: str
) -> None:
    crm.options(ecommerce="denied")
    Connection.objects.update(protocol=protocol)
    outcome = connection_test(stored(connection))
    (told,) = (f for f in outcome.findings if f.field == "skip_order_creation")
    assert (told.level, "Tick Skip Order Creation" in told.sentence) == (FindingLevel.ERROR, True)
    Connection.objects.update(skip_order_creation=True)
    outcome = connection_test(stored(connection))
    assert not [f for f in outcome.findings if f.level == FindingLevel.ERROR]


@pytest.mark.parametrize("minutes, words", [(10, "10 minutes behind"), (-10, "10 minutes ahead of"), (1, "")])
def test_a_clock_that_differs_by_minutes_is_told(
    connection: Connection, crm: Sandbox, minutes: int, words: str
) -> None:
    crm.clock(set=(timezone.now() + timedelta(minutes=minutes)).isoformat())
    told = [f.sentence for f in connection_test(connection).findings if "clock" in f.sentence]
    assert [words in sentence for sentence in told] == ([True] if words else [])


def test_the_mode_read_by_a_test_is_kept_for_the_engine(connection: Connection, crm: Sandbox) -> None:
    account(crm, test=False)
    Connection.objects.update(creation_method="place_order")
    connection_test(stored(connection))
    assert stored(connection).merchant_mode == "live"
    assert stored(connection).merchant_mode_at is not None


@pytest.mark.parametrize("confirmed, level", [(False, FindingLevel.ERROR), (True, FindingLevel.OK)])
def test_an_unreadable_mode_asks_for_the_tick(
    connection: Connection, crm: Sandbox, confirmed: bool, level: FindingLevel
) -> None:
    crm.faults({"method": "GET /v2/merchants", "do": "http", "status": 403, "body": '{"message": "No"}'})
    confirmed_at = timezone.now() if confirmed else None
    Connection.objects.update(creation_method="place_order", merchant_test_confirmed_at=confirmed_at)
    found = connection_test(stored(connection)).findings
    assert [f.level for f in found if f.field == "merchant_test_confirmed"] == [level]
