"""`/api/v1/replications/`: what became of an order, for the shop's own program."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from cascade.models import Replication
from intake.models import ApiKey, Source
from tests.factories import ApiKeyFactory, SourceFactory
from tests.logs_ui.factories import AttemptFactory, JournalEntryFactory
from tests.logs_ui.others import cart, cart_replication, shipment_replication
from tests.logs_ui.test_list import replication

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]

URL = "/api/v1/replications/"


@pytest.fixture
def key(shop: Source) -> ApiKey:
    return ApiKeyFactory(source=shop, plain="the-key")


@pytest.fixture
def read(client: Any, key: ApiKey) -> Any:
    """`read("?state=failed")` or `read("7/")`: the answer to a request with the shop's key."""
    return lambda rest="": client.get(URL + rest, HTTP_AUTHORIZATION="Api-Key the-key")


def listed(answer: Any) -> list[int]:
    assert answer.status_code == 200
    return [row["id"] for row in answer.json()["results"]]


def test_what_became_of_an_order(shop: Source, read: Any) -> None:
    row = replication(
        shop,
        "1001",
        source=shop,
        state="failed",
        level="error",
        reason="No item has a product.",
        error_class="configuration",
        setting="products",
        attempts=2,
    )
    replication(shop, "1002", source=shop)
    (found,) = read("?shop_order_id=1001").json()["results"]
    assert found["url"] == f"http://testserver/logs/{row.pk}/"
    page = f"http://testserver/admin/mappings/connection/{shop.connection_id}/change/#order-product"
    assert found["setting_url"] == page
    told = {
        name: found[name] for name in ("id", "kind", "shop_order_id", "cart_id", "email", "state", "level")
    }
    assert told == {
        "id": row.pk,
        "kind": "order",
        "shop_order_id": "1001",
        "cart_id": "",
        "email": "ada@example.com",
        "state": "failed",
        "level": "error",
    }
    assert (found["reason"], found["error_class"]) == ("No item has a product.", "configuration")


def test_the_detail_has_everything(shop: Source, read: Any) -> None:
    plan = {"decisions": [{"level": "warning", "text": "No sales rep."}]}
    row = replication(shop, "1001", source=shop, state="succeeded", level="warning", plan=plan)
    JournalEntryFactory(
        replication=row, step="contact", state="done", result="created", external={"contact_id": 91}
    )
    JournalEntryFactory(
        replication=row,
        kind="create_order",
        step="order",
        state="done",
        result="created",
        external={"job_id": 377, "invoice_id": 381},
    )
    JournalEntryFactory(replication=row, kind="record_payment", step="payment", external={"order_id": 5})
    AttemptFactory(replication=row, number=1, message="Fine.", detail="Traceback of ours")
    answer = read(f"{row.pk}/")
    found = answer.json()
    assert found["crm"] == {"contact_id": 91, "order_id": 377, "invoice_id": 381}
    assert found["decisions"] == [{"level": "warning", "text": "No sales rep."}]
    assert [(step["name"], step["state"], step["result"]) for step in found["steps"]] == [
        ("contact", "done", "created"),
        ("order", "done", "created"),
        ("payment", "planned", ""),
    ]
    (attempt,) = found["attempt_log"]
    assert (attempt["number"], attempt["message"]) == (1, "Fine.")
    assert b"Traceback" not in answer.content


def test_only_the_keys_source(shop: Source, read: Any) -> None:
    mine = replication(shop, "1001", source=shop)
    older = replication(shop, "1002")  # without a source of its own
    sibling = SourceFactory(connection=shop.connection)
    rows = [replication(sibling, "1001", source=sibling), replication(SourceFactory(), "1001")]
    assert listed(read()) == [older.pk, mine.pk]
    for row in rows:
        assert read(f"{row.pk}/").status_code == 404
    assert read(f"{older.pk}/").status_code == 200
    assert read("99999999999999999999999/").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("shop_order_id=1001", ["order", "shipment"]),
        ("shop_order_id=100", []),
        ("cart_id=C-1", ["cart"]),
        ("email=ADA@example.com", ["order", "shipment"]),
        ("email=bob@example.com", ["cart"]),
        ("kind=shipment", ["shipment"]),
        ("state=failed", ["cart"]),
        ("since=2020-01-01T00:00:00Z", ["cart", "order", "shipment"]),
        ("since=2090-01-01T00:00:00Z", []),
    ],
)
def test_filters(query: str, found: list[str], shop: Source, read: Any) -> None:
    order = replication(shop, "1001", source=shop)
    shipment_replication(order.order)
    cart_replication(cart(shop, email="bob@example.com"), state="failed")
    answer = read(f"?{query}")
    assert sorted(row["kind"] for row in answer.json()["results"]) == found


@pytest.mark.parametrize("query", ["state=sold", "kind=gift", "since=yesterday", "colour=red"])
def test_a_wrong_filter_is_told(query: str, read: Any) -> None:
    answer = read(f"?{query}")
    assert answer.status_code == 400 and query.split("=")[0] in answer.json()


def test_without_a_key(client: Any, shop: Source, key: ApiKey) -> None:
    row = replication(shop, source=shop)
    for path in ("", f"{row.pk}/"):
        assert client.get(URL + path).status_code == 401
        assert client.get(URL + path, HTTP_AUTHORIZATION="Api-Key nope").status_code == 401
    assert client.post(URL, HTTP_AUTHORIZATION="Api-Key the-key").status_code == 405


def test_a_retry_tells_when(shop: Source, read: Any) -> None:
    later = timezone.now() + timedelta(minutes=5)
    row = replication(shop, source=shop, state="retrying", not_before=later)
    assert read(f"{row.pk}/").json()["next_try_at"] is not None
    Replication.objects.update(state="parked")
    assert read(f"{row.pk}/").json()["next_try_at"] is None


def test_pages_cost_the_same(shop: Source, client: Any, key: ApiKey, django_assert_num_queries: Any) -> None:
    headers = {"HTTP_AUTHORIZATION": "Api-Key the-key"}
    for number in range(20):
        order = replication(shop, f"H-{number}", source=shop).order
        shipment_replication(order)
        cart_replication(cart(shop, f"C-{number}"))
    client.get(URL, **headers)  # notes the key's use
    with django_assert_num_queries(2):
        first = client.get(URL, **headers).json()
    assert len(first["results"]) == 50
    assert len(client.get(first["next"], **headers).json()["results"]) == 10


def test_the_detail_costs_the_same(shop: Source, read: Any, django_assert_num_queries: Any) -> None:
    row = replication(shop, source=shop)
    for number in range(20):
        JournalEntryFactory(replication=row)
        AttemptFactory(replication=row, number=number + 1)
    read()
    with django_assert_num_queries(4):  # key, row, journal, attempts
        read(f"{row.pk}/")


def test_the_schema_has_it_with_examples(client: Any, db: None) -> None:
    schema = client.get("/api/v1/schema/?format=json").json()
    for path, name in ((URL, "replications_list"), (URL + "{id}/", "replications_read")):
        door = schema["paths"][path]["get"]
        assert door["operationId"] == name
        assert door["responses"]["200"]["content"]["application/json"]["examples"]
    names = {parameter["name"] for parameter in schema["paths"][URL]["get"]["parameters"]}
    ids = {"shop_order_id", "cart_id", "booking_id", "object_id"}
    assert names == {*ids, "email", "kind", "state", "since", "cursor"}
