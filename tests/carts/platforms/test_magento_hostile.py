"""A Magento shop, or what stands at its address, that does not answer as it should."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carts.platforms.magento.client import MagentoClient
from carts.platforms.shop_platform import NativeOrder
from intake.models import Source
from intake.platform import BadPayload, Delivery, NativeEvent
from intake.polling.http import shop_session
from intake.shop_api import ShopAnswerUnusable, ShopError, ShopRefused, ShopUnavailable
from tests.carts.shops.magento.asked import PLATFORM, magento_shop
from tests.carts.shops.magento.payloads import body_of, item, order, shipment, told
from tests.carts.shops.magento.samples import needs_php, needs_samples, wsdl_text
from tests.carts.shops.magento.server import KEY, USER, MagentoShopServer
from tests.factories import PLACED_AT as RECEIVED_AT

SOURCE = Source(platform="magento", currency="USD")
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:m="urn:Magento"><e:Body>'
    "<m:loginResponse>{}</m:loginResponse></e:Body></e:Envelope>"
)
DTD = '<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
WITH_DTD = DTD + ENVELOPE.format("<loginReturn>&secret;</loginReturn>")
WITH_BOMB = BOMB + ENVELOPE.format("<loginReturn>&b;</loginReturn>")


@pytest.fixture
def server(tmp_path: Path, settings: Any) -> Iterator[MagentoShopServer]:
    with magento_shop(tmp_path, settings) as running:
        yield running


def client_of(server: MagentoShopServer, read_seconds: float = 20) -> MagentoClient:
    return MagentoClient(shop_session(), server.url, USER, KEY, read_seconds)


def complaint(server: MagentoShopServer, kind: type[ShopError], **plan: Any) -> ShopError:
    server.plan(spoils=["login"], **plan)
    with pytest.raises(kind) as caught:
        client_of(server).rows("salesOrderList", [])
    assert caught.type is kind
    assert KEY not in caught.value.message + caught.value.detail
    return caught.value


@needs_samples
@needs_php
@pytest.mark.parametrize(
    ("plan", "kind", "words"),
    [
        ({"answer": "<html><body>Are you human?</body></html>"}, ShopAnswerUnusable, "firewall"),
        ({"answer": "<html>Envelope</html>"}, ShopAnswerUnusable, "firewall"),
        ({"answer": "Envelope, but not XML"}, ShopAnswerUnusable, "firewall"),
        ({"answer": ""}, ShopAnswerUnusable, "not with SOAP"),
        ({"answer": ENVELOPE.format("")}, ShopAnswerUnusable, "no session"),
        ({"answer": ENVELOPE.format("<loginReturn/>")}, ShopAnswerUnusable, "no session"),
        ({"answer": ENVELOPE.format("<other>1</other>")}, ShopAnswerUnusable, "promises"),
        ({"answer": "<Envelope/>"}, ShopAnswerUnusable, "promises"),
        ({"answer": WITH_DTD}, ShopAnswerUnusable, "type"),
        ({"answer": WITH_BOMB}, ShopAnswerUnusable, "type"),
        ({"answer": "<html/>", "status": 500}, ShopUnavailable, "out of order"),
        ({"answer": "<html/>", "status": 503}, ShopUnavailable, "out of order"),
        ({"answer": "<html/>", "status": 403}, ShopRefused, "refused the credentials"),
        ({"answer": "<html/>", "status": 404}, ShopRefused, "no SOAP API"),
        (
            {"status": 302, "headers": {"Location": "https://elsewhere.example/"}},
            ShopRefused,
            "another address",
        ),
        ({"status": 429, "headers": {"Retry-After": "7"}}, ShopUnavailable, "asks us to wait"),
    ],
)
def test_what_comes_back_instead_of_soap(server, plan, kind, words):
    error = complaint(server, kind, **plan)
    assert words in error.message
    if plan.get("status") == 429:
        assert isinstance(error, ShopUnavailable)
        assert error.retry_after_seconds == 7


@needs_samples
@needs_php
def test_a_slow_answer_is_not_waited_for(server):
    server.plan(spoils=["login"], sleep=60, answer="<late/>")
    began = time.monotonic()
    with pytest.raises(ShopUnavailable, match="did not answer"):
        client_of(server, read_seconds=0.3).rows("salesOrderList", [])
    assert time.monotonic() - began < 20


@needs_samples
@needs_php
@pytest.mark.parametrize(
    "place",
    [
        "http://internal.example/schema.xsd",
        "file:///etc/passwd",
        "../../../../../etc/passwd",
        "http://127.0.0.1:1/x.xsd",
    ],
)
def test_a_description_that_refers_elsewhere_is_not_followed(server, place):
    named = f'<import namespace="urn:else" schemaLocation="{place}"/>'
    text = wsdl_text("Magento").replace('<complexType name="associativeEntity">', named + "<complexType>", 1)
    server.describes(text)
    with pytest.raises(ShopRefused, match="refers to another address"):
        client_of(server).rows("salesOrderList", [])
    assert [call["operation"] for call in server.calls()] == ["wsdl"]


@needs_samples
@needs_php
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html/>", "no SOAP calls"),
        ("", "promises"),
        ("plain words", "promises"),
        (DTD + "<definitions/>", "document type"),
        ('<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:x"/>', "no SOAP calls"),
        ("<definitions>" + " " * 5_000_001 + "</definitions>", "larger than"),
        ("<definitions>" + "<x/>" * 20_001 + "</definitions>", "larger than"),
    ],
)
def test_what_is_no_description_is_said_so(server, text, words):
    server.describes(text)
    with pytest.raises(ShopAnswerUnusable, match=words):
        client_of(server).rows("salesOrderList", [])


@needs_samples
@needs_php
def test_a_description_for_another_host_does_not_send_us_there(server):
    """The samples name https://shop.example as the shop's own address."""
    assert "https://shop.example/" in wsdl_text("Magento")
    assert client_of(server).rows("salesOrderList", []) == []


def test_a_shop_that_hangs_up(settings):
    settings.SHOP_PRIVATE_ADDRESSES = True
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True)
        thread.start()
        client = MagentoClient(shop_session(), f"http://127.0.0.1:{listener.getsockname()[1]}", USER, KEY)
        with pytest.raises(ShopUnavailable, match="did not answer"):
            client.rows("salesOrderList", [])
        thread.join()
    client.close()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
order_keys = st.sampled_from([*order(), "base_total_canceled", "base_total_refunded", "customer_id"])
item_keys = st.sampled_from([*item("1", "A", "1", "1"), "parent_item_id"])
payload_keys = st.sampled_from(["order", "list", "shipments", "customer"])


def attempt(body: bytes) -> None:
    try:
        native = PLATFORM.read(SOURCE, NativeEvent(name="order_read", body=body), RECEIVED_AT)
        assert isinstance(native, NativeOrder)
        data = PLATFORM.parse(SOURCE, native.payload, RECEIVED_AT)
        assert data.to_json()
        PLATFORM.shipments(SOURCE, native.payload, RECEIVED_AT)
    except BadPayload as err:
        assert err.message


@hypothesis_settings(max_examples=80, deadline=None)
@given(st.dictionaries(payload_keys, json_values))
def test_any_payload_is_read_or_refused_in_words(changes):
    attempt(body_of({**told(order(), shipment(1, "101", "JD01")), **changes}))


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.dictionaries(order_keys, json_values), st.dictionaries(item_keys, json_values))
def test_any_order_is_parsed_or_refused_in_words(changes, of_item):
    lines = [{**item("1", "A", "1", "1", product_type="bundle"), **of_item}, item("2", "B", "1", "1")]
    attempt(body_of(told({**order(), **changes})))
    attempt(body_of(told({**order(items=lines)}, listed=changes)))


@hypothesis_settings(max_examples=100, deadline=None)
@given(json_values)
def test_any_shipment_is_read_or_refused_in_words(value):
    attempt(body_of(told(order(), {**shipment(1), "tracks": value, "created_at": value})))
    attempt(body_of(told(order(), {**shipment(1), "tracks": [value, {"number": value, "title": value}]})))


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused_in_words(body):
    attempt(body)
    with pytest.raises(BadPayload, match="send no events"):
        PLATFORM.split(SOURCE, Delivery(body=body))
