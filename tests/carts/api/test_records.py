"""Putting carts, affiliates, shipments and refunds in over the REST API, and reading them back."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from carts.api import examples
from carts.ingest.orders import order_ingest
from carts.models import AbandonedCart, Affiliate, Refund, Shipment
from carts.signals import affiliate_registered
from intake.models import ApiKey, InboundEvent
from tests.factories import ApiKeyFactory, SourceFactory, order_data

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

KINDS = [
    pytest.param("carts", examples.CART, AbandonedCart, {"email": "new@example.com"}, ["cart"], id="carts"),
    pytest.param(
        "affiliates", examples.AFFILIATE, Affiliate, {"code": "new"}, ["affiliate"], id="affiliates"
    ),
    pytest.param("shipments", examples.SHIPMENT, Shipment, {"carrier": "USPS"}, ["shipped"], id="shipments"),
    pytest.param("refunds", examples.REFUND, Refund, {"reason": "new"}, [], id="refunds"),
]
every_kind = pytest.mark.parametrize(("kind", "example", "model", "change", "sent"), KINDS)


@pytest.fixture
def key() -> ApiKey:
    return ApiKeyFactory(plain="the-key")


@pytest.fixture
def headers(key) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": "Api-Key the-key"}


def post(client, headers, kind: str, value: Any):
    return client.post(f"/api/v1/{kind}/", data=value, content_type="application/json", **headers)


@every_kind
def test_new_the_same_again_and_a_change(client, headers, key, signals, kind, example, model, change, sent):
    response = post(client, headers, kind, example)
    assert (response.status_code, response.json()["version"]) == (201, 1)
    stored = model.objects.get()
    assert stored.source == key.source
    assert (stored.event.channel, stored.event.state, stored.event.name) == ("api", "applied", kind[:-1])
    assert post(client, headers, kind, example).status_code == 200
    changed = post(client, headers, kind, {**example, **change})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert signals == sent * 2


@every_kind
def test_it_takes_what_it_gives(client, headers, signals, kind, example, model, change, sent):
    stored = post(client, headers, kind, example).json()
    for name in ("version", "bought_at"):
        stored.pop(name, None)
    assert post(client, headers, kind, stored).json()["version"] == 1


@every_kind
def test_an_older_version_changes_nothing(client, headers, signals, kind, example, model, change, sent):
    post(client, headers, kind, {**example, "version_at": "2026-03-03T10:00:00Z"})
    older = {**example, **change, "version_at": "2026-03-02T10:00:00Z"}
    assert post(client, headers, kind, older).json()["version"] == 1
    assert InboundEvent.objects.latest("id").state == "outdated"


@every_kind
def test_the_list_shows_the_keys_own_source(
    client, headers, signals, kind, example, model, change, sent, django_assert_max_num_queries
):
    post(client, headers, kind, example)
    ApiKeyFactory(plain="other-key", source=SourceFactory())
    other = {"HTTP_AUTHORIZATION": "Api-Key other-key"}
    assert client.get(f"/api/v1/{kind}/", **other).json()["results"] == []
    with django_assert_max_num_queries(3):
        results = client.get(f"/api/v1/{kind}/", **headers).json()["results"]
    assert len(results) == 1
    assert client.get(f"/api/v1/{kind}/?colour=red", **headers).status_code == 400
    assert client.get(f"/api/v1/{kind}/").status_code == 401
    assert post(client, {}, kind, example).status_code == 401


@pytest.mark.parametrize(
    ("kind", "query", "found"),
    [
        ("carts", "cart_id=c-2001", 1),
        ("carts", "email=ADA@example.com", 1),
        ("carts", "bought=false", 1),
        ("carts", "bought=true", 0),
        ("carts", "arrived_after=2100-01-01T00:00:00Z", 0),
        ("carts", "arrived_before=2100-01-01T00:00:00Z", 1),
        ("affiliates", "shop_affiliate_id=77", 1),
        ("affiliates", "code=nobody", 0),
        ("affiliates", "email=carl@example.com", 1),
        ("shipments", "shop_order_id=1001&shipment_id=1001-1", 1),
        ("shipments", "shipment_id=9", 0),
        ("refunds", "shop_order_id=1001&refund_id=r-1", 1),
        ("refunds", "refund_id=9", 0),
    ],
)
def test_filters(client, headers, signals, kind, query, found):
    post(client, headers, kind, getattr(examples, kind[:-1].upper()))
    assert len(client.get(f"/api/v1/{kind}/?{query}", **headers).json()["results"]) == found


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("carts", {"cart_id": ""}),
        ("carts", {"cart_id": "A" * 101}),
        ("carts", {"lines": [{"item_id": "A", "quantity": 1, "unit_price": 1}] * 501}),
        ("carts", {"lines": [{"item_id": "A", "quantity": 1, "unit_price": 1, "key": "1"}] * 2}),
        ("carts", {"coupons": ["A"] * 101}),
        ("carts", {"affiliates": [5]}),
        ("carts", {"total": "much"}),
        ("carts", {"custom_fields": {"custom_field11": "x"}}),
        ("carts", {"colour": "red"}),
        ("affiliates", {"shop_affiliate_id": 5}),
        ("affiliates", {"party": "Carl"}),
        ("affiliates", {"active": "sometimes"}),
        ("shipments", {"shop_order_id": ""}),
        ("shipments", {"shipped_at": "2026-03-02"}),
        ("shipments", {"tracking": [{"url": "https://example.com"}]}),
        ("shipments", {"tracking": [{"number": "1"}] * 101}),
        ("refunds", {"refund_id": ""}),
        ("refunds", {"amount": -1}),
        ("refunds", {"currency": "XQX"}),
        ("refunds", {"refunded_at": None}),
    ],
)
def test_structural_nonsense_is_refused_by_field(client, headers, kind, change):
    value = {**deepcopy(getattr(examples, kind[:-1].upper())), **change}
    response = post(client, headers, kind, value)
    assert response.status_code == 400
    assert next(iter(change)) in response.json()
    assert not InboundEvent.objects.exists()


def test_a_cart_that_was_bought_before_it_was_told(client, headers, key, signals):
    order_ingest(key.source, order_data(cart_id="c-2001"))
    response = post(client, headers, "carts", examples.CART)
    assert response.status_code == 201
    assert response.json()["bought_at"]


def test_a_shipment_without_an_id(client, headers, signals):
    value = {"shop_order_id": "1001", "tracking": [{"number": "1"}]}
    assert post(client, headers, "shipments", value).status_code == 201
    assert post(client, headers, "shipments", value).json()["shipment_id"] == ""


def test_stored_though_it_cannot_be_applied(client, headers, receivers_away):
    def refuse(**kwargs: object) -> None:
        raise RuntimeError("boom")

    affiliate_registered.connect(refuse)
    response = post(client, headers, "affiliates", examples.AFFILIATE)
    assert response.status_code == 202
    assert InboundEvent.objects.get(pk=response.json()["stored"]).state == "parked"
    assert not Affiliate.objects.exists()
