"""Replies no honest server sends: each is refused quickly, in little memory, and nothing goes elsewhere."""

from __future__ import annotations

import gzip
import sys
import time
import zlib
from pathlib import Path

import pytest

from crm.errors import CrmError, OutcomeUnknown, TransientError
from crm.rest.adapter import RestCrm
from tests.crm.rest.rest_helpers import answer, rest_at
from tests.crm.wire_server import Behave, peak_kilobytes, sends, streams, wire_server

MEBIBYTE = 1024 * 1024
GZIP = "Content-Encoding: gzip\r\n"
ENDLESS = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"


def bomb(size: int, inside: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = inside * (MEBIBYTE // len(inside))
    packed = packer.compress(b'{"tags": [')
    packed += b"".join(packer.compress(block) for _ in range(size // len(block)))
    return packed + packer.compress(b"]}") + packer.flush()


REPLIES = {
    "gzip bomb of one text": answer(bomb(50 * MEBIBYTE, b"a"), headers=GZIP),
    "gzip bomb of lists": answer(bomb(50 * MEBIBYTE, b"[],"), headers=GZIP),
    "gzip bomb of blanks": answer(bomb(50 * MEBIBYTE, b" "), headers=GZIP),
    "gzip bomb of escapes": answer(bomb(50 * MEBIBYTE, rb"\""), headers=GZIP),
    "two megabytes of lists": answer(b"[" + b"[]," * 650_000 + b"1]"),
    "gzip cut short": answer(gzip.compress(b'{"tags": []}')[:-12], headers=GZIP),
    "gzip that is none": answer(b"not gzip", headers=GZIP),
    "another packing": answer(zlib.compress(b'{"tags": []}'), headers="Content-Encoding: deflate\r\n"),
    "50 MB announced": b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n",
    "deep nesting": answer(b"[" * 10_000 + b"]" * 10_000),
    "deep nesting of objects": answer(b'{"tags":' * 10_000 + b"1" + b"}" * 10_000),
    "another type": answer({"tags": [], "id": "1"}, kind="text/html"),
    "no type": answer({"tags": [], "id": "1"}, kind=""),
    "HTML": answer(b"<html><body><h1>Service Unavailable</h1></body></html>", kind="text/html"),
    "XML": answer(b"<?xml version='1.0'?><methodResponse/>"),
    "a list": answer([]),
    "a text": answer("fine"),
    "an object without what was asked for": answer({"ok": True}),
    "rows that are none": answer({"tags": [1], "id": "x"}),
    "an id that is none": answer({"tags": [{"id": "-1", "name": "a"}], "id": "-1"}),
    "a huge number": answer(b'{"tags": [{"id": ' + b"9" * 100_000 + b'}], "id": 1}'),
    "NaN": answer(b'{"tags": [{"id": NaN}], "id": NaN}'),
    "empty": answer(b""),
    "null": answer(None),
    "the same page again": answer({"tags": [], "next_page_token": "x", "id": ""}),
    "a malformed status line": b"HTTP/9.9 what\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00" * 10,
}


def read(crm: RestCrm) -> None:
    crm.load_tags([1])


def write(crm: RestCrm) -> None:
    crm.create_tag("a")


def assert_refused(behave: Behave, within_seconds: float) -> None:
    with wire_server(behave) as server:
        for call, expected in ((read, TransientError), (write, OutcomeUnknown)):
            begun = time.monotonic()
            with rest_at(server.url, read_timeout_seconds=10.0) as crm, pytest.raises(expected) as caught:
                call(crm)
            assert time.monotonic() - begun < within_seconds
            assert caught.value.label in ("reply-unusable", "connection-broken")
        assert len(server.requests) <= 3


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
def test_a_hostile_reply_is_refused(reply: bytes) -> None:
    assert_refused(sends(reply, keep=False), within_seconds=5)


def test_a_50_mb_body_is_cut_off() -> None:
    blocks = (b"a" * MEBIBYTE for _ in range(50))
    with wire_server(streams(ENDLESS, blocks)) as server, rest_at(server.url) as crm:
        with pytest.raises(TransientError) as caught:
            crm.load_tags([1])
        assert caught.value.label == "reply-unusable"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent"])
def test_a_redirect_is_not_followed(status: str) -> None:
    with wire_server(sends(answer({"tags": []}))) as elsewhere:
        away = answer({}, status, f"Location: {elsewhere.url}/crm/rest/v2/tags\r\n")
        with wire_server(sends(away)) as server, rest_at(server.url) as crm:
            with pytest.raises(TransientError) as read_error:
                crm.load_tags([1])
            with pytest.raises(OutcomeUnknown) as write_error:
                crm.create_tag("a")
            assert (read_error.value.label, write_error.value.label) == ("redirected", "redirected")
            assert len(server.requests) == 2
        assert elsewhere.connections == 0


ERRORS = [
    ("400 Bad Request", {"code": 400, "message": "name must not be blank", "status": "x"}, "CrmRejected"),
    ("400 Bad Request", {"message": "Tag with id 5 not found"}, "MissingInCrm"),
    ("404 Not Found", {"fault": {"faultstring": "gone", "detail": {}}}, "TransientError"),
    ("409 Conflict", {"message": "It is there"}, "CrmRejected"),
    ("401 Unauthorized", {"fault": {"faultstring": "The key is not valid"}}, "CredentialsRejected"),
    ("403 Forbidden", {"message": "No"}, "ConfigurationError"),
    ("429 Too Many Requests", {}, "Throttled"),
    ("500 Server Error", {"fault": {"faultstring": "Rate limit quota violation."}}, "Throttled"),
    ("500 Server Error", {"message": "name cannot be null; not found"}, "OutcomeUnknown"),
    ("503 Service Unavailable", {"message": "x"}, "OutcomeUnknown"),
    ("404 Not Found", b"<html>nginx</html>", "TransientError"),
    ("410 Gone", {"message": "This contact was deleted"}, "MissingInCrm"),
    ("403 Forbidden", b"<html>Request blocked</html>", "TransientError"),
    ("408 Request Timeout", {"message": "x"}, "OutcomeUnknown"),
]


@pytest.mark.parametrize(("status", "content", "expected"), ERRORS, ids=lambda value: str(value)[:40])
def test_an_error_is_what_it_is(status: str, content: object, expected: str) -> None:
    with wire_server(sends(answer(content, status))) as server, rest_at(server.url) as crm:
        with pytest.raises(CrmError) as caught:
            crm.create_tag("a")
        assert type(caught.value).__name__ == expected
        assert len(server.requests) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", [name for name in REPLIES if "bomb" in name or "megabytes" in name])
def test_a_bomb_takes_less_than_10_mb(name: str) -> None:
    with wire_server(sends(REPLIES[name], keep=False)) as server, rest_at(server.url) as crm:
        for measured in (False, True):
            Path("/proc/self/clear_refs").write_text("5")  # the peak starts again at what is used now
            before = peak_kilobytes()
            with pytest.raises(TransientError):
                crm.load_tags([1])
            assert not measured or peak_kilobytes() - before < 10 * 1024
