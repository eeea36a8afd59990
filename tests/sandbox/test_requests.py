"""What is refused before any method runs."""

from __future__ import annotations

from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.sandbox.conftest import Wire


def call_with(crm: Wire, value: str) -> bytes:
    return (
        "<?xml version='1.0'?><methodCall><methodName>DataService.getAppSetting</methodName><params>"
        f"<param><value>{crm.sandbox.key}</value></param><param><value><string>Contact</string></value></param>"
        f"<param>{value}</param></params></methodCall>"
    ).encode()


def test_untagged_text_and_blank_between_tags_are_read(crm: Wire) -> None:
    body = call_with(crm, "<value>optiontitles</value>").replace(b"<param>", b"\n  <param>\n ")
    assert b"Mr.,Mrs." in crm.post(body)[2]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("<value><nil/></value>", "Unknown type: nil"),
        ('<value><ex:nil xmlns:ex="urn:x"/></value>', "Unknown type: nil"),
        ("<value><i8>1</i8></value>", "Unknown type: i8"),
        ("<value><int>one</int></value>", "Failed to parse int value: one"),
        ("<value><int>2147483648</int></value>", "Failed to parse int value: 2147483648"),
        ("<value><boolean>true</boolean></value>", "Failed to parse boolean value: true"),
        ("<value><double>NaN</double></value>", "Failed to parse double value: NaN"),
        (
            "<value><dateTime.iso8601>2026-01-02</dateTime.iso8601></value>",
            "Failed to parse dateTime.iso8601",
        ),
        ("<value><array><value>1</value></array></value>", "Expected one data element"),
        ("<value>open", "mismatched tag"),
    ],
)
def test_what_the_parser_cannot_read_is_fault_0(crm: Wire, value: str, reason: str) -> None:
    status, _, body = crm.post(call_with(crm, value))
    assert status == 200
    assert "<i4>0</i4>" in body.decode()
    assert f"Failed to parse XML-RPC request: {reason}" in body.decode()


def test_entity_tricks_are_refused(crm: Wire) -> None:
    body = b'<!DOCTYPE a [<!ENTITY b "c">]>' + call_with(crm, "<value>&b;</value>").removeprefix(
        b"<?xml version='1.0'?>"
    )
    assert b"Failed to parse XML-RPC request" in crm.post(body)[2]


def test_an_unknown_method_is_named(crm: Wire) -> None:
    assert crm.fault("ContactService.appWithDupCheck", {}, "Email") == (
        0,
        "No such handler: ContactService.appWithDupCheck",
    )


def test_arguments_that_fit_no_signature_are_listed_as_java_types(crm: Wire) -> None:
    assert crm.fault("DataService.query", "Contact", 10, 0, "Id", ["Id"]) == (
        0,
        "No method matching arguments: java.lang.String, java.lang.String, java.lang.Integer, "
        "java.lang.Integer, java.lang.String, [Ljava.lang.Object;",
    )


def test_a_body_without_or_beyond_a_bounded_length_is_refused(crm: Wire) -> None:
    assert crm.post(b"", headers={"Content-Length": "99999999999"})[0] == 413
    assert crm.post(b"", headers={"Content-Length": "many"})[0] == 411


def test_one_connection_serves_many_calls(crm: Wire) -> None:
    connection = HTTPConnection(urlsplit(crm.sandbox.url).netloc, timeout=10)
    try:
        for _ in range(3):
            connection.request("POST", "/api/xmlrpc", call_with(crm, "<value>optiontitles</value>"))
            response = connection.getresponse()
            assert b"Mr." in response.read()
            assert not response.will_close
    finally:
        connection.close()


def test_other_paths_are_not_found(crm: Wire) -> None:
    assert crm.post(b"", path="/api/other")[0] == 404
