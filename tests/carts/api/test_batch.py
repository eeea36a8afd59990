"""Many rows in one request, each with a fate of its own."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carts.api.examples import AFFILIATE, CART, ORDER, REFUND, SHIPMENT
from carts.api.resources import RESOURCES
from carts.models import AbandonedCart, Affiliate, Order, Refund, Shipment
from carts.signals import order_received
from intake.api.batch import batch_accept
from intake.models import ApiKey, InboundEvent
from intake.processing import event_process
from tests.factories import ApiKeyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

URL = "/api/v1/batch/"
BATCH = {"rows": [row for resource in RESOURCES for row in resource.batch]}


@pytest.fixture
def key() -> ApiKey:
    return ApiKeyFactory(plain="the-key")


@pytest.fixture
def post(client: Any, key: ApiKey) -> Any:
    """`post(value)` is the answer to a batch; `post(value, "/api/v1/orders/")` to something else."""
    return lambda value, url=URL: client.post(
        url, data=value, content_type="application/json", HTTP_AUTHORIZATION="Api-Key the-key"
    )


def order(number: int | str, **changes: Any) -> dict[str, Any]:
    return {"kind": "order", "data": {**deepcopy(ORDER), "shop_order_id": str(number), **changes}}


def results(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.content
    return response.json()["results"]


def statuses(response: Any) -> list[int]:
    return [result["status"] for result in results(response)]


def test_a_row_of_each_kind(post, key, signals):
    response = post(BATCH)
    assert statuses(response) == [201] * 6
    told = [(result["position"], result["kind"], result["identity"]) for result in results(response)]
    assert told == [
        (0, "order", {"shop_order_id": "1001"}),
        (1, "order", {"shop_order_id": "0901"}),
        (2, "cart", {"cart_id": "c-2001"}),
        (3, "affiliate", {"shop_affiliate_id": "77"}),
        (4, "shipment", {"shop_order_id": "1001", "shipment_id": "1001-1"}),
        (5, "refund", {"shop_order_id": "1001", "refund_id": "r-1"}),
    ]
    for model in (AbandonedCart, Affiliate, Shipment, Refund):
        assert model._default_manager.get().source == key.source
    assert Order.objects.get(shop_order_id="0901").is_history
    assert not Order.objects.get(shop_order_id="1001").is_history
    events = InboundEvent.objects.order_by("id").values_list("name", "state", "parent")
    names = ["order", "order_history", "cart", "affiliate", "shipment", "refund"]
    assert list(events) == [(name, "applied", None) for name in names]


def test_the_same_batch_again_does_nothing_twice(post, signals):
    post(BATCH)
    sent = list(signals)
    again = post(BATCH)
    assert statuses(again) == [200] * 6
    assert results(again) == results(post(BATCH))
    assert signals == sent
    assert Refund.objects.count() == Shipment.objects.count() == 1


def test_a_bad_row_stops_no_other(post, signals):
    rows = [
        order(1, total="much", histroy=True),
        order(2),
        {"kind": "gift", "data": {}},
        "order",
        {**order(3), "histroy": True},
        {"kind": "order"},
        {"kind": "cart", "data": CART, "history": True},
        order(4),
    ]
    response = post({"rows": rows})
    assert statuses(response) == [400, 201, 400, 400, 400, 400, 400, 201]
    told = [result["errors"] for result in results(response)]
    assert told[0].keys() == {"histroy"}
    assert told[1] == {}
    assert [list(errors) for errors in told[2:7]] == [
        ["kind"],
        ["detail"],
        ["histroy"],
        ["data"],
        ["history"],
    ]
    named = [(result["kind"], result["identity"]) for result in results(response)]
    assert named[0] == ("order", {"shop_order_id": "1"})
    assert named[2] == named[3] == ("", {})
    assert sorted(Order.objects.values_list("shop_order_id", flat=True)) == ["2", "4"]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("order", {"total": "much"}),
        ("cart", {"lines": [{"item_id": "A"}]}),
        ("affiliate", {"email": 5}),
        ("shipment", {"tracking": [{}]}),
        ("refund", {"currency": "XQX"}),
    ],
)
def test_the_errors_are_those_of_the_kinds_own_address(post, kind, change):
    example = {"order": ORDER, "cart": CART, "affiliate": AFFILIATE, "shipment": SHIPMENT, "refund": REFUND}
    data = {**deepcopy(example[kind]), **change}
    single = post(data, f"/api/v1/{kind}s/")
    assert single.status_code == 400
    (result,) = results(post({"rows": [{"kind": kind, "data": data}]}))
    assert (result["status"], result["errors"]) == (400, single.json())


def test_two_versions_of_one_order_in_their_order(post, signals):
    response = post(
        {"rows": [order(1), order(1, email="new@example.com"), order(1, email="new@example.com")]}
    )
    assert statuses(response) == [201, 200, 200]
    assert [result["version"] for result in results(response)] == [1, 2, 2]
    assert Order.objects.get().email == "new@example.com"


def test_amounts_are_kept_to_the_digit(post, signals):
    post(b'{"rows": [{"kind": "order", "data": %s}]}' % _order_text("123456789012.123456"))
    assert str(Order.objects.get().order_data.total) == "123456789012.123456"


def _order_text(total: str) -> bytes:
    fields = '"shop_order_id": "1", "stage": "paid", "placed_at": "2026-03-02T10:04:05Z", "currency": "USD"'
    return f'{{{fields}, "total": {total}}}'.encode()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"rows": []}', b'{"rows": {}}', b'{"rows": null}', b'{"row": []}'],
)
def test_what_is_no_list_of_rows_is_refused_whole(post, body):
    assert post(body).status_code == 400
    assert not InboundEvent.objects.exists()


def test_two_hundred_rows_and_no_more(post, signals):
    rows = [{"kind": "affiliate", "data": {"shop_affiliate_id": str(number)}} for number in range(201)]
    assert post({"rows": rows}).status_code == 400
    assert not InboundEvent.objects.exists()
    assert set(statuses(post({"rows": rows[:200]}))) <= {201, 202}  # 202 where the machine is slow
    assert InboundEvent.objects.count() == 200


def test_a_body_too_large(post):
    assert post(b'{"rows": ["' + b"x" * 2_000_000 + b'"]}').status_code == 413


def test_an_unknown_query_is_refused(post):
    assert post(BATCH, f"{URL}?history=true").json().keys() == {"history"}


def test_the_errors_of_a_row_are_bounded(post):
    lines = [{}] * 500
    (result,) = results(post({"rows": [order(1, lines=lines)]}))
    assert len(result["errors"]["lines"]) == 20


def test_stored_though_it_cannot_be_applied(post, receivers_away):
    def refuse(order: Order, **kwargs: object) -> None:
        if order.shop_order_id == "1":
            raise RuntimeError("boom")

    order_received.connect(refuse)
    response = post({"rows": [order(1), order(2)]})
    assert statuses(response) == [202, 201]
    assert "RuntimeError" in results(response)[0]["detail"]
    assert results(response)[0]["version"] is None


def test_when_time_runs_out_the_rest_is_stored_for_the_workers(key, signals):
    told = list(batch_accept(key.source, [order(1), {"kind": "gift"}, order(2)], seconds=0))
    assert [result["status"] for result in told] == [202, 400, 202]
    assert not Order.objects.exists()
    for event in InboundEvent.objects.filter(state="stored"):
        event_process(event.pk)
    assert Order.objects.count() == 2


def test_a_row_costs_what_it_costs_on_its_own(post, signals):
    post(order(0)["data"], "/api/v1/orders/")  # notes the key's use
    with CaptureQueriesContext(
        connection,
    ) as single:
        post(order(1)["data"], "/api/v1/orders/")
    for_the_key = 1
    for count in (1, 20):
        with CaptureQueriesContext(connection) as batch:
            post({"rows": [order(f"{count}-{number}") for number in range(count)]})
        assert len(batch) == for_the_key + count * (len(single) - for_the_key)


def test_without_a_key(client, key):
    response = client.post(URL, data=BATCH, content_type="application/json")
    assert response.status_code == 401
    assert not InboundEvent.objects.exists()
