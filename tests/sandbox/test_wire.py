"""Replies byte by byte, as recorded from the CRM."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.sandbox.conftest import Wire

HEAD = '<?xml version="1.0" encoding="utf-8"?><methodResponse>'


def result(inner: str) -> str:
    return f"{HEAD}<params><param><value>{inner}</value></param></params></methodResponse>"


def test_integers_are_i4(crm: Wire) -> None:
    assert crm.raw("DataService.count", crm.sandbox.key, "Contact", {}) == result("<i4>0</i4>")


def test_strings_are_untagged_and_escaped(crm: Wire) -> None:
    assert crm.raw("ContactService.echo", "a < b & c > d") == result("a &lt; b &amp; c &gt; d")


def test_an_empty_string_is_an_empty_value(crm: Wire) -> None:
    assert crm.raw("DataService.echo", "") == result("")


def test_an_empty_list_has_an_empty_data_element(crm: Wire) -> None:
    reply = crm.raw("DataService.query", crm.sandbox.key, "Contact", 10, 0, {}, ["Id"])
    assert reply == result("<array><data/></array>")


def test_booleans_doubles_and_dates_are_tagged_and_dates_have_no_zone(crm: Wire) -> None:
    [contact] = crm.sandbox.seed(Contact=[{"Email": "a@example.com", "Birthday": "1990-05-06"}])["Contact"]
    invoice = crm("InvoiceService.createBlankOrder", contact, "t", datetime(2026, 1, 2, 3, 4, 5), 0, 0)
    key = crm.sandbox.key
    assert crm.raw("InvoiceService.addOrderItem", key, invoice, 0, 3, 41.14, 1, "t", "") == result(
        "<boolean>1</boolean>"
    )
    assert crm.raw("InvoiceService.calculateAmountOwed", key, invoice) == result("<double>41.14</double>")
    assert crm.raw("ContactService.load", key, contact, ["Birthday"]) == result(
        "<struct><member><name>Birthday</name>"
        "<value><dateTime.iso8601>19900506T00:00:00</dateTime.iso8601></value></member></struct>"
    )


def test_null_columns_are_left_out(crm: Wire) -> None:
    contact = crm("ContactService.add", {"FirstName": "Ann"})
    assert crm("ContactService.load", contact, ["FirstName", "Company", "LastName"]) == {"FirstName": "Ann"}


def test_times_are_those_of_new_york(crm: Wire) -> None:
    contact = crm("ContactService.add", {"FirstName": "Ann"})
    written = crm("ContactService.load", contact, ["DateCreated"])["DateCreated"]
    now = datetime.now(ZoneInfo("America/New_York")).replace(tzinfo=None)
    assert abs((now - written).total_seconds()) < 60


def test_faults_come_with_http_200(crm: Wire) -> None:
    status, headers, body = crm.post(b"")
    assert status == 200
    assert headers["content-type"] == "text/xml;charset=UTF-8"
    assert body.decode() == (
        f"{HEAD}<fault><value><struct><member><name>faultCode</name><value><i4>0</i4></value></member>"
        "<member><name>faultString</name>"
        "<value>Failed to parse XML-RPC request: Premature end of file.</value></member>"
        "</struct></value></fault></methodResponse>"
    )


def test_text_outside_ascii_survives(crm: Wire) -> None:
    contact = crm("ContactService.add", {"FirstName": "Zoë 🙂"})
    assert crm("ContactService.load", contact, ["FirstName"]) == {"FirstName": "Zoë 🙂"}
