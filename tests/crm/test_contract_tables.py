"""What reports read, in the CRM's own words: tables and methods over XML-RPC, resources over REST."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crm.credentials import Endpoints, HeaderKey
from crm.errors import MissingInCrm
from crm.rest.adapter import RestCrm
from crm.xmlrpc.adapter import XmlRpcCrm
from crm.xmlrpc.tables import most_rows
from tests.crm.contract_helpers import rest
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox


@pytest.fixture
def over_xmlrpc(sandbox: Sandbox, recorder: Recorder) -> Iterator[XmlRpcCrm]:
    endpoints = Endpoints(gateway_url=sandbox.url, legacy_url=sandbox.url)
    with XmlRpcCrm(HeaderKey(sandbox.key), endpoints=endpoints, observer=recorder) as crm:
        yield crm


@pytest.fixture
def over_rest(sandbox: Sandbox, recorder: Recorder) -> Iterator[RestCrm]:
    endpoints = Endpoints(gateway_url=sandbox.url, legacy_url=sandbox.url)
    with rest(HeaderKey(sandbox.key), endpoints=endpoints, observer=recorder) as crm:
        yield crm


def test_a_table_is_queried_by_rising_ids_and_counted(
    over_xmlrpc: XmlRpcCrm, sandbox: Sandbox, recorder: Recorder
) -> None:
    rows = [{"FirstName": f"Ann {n}", "City": "Ogden" if n % 2 else None} for n in range(5)]
    ids = sandbox.seed(Contact=rows)["Contact"]
    where = {"Id": f"~>~{ids[0]}"}
    page = over_xmlrpc.query_table("Contact", where, ["Id", "City"], limit=2, order_by="Id")
    assert page.value == [{"Id": ids[1], "City": "Ogden"}, {"Id": ids[2]}]  # null is left out
    assert page.server_time is not None
    second = over_xmlrpc.query_table("Contact", where, ["Id"], limit=3, page=1, order_by="Id")
    assert second.value == [{"Id": ids[4]}]
    assert over_xmlrpc.count_table("Contact", {"City": "ogden"}).value == 2
    assert not any(outcome.call.writes for outcome in recorder.outcomes)


def test_a_reply_of_the_most_rows_can_be_read(over_xmlrpc: XmlRpcCrm, sandbox: Sandbox) -> None:
    columns = ["Id", *(f"Phone{n}" for n in range(1, 6)), *(f"Phone{n}Ext" for n in range(1, 6))]
    columns += [f"Phone{n}Type" for n in range(1, 6)] + ["City", "State", "Country", "Email", "FirstName"]
    columns += ["LastName", "MiddleName", "Nickname", "Company", "JobTitle", "Website", "Title", "Suffix"]
    columns += ["StreetAddress1", "StreetAddress2", "PostalCode", "City2", "State2", "Country2"]
    assert most_rows(len(columns)) < 1000
    row = {name: "x" for name in columns if name != "Id"}
    sandbox.seed(Contact=[row] * most_rows(len(columns)))
    page = over_xmlrpc.query_table("Contact", {"Id": "%"}, columns, limit=most_rows(len(columns)))
    assert isinstance(page.value, list) and len(page.value) == most_rows(len(columns))


def test_a_method_is_called_if_it_only_reads(over_xmlrpc: XmlRpcCrm, sandbox: Sandbox) -> None:
    (id,) = sandbox.seed(Contact=[{"FirstName": "Ann"}])["Contact"]
    answer = over_xmlrpc.call_method("DataService.load", ["Contact", id, ["FirstName"]])
    assert answer.value == {"FirstName": "Ann"}
    with pytest.raises(MissingInCrm):
        over_xmlrpc.call_method("DataService.load", ["Contact", 99_999, ["FirstName"]])
    for method in ("DataService.delete", "InvoiceService.createBlankOrder", "ContactService.merge"):
        with pytest.raises(ValueError):
            over_xmlrpc.call_method(method, [])


def test_a_list_is_read_page_by_page(over_rest: RestCrm, sandbox: Sandbox, recorder: Recorder) -> None:
    sandbox.seed(ContactGroup=[{"GroupName": f"Tag {n}"} for n in range(3)])
    for address in (False, True):
        sandbox.options(rest_next_page="address" if address else "token")
        names, token = [], ""
        while True:
            query: dict[str, str | int] = {"page_size": 2, **({"page_token": token} if token else {})}
            page = over_rest.read_resource("GET /v2/tags", query=query)
            assert isinstance(page.value, dict) and page.server_time is not None
            names += [tag["name"] for tag in page.value["tags"]]  # type: ignore[index, union-attr, call-overload]
            token = page.next_page
            if not token:
                break
        assert names == ["Tag 0", "Tag 1", "Tag 2"]
    with pytest.raises(ValueError):
        over_rest.read_resource("POST /v2/tags")
    assert not any(outcome.call.writes for outcome in recorder.outcomes)
