"""JSON in bounds: what is read, what is refused, and what leaves."""

from __future__ import annotations

import json
import time
from decimal import Decimal
from typing import Any

import pytest

from crm.http.transport import ReplyUnreadable
from crm.rest.body import MAX_BYTES, MAX_DEPTH, MAX_TOKENS, JsonReader, encode


def read(body: bytes) -> Any:
    reader = JsonReader()
    for start in range(0, len(body), 1000):
        reader.feed(body[start : start + 1000])
    return reader.close().value


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"", None),
        (b" \r\n", None),
        (b"\xef\xbb\xbf{}", {}),
        (b'{"a": [1, 2.50, null, true, "x"]}', {"a": [1, Decimal("2.50"), None, True, "x"]}),
        (b"22.960000000000001", Decimal("22.960000000000001")),
        (b"9223372036854775807", 9223372036854775807),
        ('"Zoë 😀"'.encode(), "Zoë 😀"),
        (rb'"\ud83d\ude00"', "😀"),
        (rb'["\ud83d", "a\u0000b"]', ["\ufffd", "a\ufffdb"]),
        (b'"\xff"', "\ufffd"),
        (b'"[[[[{{{{,,,,"', "[[[[{{{{,,,,"),
        (rb'"a \" b \\"', 'a " b \\'),
    ],
)
def test_a_body_is_read(body: bytes, value: Any) -> None:
    assert read(body) == value


REFUSED = {
    "NaN": b"NaN",
    "infinity": b"[-Infinity]",
    "a huge integer": b"9" * 100_000,
    "a huge exponent": b"1e999999999",
    "a tiny exponent": b"1e-999999999",
    "a long fraction": b"0." + b"1" * 1000,
    "HTML": b"<html></html>",
    "XML": b"<?xml version='1.0'?><methodResponse/>",
    "cut short": b'{"a": [1, 2',
    "two values": b"{} {}",
    "nesting": b"[" * 10_000 + b"]" * 10_000,
    "nested objects": b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    "elements": b"[" + b"[]," * (MAX_TOKENS // 2) + b"[]]",
    "commas": b"[" + b"1," * (MAX_TOKENS + 1) + b"1]",
    "an endless string": b'"' + b"a" * 100_000,
    "an endless string of escapes": b'"' + rb"\"" * 500_000,
    "an endless escape": b'"' + b"a" * 1000 + b"\\",
    "quotes": b'"' * 999_999,
    "too many bytes": b'"' + b"a" * MAX_BYTES + b'"',
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_what_no_honest_reply_holds_is_refused_quickly(body: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(ReplyUnreadable):
        read(body)
    assert time.process_time() - begun < 1


def test_a_page_of_a_thousand_rows_is_within_the_limits() -> None:
    row = {"id": "1", "name": "A name, with [signs]", "category": {"id": "2"}, "create_time": "x"}
    assert len(read(json.dumps([row] * 1000).encode())) == 1000


@pytest.mark.parametrize(
    ("value", "body"),
    [
        (Decimal("22.96"), b"22.96"),
        (Decimal("0.1"), b"0.1"),
        (Decimal("1000"), b"1000"),
        (Decimal("1.234"), b"1.234"),
        (Decimal("-4.05"), b"-4.05"),
        (Decimal("12345678901.23"), b"12345678901.23"),
        (["a\x00b", {"c": "\ud800d"}, True, None], b'["ab", {"c": "d"}, true, null]'),
    ],
)
def test_a_body_leaves_as_meant(value: Any, body: bytes) -> None:
    assert encode(value) == body
