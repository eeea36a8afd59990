"""What we write any XML-RPC parser reads, and what the CRM writes we read."""

from __future__ import annotations

import xmlrpc.client
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.errors import PermanentError
from crm.http.characters import clean
from crm.http.transport import ReplyUnreadable
from crm.values import Value
from crm.xmlrpc.decode import Fault, ReplyParser, Result
from crm.xmlrpc.encode import INT_MAX, INT_MIN, encode_call

EASTERN = ZoneInfo("America/New_York")
ODD = "Zoë 😀 שלום \u202e abc & < > \" ' ]]> \r\n \t \x00\x0b\ufffe\ud83d é\u0301"

amounts = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, places=4)
texts = st.text(st.characters()) | st.sampled_from([ODD, "", " ", "\r", "&amp;", "<![CDATA[x]]>"])
scalars = texts | st.booleans() | st.integers(INT_MIN, INT_MAX) | amounts
names = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=8)
params = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)


def parse(data: bytes, piece_bytes: int = 1000) -> Result | Fault:
    parser = ReplyParser()
    for start in range(0, len(data), piece_bytes):
        parser.feed(data[start : start + piece_bytes])
    return parser.close()


def value_of(inside: str | bytes, piece_bytes: int = 1000) -> Value:
    inside = inside.encode() if isinstance(inside, str) else inside
    data = b"<methodResponse><params><param><value>" + inside + b"</value></param></params></methodResponse>"
    result = parse(data, piece_bytes)
    assert isinstance(result, Result)
    return result.value


def expected(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [expected(item) for item in value]
    if isinstance(value, dict):
        return {clean(name): expected(item) for name, item in value.items()}
    return value


@settings(max_examples=150, deadline=None)
@given(params, st.integers(1, 40))
def test_what_is_written_is_read_back(value: Any, piece_bytes: int) -> None:
    call = encode_call("Service.method", [value], EASTERN)
    reply = call.replace(b"methodCall>", b"methodResponse>").replace(
        b"<methodName>Service.method</methodName>", b""
    )
    assert parse(reply, piece_bytes) == Result(expected(value))


@settings(max_examples=50, deadline=None)
@given(st.lists(texts | st.integers(INT_MIN, INT_MAX) | st.booleans(), max_size=4))
def test_another_parser_reads_what_is_written(values: list[Any]) -> None:
    read, method = xmlrpc.client.loads(encode_call("A.b", values, EASTERN))
    assert (list(read), method) == (expected(values), "A.b")


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for reply in (data, b"<methodResponse>" + data):
        with pytest.raises(ReplyUnreadable):
            parse(reply, 7)


def test_a_time_is_written_in_the_zone_of_the_crm() -> None:
    summer, winter = datetime(2026, 7, 1, 3, 30, tzinfo=UTC), datetime(2026, 1, 1, 3, 30, tzinfo=UTC)
    written = encode_call("A.b", [summer, winter], EASTERN).decode()
    assert "<dateTime.iso8601>20260630T23:30:00</dateTime.iso8601>" in written
    assert "<dateTime.iso8601>20251231T22:30:00</dateTime.iso8601>" in written


@pytest.mark.parametrize(
    ("amount", "written"),
    [("1E+2", "100"), ("22.90", "22.90"), ("-0.05", "-0.05"), ("1E-3", "0.001"), ("0", "0")],
)
def test_an_amount_is_written_plainly(amount: str, written: str) -> None:
    assert f"<double>{written}</double>".encode() in encode_call("A.b", [Decimal(amount)], EASTERN)


@pytest.mark.parametrize("value", [None, 1.5, b"x", datetime(2026, 1, 1), Decimal("NaN"), {1, 2}])
def test_what_has_no_honest_form_is_not_written(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode_call("A.b", [value], EASTERN)


def test_a_number_beyond_32_bits_is_refused() -> None:
    with pytest.raises(PermanentError):
        encode_call("A.b", [2**31], EASTERN)


@pytest.mark.parametrize(
    ("inside", "value"),
    [
        ("untagged &amp; plain", "untagged & plain"),
        ("", ""),
        ("  ", "  "),
        ("<string/>", ""),
        ("<string> kept </string>", " kept "),
        ("<nil/>", None),
        ("\n<i4> 7 </i4>\n", 7),
        ("<int>-7</int>", -7),
        ("<ex:i8>9000000000</ex:i8>", 9000000000),
        ("<boolean>1</boolean>", True),
        ("<boolean>false</boolean>", False),
        ("<double>22.960000000000001</double>", Decimal("22.960000000000001")),
        ("<double>1.0E-5</double>", Decimal("0.000010")),
        ("<dateTime.iso8601>20131231T23:59:59</dateTime.iso8601>", "20131231T23:59:59"),
        ("<unheard.of>text</unheard.of>", "text"),
        ("<i4/>", ""),
        ("<boolean></boolean>", ""),
        ("<double/>", ""),
        ("<array><data/></array>", []),
        ("<array/>", []),
        ("<struct/>", {}),
        ("<array><data><value>a</value><value><nil/></value></data></array>", ["a", None]),
        ("<struct><member><name>A</name><value/></member></struct>", {"A": ""}),
    ],
)
def test_the_crm_s_habits_are_read(inside: str, value: Value) -> None:
    read = value_of(inside)
    assert (read, type(read)) == (value, type(value))


def test_a_self_closing_value_is_an_empty_text() -> None:
    assert parse(b"<methodResponse><params><param><value/></param></params></methodResponse>") == Result("")


def test_blanks_before_the_declaration_are_no_harm() -> None:
    reply = b"\r\n <?xml version='1.0' encoding='UTF-8'?><methodResponse><params><param><value>x</value>"
    assert parse(reply + b"</param></params></methodResponse>", 1) == Result("x")


@pytest.mark.parametrize("piece_bytes", [1, 2, 3, 5, 7, 100])
@pytest.mark.parametrize(
    ("inside", "value"),
    [
        (b"a&#55357;&#56832;b", "a😀b"),  # a pair of halves as number references
        (b"a&#xD83D;&#xde00;b", "a😀b"),
        (b"a\xed\xa0\xbd\xed\xb8\x80b", "a😀b"),  # the same pair as raw bytes
        (b"&#55357;x", "\ufffdx"),
        (b"&#56832;&#55357;", "\ufffd\ufffd"),
        (b"&#0;&#11;&#38;&#60;&#169;&#x1F600;", "\ufffd\ufffd&<©😀"),
        (b"a\x0bb\x00c", "a\ufffdb\ufffdc"),
        (b"a\xff\xc3b", "a\ufffd\ufffdb"),
        (b"&amp;#55357;&lt;", "&#55357;<"),
        ("😀é".encode(), "😀é"),
    ],
)
def test_odd_characters_do_not_lose_the_reply(inside: bytes, value: str, piece_bytes: int) -> None:
    assert value_of(inside, piece_bytes) == value


def fault_of(members: str) -> Result | Fault:
    body = f"<methodResponse><fault><value>{members}</value></fault></methodResponse>"
    return parse(body.encode())


def test_faults_are_read() -> None:
    code, text = "<member><name>faultCode</name><value>{}</value></member>", "<value>[X]y</value>"
    words = f"<member><name>faultString</name>{text}</member>"
    assert fault_of(f"<struct>{code.format('<i4>5</i4>')}{words}</struct>") == Fault(5, "[X]y")
    assert fault_of(f"<struct>{words}{code.format('5')}</struct>") == Fault(5, "[X]y")
    assert fault_of(f"<struct>{words}</struct>") == Fault(None, "[X]y")
    with pytest.raises(ReplyUnreadable):
        fault_of("broken")
