"""What REST tells of the account on saving, whatever protocol the connection speaks."""

from __future__ import annotations

import pytest
from django.test import Client

from mappings.models import Connection
from tests.mappings.pages import page_save, page_url, sentences, stored
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db


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
