"""Replies no honest server sends: each is refused quickly, in little memory, as what it is to the caller."""

from __future__ import annotations

import gzip
import sys
import time
import zlib
from pathlib import Path

import pytest

from crm.errors import OutcomeUnknown, TransientError
from crm.records import TagRecord
from crm.xmlrpc.adapter import XmlRpcCrm
from tests.crm.doubles import crm_at
from tests.crm.wire_server import (
    EMPTY_LIST,
    OK_ONE,
    Behave,
    http,
    peak_kilobytes,
    sends,
    streams,
    wire_server,
)

HEAD, TAIL = OK_ONE.split(b"<i4>1</i4>")
MEBIBYTE = 1024 * 1024
GZIP = "Content-Encoding: gzip\r\n"


def bomb(size: int, inside: bytes = b"a") -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = inside * (MEBIBYTE // len(inside))
    packed = packer.compress(HEAD)
    packed += b"".join(packer.compress(block) for _ in range(size // len(block)))
    return packed + packer.compress(TAIL) + packer.flush()


def nested(depth: int) -> bytes:
    return HEAD + b"<array><data><value>" * depth + b"</value></data></array>" * depth + TAIL


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>' + HEAD.split(b"?>")[1] + b"&b;" + TAIL
)
OUTSIDE = b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x">' + HEAD.split(b"?>")[1] + b"1" + TAIL
ENDLESS = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

REPLIES = {
    "gzip bomb of one text": http(bomb(200 * MEBIBYTE), headers=GZIP),
    "gzip bomb of elements": http(bomb(200 * MEBIBYTE, b"<value/>"), headers=GZIP),
    "gzip bomb of structures": http(
        bomb(100 * MEBIBYTE, b"<struct><member><name>a</name><value>b</value></member></struct>"),
        headers=GZIP,
    ),
    "gzip bomb of emoji": http(bomb(100 * MEBIBYTE, "😀".encode()), headers=GZIP),
    "gzip cut short": http(gzip.compress(OK_ONE)[:-12], headers=GZIP),
    "gzip that is none": http(b"not gzip", headers=GZIP),
    "another packing": http(zlib.compress(OK_ONE), headers="Content-Encoding: deflate\r\n"),
    "entities": http(ENTITIES),
    "an outside document type": http(OUTSIDE),
    "50 MB announced": http(b"", length=50 * MEBIBYTE),
    "50 MB of comment": http(HEAD + b"<!--" + b"x" * (2 * MEBIBYTE) + b"-->" + TAIL),
    "an endless tag name": http(b"<" + b"x" * (2 * MEBIBYTE) + b">"),
    "deep nesting": http(nested(10_000)),
    "HTML": http(b"<html><body><h1>Service Unavailable</h1></body></html>"),
    "JSON": http(b'{"fault": {}}'),
    "empty": http(b""),
    "blank": http(b"\n\n"),
    "cut in XML": http(OK_ONE[:-30]),
    "no value": http(b"<methodResponse><params/></methodResponse>"),
    "a number that is none": http(HEAD + b"<i4>nan</i4>" + TAIL),
    "a huge number": http(HEAD + b"<i4>" + b"9" * 100_000 + b"</i4>" + TAIL),
    "infinity": http(HEAD + b"<double>INF</double>" + TAIL),
    "a malformed status line": b"HTTP/9.9 what\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00" * 10,
    "endless headers": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n",
}


def read(crm: XmlRpcCrm) -> None:
    crm.load_tags([1])


def write(crm: XmlRpcCrm) -> None:
    crm.create_tag("a")


def assert_refused(behave: Behave, within_seconds: float = 2.0) -> None:
    """Seconds of this thread's own work, so that a busy machine does not count."""
    with wire_server(behave) as server:
        for call, expected in ((read, TransientError), (write, OutcomeUnknown)):
            begun = time.thread_time()
            with crm_at(server.url) as crm, pytest.raises(expected) as caught:
                call(crm)
            assert time.thread_time() - begun < within_seconds
            assert caught.value.label in ("reply-unusable", "connection-broken", "no-reply-in-time")
        assert len(server.requests) == 2


@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
def test_a_hostile_reply_is_refused(reply: bytes) -> None:
    assert_refused(sends(reply, keep=False))


def test_a_body_that_ends_early_is_refused() -> None:
    assert_refused(sends(http(OK_ONE, length=len(OK_ONE) + 5), keep=False))


def test_a_50_mb_body_is_cut_off() -> None:
    blocks = (b"a" * MEBIBYTE for _ in range(100))
    with wire_server(streams(ENDLESS, blocks)) as server, crm_at(server.url) as crm:
        with pytest.raises(TransientError) as caught:
            crm.load_tags([1])
        assert caught.value.label == "reply-unusable"
    begun = HEAD + b"<value>"
    texts = (begun if number == 0 else b"a" * MEBIBYTE for number in range(50))
    with wire_server(streams(ENDLESS, texts)) as server, crm_at(server.url) as crm:
        with pytest.raises(TransientError) as caught:
            crm.load_tags([1])
        assert "too much text" in caught.value.detail


@pytest.mark.parametrize("head", [ENDLESS, ""], ids=["body", "headers"])
def test_a_slow_trickle_ends_with_the_whole_time(head: str) -> None:
    text = OK_ONE if head else b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200
    drops = (bytes([byte]) for byte in text * 20)
    with (
        wire_server(streams(head, drops, pause=0.05)) as server,
        crm_at(server.url, read_timeout_seconds=0.2) as crm,
    ):
        begun = time.monotonic()
        with pytest.raises(OutcomeUnknown) as caught:
            crm.create_tag("a")
        assert 0.3 < time.monotonic() - begun < 20  # the drops would take minutes
    assert caught.value.label == "no-reply-in-time"


def test_an_endless_run_of_interim_replies_ends_with_the_whole_time() -> None:
    interim = (b"HTTP/1.1 100 Continue\r\n\r\n" for _ in range(1000))
    with (
        wire_server(streams("", interim, pause=0.02)) as server,
        crm_at(server.url, read_timeout_seconds=0.2) as crm,
        pytest.raises(OutcomeUnknown),
    ):
        crm.create_tag("a")


def test_gzip_is_read() -> None:
    packed = gzip.compress(OK_ONE)
    with wire_server(sends(http(packed, headers=GZIP))) as server, crm_at(server.url) as crm:
        assert [crm.create_tag("a"), crm.create_tag("b")] == [1, 1]
        assert server.connections == 1


def test_a_chunked_reply_is_read() -> None:
    pieces = b"".join(b"%x\r\n%s\r\n" % (1, OK_ONE[n : n + 1]) for n in range(len(OK_ONE)))
    reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + pieces + b"0\r\n\r\n"
    with wire_server(sends(reply)) as server, crm_at(server.url) as crm:
        assert [crm.create_tag("a"), crm.create_tag("b")] == [1, 1]
        assert server.connections == 1


def test_a_full_page_of_rows_is_within_the_limits() -> None:
    member = "<member><name>{}</name><value>{}</value></member>"
    row = member.format("Id", "<i4>{}</i4>") + member.format(
        "GroupName", "A name & more 😀".replace("&", "&amp;")
    )
    rows = "".join(f"<value><struct>{row.format(number)}</struct></value>" for number in range(1, 1001))
    page = HEAD + f"<array><data>{rows}</data></array>".encode() + TAIL
    with wire_server(sends(http(page), http(EMPTY_LIST))) as server, crm_at(server.url) as crm:
        tags = crm.load_tags(range(1, 1001))
        assert len(server.requests) == 2
    assert (len(tags), tags[4]) == (1000, TagRecord(id=5, name="A name & more 😀"))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("name", [name for name in REPLIES if "bomb" in name])
def test_a_bomb_takes_less_than_10_mb(name: str) -> None:
    with wire_server(sends(REPLIES[name], keep=False)) as server, crm_at(server.url) as crm:
        for measured in (False, True):
            Path("/proc/self/clear_refs").write_text("5")  # the peak starts again at what is used now
            before = peak_kilobytes()
            with pytest.raises(TransientError):
                crm.load_tags([1])
            assert not measured or peak_kilobytes() - before < 10 * 1024
