"""Putting orders in over the REST API, and reading them back."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from carts.api.examples import ORDER
from carts.models import Order
from carts.order_data import Stage
from carts.signals import order_received
from intake.models import ApiKey, InboundEvent
from intake.processing import event_process
from tests.factories import ApiKeyFactory, OrderFactory, SourceFactory, order_data

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

URL = "/api/v1/orders/"


@pytest.fixture
def key() -> ApiKey:
    return ApiKeyFactory(plain="the-key")


@pytest.fixture
def headers(key) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": "Api-Key the-key"}


def order(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(ORDER), **changes}


def post(client, headers, value: Any):
    return client.post(URL, data=value, content_type="application/json", **headers)


def test_a_new_order(client, headers, key, signals):
    response = post(client, headers, order())
    assert response.status_code == 201
    assert response.json()["version"] == 1
    stored = Order.objects.get()
    assert (stored.source, stored.total, stored.stage) == (key.source, Decimal("43.85"), Stage.PAID)
    assert stored.order_data.lines[0].key == "1"
    assert signals == ["received", "completed"]
    event = InboundEvent.objects.get()
    assert (event.channel, event.state, stored.event) == ("api", "applied", event)


def test_the_same_again_and_a_change(client, headers, signals):
    post(client, headers, order())
    again = post(client, headers, order())
    assert (again.status_code, again.json()["version"]) == (200, 1)
    changed = post(client, headers, order(email="new@example.com"))
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert signals == ["received", "completed", "received", "changed"]


def test_an_older_version_changes_nothing(client, headers, signals):
    post(client, headers, order(version_at="2026-03-03T10:00:00Z"))
    response = post(client, headers, order(version_at="2026-03-02T10:00:00Z", email="old@example.com"))
    assert (response.status_code, response.json()["email"]) == (200, "ada@example.com")


def test_numbers_or_text_are_the_same_amount(client, headers, signals):
    post(client, headers, order(total="43.85"))
    assert post(client, headers, order(total=43.850)).json()["version"] == 1


def test_it_takes_what_it_gives(client, headers, signals):
    stored = post(client, headers, order()).json()
    for name in ("version", "completed_at", "is_history", "outstanding"):
        del stored[name]
    assert post(client, headers, stored).json()["version"] == 1


def test_what_the_contact_and_the_fields_need(client, headers, signals):
    said = {
        "mailing_list": True,
        "sales_rep": "JOE",
        "affiliates": ["77", ""],
        "cart_id": "C1",
        "original_order_id": "1000",
        "view_of": "900",
        "has_views": True,
        "replaces": "800",
        "shipping_method": "Ground",
        "refunded_total": "5.00",
        "refund_reason": "Broken",
        "reject_reason": "No",
    }
    stored = post(client, headers, order(**said)).json()
    assert {name: stored[name] for name in said} == {**said, "affiliates": ["77"], "refunded_total": "5"}
    assert Order.objects.get().view_of == "900"
    assert (Order.objects.get().cart_id, Order.objects.get().order_data.refunded_total) == ("C1", 5)


def post_history(client, headers, value: Any, query: str = "history=true"):
    return client.post(f"{URL}?{query}", data=value, content_type="application/json", **headers)


def test_history_is_known_and_nothing_of_it_is_sent(client, headers, signals):
    response = post_history(client, headers, order())
    assert (response.status_code, response.json()["is_history"]) == (201, True)
    assert post_history(client, headers, order()).status_code == 200
    assert post(client, headers, order(email="new@example.com")).json()["version"] == 2
    assert Order.objects.get().is_history
    assert signals == []


def test_history_changes_nothing_of_a_live_order(client, headers, signals):
    post(client, headers, order())
    response = post_history(client, headers, order(email="old@example.com"))
    assert (response.status_code, response.json()["email"]) == (200, "ada@example.com")
    event = InboundEvent.objects.latest("id")
    assert (event.state, event.name) == ("ignored", "order_history")
    assert not Order.objects.get().is_history


@pytest.mark.parametrize("query", ["history=maybe", "histroy=true"])
def test_a_wrong_way_to_put_it_in_is_told(client, headers, query):
    response = post_history(client, headers, order(), query)
    assert response.status_code == 400
    assert query.split("=")[0] in response.json()
    assert not InboundEvent.objects.exists()


def test_a_negative_total_is_taken(client, headers, signals):
    assert post(client, headers, order(total="-5")).status_code == 201


def test_no_email_and_strange_text_are_taken(client, headers, signals):
    data = order(email="", billing={"first_name": "Zoë 🐶", "last_name": "אבגדה", "company": "L" * 300})
    assert post(client, headers, data).json()["billing"]["first_name"] == "Zoë 🐶"


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"shop_order_id": ""}, "shop_order_id"),
        ({"shop_order_id": "A" * 101}, "shop_order_id"),
        ({"shop_order_id": 5}, "shop_order_id"),
        ({"stage": "sold"}, "stage"),
        ({"placed_at": "2026-03-02T10:04:05"}, "placed_at"),
        ({"placed_at": "0001-01-01T00:00:00Z"}, "placed_at"),
        ({"placed_at": 5}, "placed_at"),
        ({"currency": "XQX"}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"total": "much"}, "total"),
        ({"total": True}, "total"),
        ({"total": {"value": 1}}, "total"),
        ({"total": 1e30}, "total"),
        ({"lines": [{"item_id": "A", "quantity": 1}]}, "lines"),
        ({"lines": [{"item_id": "A", "quantity": -1, "unit_price": 1}]}, "lines"),
        ({"lines": [{"item_id": "A", "quantity": 1, "unit_price": 1, "key": "1"}] * 2}, "lines"),
        ({"lines": [{"item_id": "A", "quantity": 1, "unit_price": 1}] * 501}, "lines"),
        ({"lines": "A"}, "lines"),
        ({"affiliates": ["A"] * 21}, "affiliates"),
        ({"affiliates": "A"}, "affiliates"),
        ({"refunded_total": -1}, "refunded_total"),
        ({"mailing_list": "sometimes"}, "mailing_list"),
        ({"refund_reason": "A" * 501}, "refund_reason"),
        ({"charges": [{"kind": "discount", "amount": 5}]}, "charges"),
        ({"charges": [{"kind": "tax", "amount": -5}]}, "charges"),
        ({"billing": "Ada"}, "billing"),
        ({"billing": {"first_name": "A" * 301}}, "billing"),
        ({"shiping": {}}, "shiping"),
        ({"custom_fields": {"custom_field11": "x"}}, "custom_fields"),
        ({"custom_fields": {"custom_field1": "A" * 2001}}, "custom_fields"),
        ({"custom_fields": {"custom_field1": ["x"]}}, "custom_fields"),
        ({"custom_fields": "x"}, "custom_fields"),
    ],
)
def test_structural_nonsense_is_refused_by_field(client, headers, change, path):
    response = post(client, headers, order(**change))
    assert response.status_code == 400
    assert path in response.json()
    assert not InboundEvent.objects.exists()


def test_custom_fields_are_kept_and_blank_ones_are_not_there(client, headers, signals):
    fields = {"advertising_source": "Google", "custom_field1": "Zoë", "custom_field10": ""}
    stored = post(client, headers, order(custom_fields=fields)).json()
    assert stored["custom_fields"] == {"advertising_source": "Google", "custom_field1": "Zoë"}
    assert Order.objects.get().order_data.custom_fields == stored["custom_fields"]
    assert post(client, headers, order(custom_fields=stored["custom_fields"])).json()["version"] == 1
    assert post(client, headers, order()).json()["custom_fields"] == {}


@pytest.mark.parametrize("body", [b"order=1", b"[1, 2]", b"null", b"{", b"\xff", b'{"a": NaN}', b"[" * 9999])
def test_what_is_no_order_at_all(client, headers, body):
    response = post(client, headers, body)
    assert response.status_code == 400
    assert isinstance(response.json(), dict)


def test_a_body_too_large_and_an_empty_one(client, headers):
    assert post(client, headers, b"x" * 3_000_000).status_code == 413
    assert post(client, headers, b"").status_code == 400


def test_five_hundred_lines(client, headers, signals):
    lines = [{"item_id": f"I{number}", "quantity": 1, "unit_price": "1"} for number in range(500)]
    assert post(client, headers, order(lines=lines)).status_code == 201
    assert Order.objects.get().lines.count() == 500


def test_stored_though_it_cannot_be_applied(client, headers, receivers_away):
    def refuse(**kwargs: object) -> None:
        raise RuntimeError("boom")

    order_received.connect(refuse)
    response = post(client, headers, order())
    assert response.status_code == 202
    assert "RuntimeError" in response.json()["detail"]
    event = InboundEvent.objects.get(pk=response.json()["stored"])
    assert event.state == "parked"


def test_a_stored_one_is_applied_by_whoever_finds_it(key, signals):
    from intake.deliveries import delivery_store
    from tests.carts.payloads import as_body

    event = delivery_store(key.source, as_body(order()), "", "api", wake=False)
    event_process(event.pk)
    assert Order.objects.get().version == 1


@pytest.mark.parametrize(
    "value", [None, "Api-Key nope", "Api-Key", "Api-Key ", "Bearer the-key", "Api-Key é"]
)
def test_without_a_key(client, key, value):
    headers = {"HTTP_AUTHORIZATION": value} if value else {}
    for response in (post(client, headers, order()), client.get(URL, **headers)):
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Api-Key"
    assert not InboundEvent.objects.exists()


def test_a_revoked_key_and_a_disabled_source(client, headers, key):
    assert client.get(URL, **headers).status_code == 200
    ApiKey.objects.update(revoked_at=timezone.now())
    assert client.get(URL, **headers).status_code == 401
    ApiKey.objects.update(revoked_at=None)
    key.source.enabled = False
    key.source.save()
    assert client.get(URL, **headers).status_code == 401


def test_the_last_use_is_noted_once_a_minute(client, headers, key):
    client.get(URL, **headers)
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    client.get(URL, **headers)
    key.refresh_from_db()
    assert key.last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    client.get(URL, **headers)
    key.refresh_from_db()
    assert key.last_used_at >= first


def test_another_source_does_not_exist(client, headers, key):
    mine = OrderFactory(source=key.source)
    theirs = OrderFactory(source=SourceFactory(connection=key.source.connection))
    assert client.get(f"{URL}{mine.shop_order_id}/", **headers).status_code == 200
    assert client.get(f"{URL}{theirs.shop_order_id}/", **headers).status_code == 404
    listed = client.get(URL, **headers).json()["results"]
    assert [entry["shop_order_id"] for entry in listed] == [mine.shop_order_id]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["B", "A"]),
        ("shop_order_id=A", ["A"]),
        ("email=BOB@Example.com", ["B"]),
        ("stage=unpaid", ["B"]),
        ("placed_after=2026-04-01T00:00:00Z", ["B"]),
        ("placed_before=2026-04-01T00:00:00Z", ["A"]),
    ],
)
def test_filters(client, headers, key, query, found):
    OrderFactory(source=key.source, order=order_data(shop_order_id="A"))
    later = order_data().placed_at + timedelta(days=60)
    other = order_data(shop_order_id="B", email="bob@example.com", stage=Stage.UNPAID, placed_at=later)
    OrderFactory(source=key.source, order=other)
    listed = client.get(f"{URL}?{query}", **headers).json()["results"]
    assert [entry["shop_order_id"] for entry in listed] == found


@pytest.mark.parametrize("query", ["stage=sold", "placed_after=yesterday", "colour=red"])
def test_a_wrong_filter_is_told(client, headers, query):
    response = client.get(f"{URL}?{query}", **headers)
    assert response.status_code == 400
    assert query.split("=")[0] in response.json()


def test_pages(client, headers, key, django_assert_max_num_queries):
    for _ in range(60):
        OrderFactory(source=key.source)
    with django_assert_max_num_queries(3):
        first = client.get(URL, **headers).json()
    assert len(first["results"]) == 50
    assert len(client.get(first["next"], **headers).json()["results"]) == 10


def test_too_many_requests(client, headers, monkeypatch):
    from intake.api.views import ApiKeyThrottle

    monkeypatch.setattr(ApiKeyThrottle, "get_rate", lambda self: "2/min")
    statuses = [client.get(URL, **headers).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_the_schema_is_public_and_has_examples(client):
    response = client.get("/api/v1/schema/?format=json")
    assert response.status_code == 200
    schema = response.json()
    kinds = ("orders", "orders/{shop_order_id}", "carts", "affiliates", "shipments", "refunds")
    others = ("bookings", "objects", "batch")
    assert set(schema["paths"]) == {f"/api/v1/{kind}/" for kind in (*kinds, *others)}
    body = schema["paths"]["/api/v1/orders/"]["post"]["requestBody"]["content"]["application/json"]
    assert len(body["examples"]) == 2
    assert "ApiKey" in schema["components"]["securitySchemes"]
