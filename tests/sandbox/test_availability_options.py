"""What the CRM answers now and then although nothing is wrong: each can be played."""

from __future__ import annotations

from typing import Any

import pytest

from crm.credentials import Endpoints, HeaderKey
from crm.errors import CredentialsRejected, MissingInCrm, OutcomeUnknown, Throttled
from crm.records import ContactData, DuplicateCheck
from crm.rest.adapter import RestCrm
from crm.xmlrpc.adapter import XmlRpcCrm
from tests.crm.contract_helpers import ANN
from tests.sandbox_client import Sandbox


def over_xmlrpc(sandbox: Sandbox) -> XmlRpcCrm:
    return XmlRpcCrm(HeaderKey(sandbox.key), endpoints=Endpoints(gateway_url=sandbox.url))


def over_rest(sandbox: Sandbox) -> RestCrm:
    return RestCrm(HeaderKey(sandbox.key), endpoints=Endpoints(gateway_url=sandbox.url))


def test_the_same_upsert_is_a_fault_once_then_the_first_one_s_id(sandbox: Sandbox) -> None:
    sandbox.options(repeated_upsert="fault")
    with over_xmlrpc(sandbox) as crm:
        first = crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
        with pytest.raises(OutcomeUnknown, match="being written already"):
            crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
        assert crm.upsert_contact(ANN, DuplicateCheck.EMAIL) == first
        sandbox.clock(advance=301)
        assert crm.upsert_contact(ANN, DuplicateCheck.EMAIL) == first
    assert len(sandbox.rows("Contact")) == 1


def test_faults_without_a_name_say_nothing_of_what_is_wrong(sandbox: Sandbox) -> None:
    with over_xmlrpc(sandbox) as crm:
        with pytest.raises(MissingInCrm):
            crm.apply_tags(1, [2])
        sandbox.options(faults="bare")
        with pytest.raises(OutcomeUnknown) as caught:
            crm.apply_tags(1, [2])
    assert "fault 0" in caught.value.detail and "Failed to invoke method addToGroup" in caught.value.detail


@pytest.mark.parametrize(("answer", "expected"), [("error", OutcomeUnknown), ("refused", MissingInCrm)])
def test_an_owner_that_is_not_there_over_v2(sandbox: Sandbox, answer: str, expected: type[Exception]) -> None:
    (contact_id,) = sandbox.seed(Contact=[{"Email": "ann@example.com"}])["Contact"]
    sandbox.options(rest_unknown_owner=answer)
    with over_rest(sandbox) as crm, pytest.raises(expected):
        crm.update_contact(contact_id, ContactData(owner_id=999))


@pytest.mark.parametrize("over", [over_xmlrpc, over_rest])
def test_reads_may_lag_behind_a_write(sandbox: Sandbox, over: Any) -> None:
    def seen() -> int:
        return len(crm.find_contacts_by_email(ANN.email))

    with over(sandbox) as crm:
        sandbox.options(read_lag_reads=2)
        first = crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
        assert [seen(), seen(), seen()] == [0, 0, 1]
        assert crm.upsert_contact(ANN, DuplicateCheck.EMAIL) == first  # a write finds everything as it is
        sandbox.options(read_lag_reads=0, read_lag_seconds=30)
        tag = crm.create_tag("Called")
        assert crm.find_tags("Called") == []
        sandbox.clock(advance=31)
        assert [record.id for record in crm.find_tags("Called")] == [tag]


def test_every_tenth_call_may_be_refused_with_a_valid_key(sandbox: Sandbox) -> None:
    sandbox.options(stray_401=True)
    refused = 0
    with over_xmlrpc(sandbox) as crm:
        for _ in range(20):
            try:
                crm.probe_credentials()
            except CredentialsRejected:
                refused += 1
    assert refused == 2


@pytest.mark.parametrize("body", ["fault", "message"])
def test_a_429_has_one_of_two_bodies(sandbox: Sandbox, body: str) -> None:
    sandbox.quota(enforce=True, body=body, limits={"service_key": {"second": None, "minute": 1}})
    with over_xmlrpc(sandbox) as xmlrpc:
        xmlrpc.probe_credentials()
        with pytest.raises(Throttled) as caught:
            xmlrpc.probe_credentials()
        assert ("Too Many Requests" in caught.value.detail) is (body == "message")
    with over_rest(sandbox) as crm, pytest.raises(Throttled):
        crm.probe_credentials()
