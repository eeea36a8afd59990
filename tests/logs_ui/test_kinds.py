"""Every kind of subject in the log: how it is called, found, and tied to what belongs to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cascade.models import Replication
from cascade.shop.abandoned_carts import items_words
from cascade.shop.affiliates import person_name
from intake.models import Source
from tests.factories import SourceFactory
from tests.logs_ui.factories import JournalEntryFactory
from tests.logs_ui.others import (
    affiliate,
    affiliate_replication,
    cart,
    cart_replication,
    refund,
    shipment,
    shipment_replication,
)
from tests.logs_ui.test_list import LIST_QUERIES, replication

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]


@pytest.fixture
def client(person: Any, browser_of: Any) -> Client:
    return browser_of(person)


@pytest.fixture
def rows(shop: Source) -> dict[str, Replication]:
    """One of each kind; the shipment is of the order."""
    order = replication(shop, "H-1", source=shop)
    shipment(order.order, "1Z999AA1", "1Z999AA2")
    return {
        "order": order,
        "cart": cart_replication(cart(shop, email="bob@example.com")),
        "affiliate": affiliate_replication(affiliate(shop)),
        "shipment": shipment_replication(order.order),
    }


def found(client: Client, query: str) -> set[int]:
    response = client.get(f"/logs/?{query}")
    assert response.status_code == 200
    return {situation.row.pk for situation in response.context["situations"]}


def page(client: Client, row: Replication) -> str:
    response = client.get(f"/logs/{row.pk}/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_list_calls_each_by_its_name(rows: dict[str, Replication], client: Client) -> None:
    text = client.get("/logs/").content.decode()
    for part in (">H-1</a>", ">C-1</a>", ">JOE</a>", "2 × BONE, LEASH", "Joe Sender, Sender Ltd"):
        assert part in text
    assert "1Z999AA1, 1Z999AA2" in text and "bob@example.com" in text
    for word in ("Abandoned cart", "Affiliate", "Shipment"):
        assert f"<strong>{word}</strong>" in text


@pytest.mark.parametrize("kind", ["order", "cart", "affiliate", "shipment"])
def test_the_list_filters_by_kind(kind: str, rows: dict[str, Replication], client: Client) -> None:
    assert found(client, f"kind={kind}") == {rows[kind].pk}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("H-1", {"order", "shipment"}),
        ("ada@example.com", {"order", "shipment"}),
        ("bob@", {"cart"}),
        ("C-1", {"cart"}),
        ("joe@example.com", {"affiliate"}),
        ("JOE", {"affiliate"}),
        ("joe", {"affiliate"}),
        ("77", {"affiliate"}),
        ("1Z999AA2", {"order", "shipment"}),
        ("1z999aa", {"order", "shipment"}),
        ("BOWL", {"order", "shipment"}),
        ("bowl", {"order", "shipment"}),
        ("nothing-of-this", set()),
    ],
)
def test_a_search_finds_every_kind(
    text: str, kinds: set[str], rows: dict[str, Replication], client: Client
) -> None:
    assert found(client, f"q={text}") == {rows[kind].pk for kind in kinds}


def test_a_search_stays_within_the_persons_merchants(client: Client) -> None:
    other = SourceFactory()
    order = replication(other, "H-1").order
    shipment(order, "1Z999AA1")
    shipment_replication(order)
    cart_replication(cart(other))
    affiliate_replication(affiliate(other))
    for text in ("H-1", "1Z999AA1", "C-1", "JOE", "ada@example.com", "BONE"):
        assert found(client, f"q={text}") == set()


@pytest.mark.parametrize("number", [1, 20])
def test_the_query_count_is_fixed(
    number: int, shop: Source, client: Client, django_assert_num_queries: Any
) -> None:
    for index in range(number):
        order = replication(shop, f"H-{index}", source=shop).order
        shipment(order, f"1Z{index}")
        shipment_replication(order, state="succeeded")
        cart_replication(cart(shop, f"C-{index}"))
    with django_assert_num_queries(LIST_QUERIES + 1):  # the parcels of the shipments shown
        client.get("/logs/")


def test_an_order_leads_to_what_belongs_to_it(
    shop: Source, rows: dict[str, Replication], client: Client
) -> None:
    order = rows["order"].order
    refund(order, "5.00")
    bought = cart(shop, "C-2", bought_by=order)
    other = cart_replication(bought)
    text = page(client, rows["order"])
    for part in (
        f'href="/logs/{rows["shipment"].pk}/">Shipment of order H-1</a>',
        f'href="/logs/{other.pk}/">Abandoned cart C-2</a>',
        "1Z999AA2",
        "Refund R-1",
        "5.00 USD",
        "Too small.",
    ):
        assert part in text
    assert f'href="/logs/{rows["cart"].pk}/"' not in text


def test_a_shipment_leads_to_its_order(rows: dict[str, Replication], client: Client) -> None:
    text = page(client, rows["shipment"])
    assert f'href="/logs/{rows["order"].pk}/">Order H-1</a>' in text
    assert "Shipment of order H-1" in text and "1Z999AA1, 1Z999AA2" in text


def test_a_shipment_whose_order_is_not_told_has_a_page(
    shop: Source, rows: dict[str, Replication], client: Client
) -> None:
    order = rows["order"].order
    row = shipment_replication(order, order=None, state="skipped")
    text = page(client, row)
    assert "Shipment of order H-1" in text and "1Z999AA1, 1Z999AA2" in text
    assert "which has not come in yet" in text


def test_a_cart_shows_its_items_and_the_order_that_bought_it(
    shop: Source, rows: dict[str, Replication], client: Client
) -> None:
    assert "2 × BONE, LEASH" in page(client, rows["cart"])
    bought = cart_replication(cart(shop, "C-2", bought_by=rows["order"].order))
    assert f'href="/logs/{rows["order"].pk}/">Order H-1</a>' in page(client, bought)


def test_an_affiliate_shows_name_and_code(rows: dict[str, Replication], client: Client) -> None:
    text = page(client, rows["affiliate"])
    assert "Affiliate JOE" in text and "Joe Sender, Sender Ltd" in text


def test_the_steps_of_an_order_are_not_those_of_its_shipment(
    rows: dict[str, Replication], client: Client
) -> None:
    args = {"title": "hounds order H-1"}
    JournalEntryFactory(replication=rows["order"], kind="create_order", args=args, step="order")
    JournalEntryFactory(replication=rows["shipment"], kind="set_shipping_fields", step="shipping")
    order, parcel = page(client, rows["order"]), page(client, rows["shipment"])
    assert "Create the order" in order and "Write the shipment" not in order
    assert "Create the order" not in parcel and "Write the shipment" in parcel


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (None, ""),
        ([], ""),
        ([{"item_id": "A", "quantity": "1"}], "A"),
        ([{"title": "A bone"}, "odd"], "A bone"),
        ([{"item_id": str(n), "quantity": "1"} for n in range(5)], "0, 1, 2 and 2 more"),
    ],
)
def test_items_words(lines: Any, words: str) -> None:
    assert items_words(lines) == words


@pytest.mark.parametrize("party", [None, {}, "odd", {"first_name": None}])
def test_a_party_without_a_name(party: Any) -> None:
    assert person_name(party) == ""
