"""What a stranger, a merchant or a shop sends is counted before anything is built of it.

`python -m tests.measure_hostile` sends the same to real processes and measures those.
"""

from __future__ import annotations

import base64
import gzip
import hmac
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from carts.models import Order
from carts.platforms.magento.client import MagentoClient
from carts.platforms.shop_platform import ReadEvent
from carts.platforms.ultracart.rest_api import _error_of
from intake import processing
from intake.deliveries import MOST_COPIES, delivery_store
from intake.json_text import MAX_TOKENS, NotJson, TooMuchJson, json_read
from intake.models import InboundEvent, Source
from intake.platform import Delivery, NativeEvent
from intake.polling.http import Answer, check_peer, shop_get, shop_session
from intake.processing import event_process
from intake.shop_api import AnswerTooLarge, ShopAnswerUnusable, ShopError, ShopUnavailable
from tests.carts.payloads import as_body, paid_order
from tests.carts.sample_platform import Kennel, installed
from tests.factories import SourceFactory

MOST = 45_000_000  # bytes, of all that one of them becomes on its way
LISTS = b"[" + b"[]," * 9_900_000 + b"[]]"  # 29.7 MB; 29 KB packed
SOAP = (
    b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    + b"<item/>" * 500_000
    + b"</e:Body></e:Envelope>"
)


def peak_of(work: Callable[[], Any]) -> int:
    """The most memory that Python took while working."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@contextmanager
def answering(body: bytes, **headers: str) -> Iterator[str]:
    """The address of a shop that answers everything with this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *args: Any) -> None:
            return

    with served(Handler) as url:
        yield url


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(autouse=True)
def loopback(settings: Any) -> None:
    settings.SHOP_PRIVATE_ADDRESSES = True


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"[]," * 600_000 + b"[]]",
        b'{"a":' * 300_000,
        b"[" + b"1.5," * 500_000 + b"1]",
        b"[" + b'"ab",' * 400_000 + b"1]",
        b"]" * 2_000_000,
        b'"' * 2_000_000,
        b'"' + rb"\"" * 1_000_000,
    ],
    ids=["lists", "depth", "fractions", "texts", "brackets", "quotes", "escapes"],
)
def test_json_is_counted_before_it_is_built(body: bytes) -> None:
    def work() -> None:
        with pytest.raises(NotJson):
            json_read(body)

    assert peak_of(work) < 4 * len(body)


def test_the_largest_json_that_is_taken_stays_small() -> None:
    row = b'{"ab":1.5,"cd":"\xf0\x9f\x98\x80"},'
    body = b"[" + row * (MAX_TOKENS // 9) + b"1]"
    assert peak_of(lambda: json_read(body)) < MOST
    with pytest.raises(TooMuchJson, match="too many elements"):
        json_read(body[:-1] + b"," + body[1:])


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_shop_s_answer_is_counted_before_it_is_built(packed: bool) -> None:
    body = gzip.compress(LISTS) if packed else LISTS[:2_000_000]
    headers = {"Content_Encoding": "gzip"} if packed else {}

    def work() -> None:
        with answering(body, **headers) as url, shop_session() as session, pytest.raises(AnswerTooLarge):
            shop_get(session, url).json()

    assert peak_of(work) < MOST


def test_a_packed_answer_that_is_honest_is_read() -> None:
    with answering(gzip.compress(b'{"a": 1}'), Content_Encoding="gzip") as url, shop_session() as session:
        assert shop_get(session, url).json() == {"a": 1}
    broken = gzip.compress(b'{"a": 1}')[:-9]
    with (
        answering(broken, Content_Encoding="gzip") as url,
        shop_session() as session,
        pytest.raises(ShopAnswerUnusable, match="damaged"),
    ):
        shop_get(session, url)


def test_a_soap_answer_is_counted_before_it_is_built() -> None:
    def work() -> None:
        with (
            answering(gzip.compress(SOAP), Content_Encoding="gzip") as url,
            shop_session() as session,
            pytest.raises(ShopError),
        ):
            MagentoClient(session, url, "user", "key").rows("salesOrderList", [])

    assert peak_of(work) < MOST


# -- a shop's answers, otherwise hostile -------------------------------------------------------------------


@contextmanager
def echoing() -> Iterator[str]:
    """A firewall that answers 403 with the headers that it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = str(self.headers).encode()
            self.send_response(403)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            return

    with served(Handler) as url:
        yield url


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": {"X-Shopify-Access-Token": "shpat_canary_1"}},
        {"headers": {"x-ultracart-simple-key": "simple_canary_2"}},
        {"auth": ("ck_key", "cs_canary_3")},
    ],
)
def test_a_secret_that_comes_back_is_in_no_text_of_ours(sent: dict[str, Any]) -> None:
    with echoing() as url, shop_session() as session, pytest.raises(ShopError) as caught:
        shop_get(session, url, **sent)
    said = caught.value.message + caught.value.detail
    assert "[hidden]" in said
    assert "canary" not in said and base64.b64encode(b"ck_key:cs_canary_3").decode() not in said


@pytest.mark.parametrize(
    "address",
    [
        *(
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "::7f00:1",
            "::1",
            "fec0::1",
            "2002:7f00:1::",
            "2001:0:1::",
        ),
        *("127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "224.0.0.1"),
    ],
)
def test_what_leads_into_a_private_network_is_refused(address: str, settings: Any) -> None:
    settings.SHOP_PRIVATE_ADDRESSES = False
    with pytest.raises(OSError, match="public"):
        check_peer(address)
    check_peer("93.184.215.14")
    check_peer("2606:2800:21f::1")


def test_a_private_address_is_not_even_connected_to(settings: Any) -> None:
    settings.SHOP_PRIVATE_ADDRESSES = False
    with socket.create_server(("127.0.0.1", 0)) as listener, shop_session() as session:
        listener.settimeout(0.3)
        with pytest.raises(ShopUnavailable):
            shop_get(session, f"https://localhost:{listener.getsockname()[1]}/")
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_long_complaint_of_a_shop_is_searched_in_no_time() -> None:
    said = json.dumps({"error": {"user_message": "rate of " * 400_000}}).encode()
    begun = time.process_time()
    assert _error_of(Answer(400, said)) is not None
    assert time.process_time() - begun < 2


# -- deliveries -------------------------------------------------------------------------------------------


def packed(body: bytes) -> bytes:
    return b'"' + base64.b64encode(gzip.compress(body)) + b'"'


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body", [packed(LISTS[:9_999_999] + b"]"), packed(b'{"events":' + LISTS[:2_999_999] + b"]}")]
)
def test_a_packed_delivery_is_counted_before_it_is_built(body: bytes) -> None:
    event = delivery_store(SourceFactory(), body, "application/json", "webhook", wake=False)
    assert peak_of(lambda: event_process(event.pk)) < MOST
    event.refresh_from_db()
    assert event.state == InboundEvent.State.PARKED
    assert event.problem.startswith("The delivery")


class Watched(Kennel):
    """Notes whether a transaction is open while it reads."""

    name = "watched"
    in_transaction: list[bool]

    def split(self, source: Source, delivery: Delivery) -> list[NativeEvent]:
        self.in_transaction = [connection.in_atomic_block]
        return super().split(source, delivery)

    def read(self, source: Source, event: NativeEvent, received_at: datetime) -> ReadEvent:
        self.in_transaction.append(connection.in_atomic_block)
        return super().read(source, event, received_at)


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_delivery_is_read() -> None:
    """On SQLite every other writer would wait for it."""
    watched = Watched()
    source = SourceFactory(platform="watched")
    body = json.dumps({"id": "1", "stage": "paid"}).encode()
    event = delivery_store(source, body, "application/json", "webhook", wake=False)
    with installed(watched):
        event_process(event.pk)
    assert watched.in_transaction == [False, False]
    assert Order.objects.get().event == event


@pytest.mark.django_db(transaction=True)
def test_large_deliveries_are_read_one_at_a_time_and_small_ones_beside_them() -> None:
    source: Source = SourceFactory()
    large = as_body({"order_create": paid_order(), "x": "x" * processing.SMALL_BYTES})
    bodies = (large, as_body({"order_create": paid_order()}))
    events = [delivery_store(source, body, "", "webhook", wake=False) for body in bodies]
    with processing._large:
        keeps_no_thread = threading.Thread(target=_in_thread, args=(events[0].pk,))
        keeps_no_thread.start()
        keeps_no_thread.join(30)
        assert not keeps_no_thread.is_alive()
        assert state_of(events[0]) == InboundEvent.State.STORED
        small = threading.Thread(target=_in_thread, args=(events[1].pk,))
        small.start()
        small.join(30)
        assert Order.objects.count() == 1
    event_process(events[1].pk)
    assert state_of(events[0]) != InboundEvent.State.STORED


def state_of(event: InboundEvent) -> str:
    event.refresh_from_db()
    return event.state


def _in_thread(event_id: int) -> None:
    try:
        event_process(event_id)
    finally:
        connection.close()


@pytest.mark.django_db
def test_a_recorded_body_is_not_stored_without_end() -> None:
    """Signed once by the shop, sent again and again under numbers that no signature covers."""
    source = SourceFactory(platform="shopify", signing_secret="signing-secret")
    body = b'{"id": 1}'
    signature = base64.b64encode(hmac.digest(b"signing-secret", body, "sha256")).decode()
    for number in range(MOST_COPIES + 5):
        headers = {
            "X-Shopify-Hmac-Sha256": signature,
            "X-Shopify-Webhook-Id": f"forged-{number}",
            "X-Shopify-Topic": "orders/updated",
        }
        answer = Client().post(
            f"/hooks/{source.token}/", body, content_type="application/json", headers=headers
        )
        assert answer.status_code == 200
    assert answer.json()["repeated"] is True
    assert InboundEvent.objects.filter(parent=None).count() == MOST_COPIES
