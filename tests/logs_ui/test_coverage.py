"""Coverage: which items find a product, what would be left out, and the mappings made from the page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from carts.order_data import OrderLineData, Stage
from intake.models import Source
from logs_ui.coverage import coverage
from mappings.models import Connection, DirectoryList, DirectoryRow, ProductMapping
from tests.factories import MembershipFactory, OrderFactory, SourceFactory, order_data

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]

# session, person, connection, currencies, totals, unresolved, names, their ids, resolved, mapped names;
# list, right, what came in
QUERIES = 13


@pytest.fixture
def client(person: Any, browser_of: Any) -> Client:
    return browser_of(person)


@pytest.fixture
def editor(shop: Source, browser_of: Any) -> Client:
    return browser_of(MembershipFactory(merchant=shop.connection.merchant).user)


def order(source: Source, *items: tuple[str, int, str], **values: Any) -> None:
    """A paid order of today; each item as (item id, quantity, price)."""
    lines = tuple(
        OrderLineData(
            key=str(number),
            item_id=item,
            title=f"A {item}",
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
        )
        for number, (item, quantity, price) in enumerate(items)
    )
    number = f"H-{source.orders.count()}"
    values = {"shop_order_id": number, "lines": lines, "placed_at": timezone.now(), **values}
    OrderFactory(source=source, order=order_data(**values))


def products(connection: Connection, names: Iterable[str], *, first_id: int = 100) -> None:
    now = timezone.now()
    DirectoryList.objects.get_or_create(
        connection=connection, kind="product", defaults={"due_at": now, "refreshed_at": now}
    )
    for number, name in enumerate(names):
        DirectoryRow.objects.create(
            connection=connection, kind="product", crm_id=first_id + number, name=name, seen_at=now
        )


@pytest.fixture
def sold(shop: Source) -> Source:
    """BONE is mapped, LEASH a product of that name, bowl a near miss, TOY nothing."""
    order(shop, ("BONE", 1, "10"), ("LEASH", 2, "20"), ("bowl", 1, "5"), ("TOY", 1, "45"))
    order(shop, ("BONE", 1, "10"))
    products(shop.connection, ["LEASH", "Bowl", "A dog's bone"])
    ProductMapping.objects.create(connection=shop.connection, item_id="BONE", crm_product_id=102)
    return shop


def url(shop: Source, rest: str = "") -> str:
    return f"/logs/coverage/{shop.connection_id}/{rest}"


def post(client: Client, shop: Source, **values: str) -> Any:
    return client.post(url(shop, "fix/"), {"days": "30", "currency": "USD", **values}, follow=True)


def mapped(shop: Source) -> dict[str, int]:
    return dict(shop.connection.product_mappings.values_list("item_id", "crm_product_id"))


def test_what_is_outstanding_is_told(shop: Source, client: Client) -> None:
    values = {"placed_at": timezone.now(), "total": Decimal(200)}
    OrderFactory(source=shop, order=order_data(shop_order_id="A", paid_amount=Decimal(50), **values))
    OrderFactory(source=shop, order=order_data(shop_order_id="B", **values))
    text = client.get(url(shop)).content.decode()
    assert "250.00 USD came in; 150.00 USD is outstanding" in text


def test_each_rung_has_its_share(sold: Source) -> None:
    found = coverage.coverage_of(sold.connection, days=30)
    shares = {share.match: (share.items, share.lines, share.revenue) for share in found.shares}
    assert shares == {
        "mapping": (1, 2, Decimal(20)),
        "product": (1, 1, Decimal(40)),
        "near": (1, 1, Decimal(5)),
        "none": (1, 1, Decimal(45)),
    }
    assert (found.lines, found.revenue) == (5, Decimal(110))
    assert (found.resolved_percent, found.revenue_percent) == (60, 54)


def test_the_rungs_that_are_switches_have_theirs_once_they_are_on(sold: Source) -> None:
    """bowl is the SKU of a product, and TOY's line is called like one."""
    DirectoryRow.objects.filter(crm_id=102).update(code="bowl")
    products(sold.connection, ["A TOY"], first_id=200)
    assert [share.match for share in coverage.coverage_of(sold.connection, days=30).shares][2:] == [
        "near",
        "none",
    ]
    sold.connection.products_by_sku = sold.connection.products_by_title = True
    found = coverage.coverage_of(sold.connection, days=30)
    shares = {share.match: (share.items, share.lines, share.revenue) for share in found.shares}
    assert (shares["sku"], shares["title"]) == ((1, 1, Decimal(5)), (1, 1, Decimal(45)))
    assert (found.resolved_percent, found.near, shares["none"][0]) == (100, 0, 0)
    assert [(item.item_id, item.match, item.product_id, item.product_name) for item in found.items] == [
        ("TOY", "title", 200, "A TOY"),
        ("LEASH", "product", 100, "LEASH"),
        ("BONE", "mapping", 102, "A dog's bone"),
        ("bowl", "sku", 102, "A dog's bone"),
    ]
    (alone,) = coverage.coverage_of(sold.connection, days=30, match="title").items
    assert alone.item_id == "TOY"


def test_what_is_lost_stands_first(sold: Source) -> None:
    items = coverage.coverage_of(sold.connection, days=30).items
    assert [(item.item_id, item.match, item.product_id) for item in items] == [
        ("TOY", "none", None),
        ("bowl", "near", 101),
        ("LEASH", "product", 100),
        ("BONE", "mapping", 102),
    ]
    assert [item.product_name for item in items] == ["", "Bowl", "LEASH", "A dog's bone"]


@pytest.mark.parametrize(
    ("match", "found"), [("none", ["TOY"]), ("near", ["bowl"]), ("product", ["LEASH"]), ("mapping", ["BONE"])]
)
def test_one_rung_alone(match: str, found: list[str], sold: Source) -> None:
    answer = coverage.coverage_of(sold.connection, days=30, match=match)
    assert [item.item_id for item in answer.items] == found
    assert answer.count == 1


def test_letter_case_counts_and_a_mapping_wins(shop: Source) -> None:
    order(shop, ("LEASH", 1, "1"))
    products(shop.connection, ["leash", "LEASH "])
    assert coverage.coverage_of(shop.connection, days=30).items[0].match == "near"
    ProductMapping.objects.create(connection=shop.connection, item_id="LEASH", crm_product_id=7)
    products(shop.connection, ["LEASH"], first_id=300)
    (item,) = coverage.coverage_of(shop.connection, days=30).items
    assert (item.match, item.product_id, item.product_name) == ("mapping", 7, "")


def test_only_paid_orders_of_the_period_in_one_currency(shop: Source) -> None:
    order(shop, ("A", 1, "1"))
    order(shop, ("B", 1, "1"), stage=Stage.REJECTED)
    order(shop, ("C", 1, "1"), placed_at=timezone.now() - timedelta(days=31))
    order(shop, ("D", 1, "1"), currency="EUR")
    order(shop, ("D2", 1, "1"))
    other = SourceFactory(connection__merchant=shop.connection.merchant, connection__name="Second")
    order(other, ("E", 1, "1"))
    found = coverage.coverage_of(shop.connection, days=30)
    assert (found.currency, found.currencies) == ("USD", ["USD", "EUR"])
    assert {item.item_id for item in found.items} == {"A", "D2"}
    euros = coverage.coverage_of(shop.connection, days=30, currency="EUR")
    assert [item.item_id for item in euros.items] == ["D"]
    assert {item.item_id for item in coverage.coverage_of(shop.connection, days=90).items} == {"A", "C", "D2"}


def test_pages_go_from_unresolved_to_resolved(shop: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "PAGE_ROWS", 2)
    for number in range(3):
        order(shop, (f"OPEN-{number}", 1, "1"), (f"OK-{number}", 1, "1"))
    products(shop.connection, [f"OK-{number}" for number in range(3)])
    pages = [coverage.coverage_of(shop.connection, days=30, page=page) for page in (1, 2, 3, 9)]
    seen = [[item.item_id for item in page.items] for page in pages]
    assert seen == [["OPEN-0", "OPEN-1"], ["OPEN-2", "OK-0"], ["OK-1", "OK-2"], ["OK-1", "OK-2"]]
    assert (pages[0].pages, pages[0].count) == (3, 6)


def test_too_many_items_without_a_product(shop: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "MAX_UNRESOLVED", 1)
    order(shop, ("A", 1, "1"), ("B", 1, "9"))
    found = coverage.coverage_of(shop.connection, days=30)
    assert found.cut and [item.item_id for item in found.items] == ["B"]
    assert {share.match: share.items for share in found.shares}["none"] == 2


def test_the_page(sold: Source, client: Client) -> None:
    text = client.get(url(sold)).content.decode()
    assert "<strong>60 %</strong> of 5 order lines" in text and "<strong>54 %</strong> of 110.00 USD" in text
    assert "An item that finds none is left out of the CRM order." in text
    assert "To map items you need the right “Edit settings”." in text
    assert "Map to it" not in text and "Fix all" not in text


def test_nothing_was_sold(shop: Source, client: Client) -> None:
    text = client.get(url(shop)).content.decode()
    assert "No orders in this period" in text
    assert "products have not been read yet" in text


def test_the_lists_problem_is_told(sold: Source, client: Client) -> None:
    DirectoryList.objects.update(error="The CRM refused the list.")
    assert "The CRM refused the list." in client.get(url(sold)).content.decode()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"skip_order_creation": True}, "Skip Order Creation is on"),
        ({"unresolved_lines": "named_line"}, "is sent as a named line"),
    ],
)
def test_what_happens_to_the_rest(values: Any, sentence: str, sold: Source, client: Client) -> None:
    Connection.objects.update(**values)
    assert sentence in client.get(url(sold)).content.decode()


def test_a_near_miss_is_mapped_by_one_click_and_taken_back(sold: Source, editor: Client) -> None:
    text = post(editor, sold, item="bowl", product="101").content.decode()
    assert "Mapped bowl to product 101." in text and "Take back the last 1 mapping" in text
    assert mapped(sold) == {"BONE": 102, "bowl": 101}
    assert "Took back 1 mapping." in post(editor, sold, undo="1").content.decode()
    assert mapped(sold) == {"BONE": 102}
    assert "There is nothing to take back." in post(editor, sold, undo="1").content.decode()


def test_all_near_misses_after_a_question(sold: Source, editor: Client) -> None:
    order(sold, ("lea sh", 1, "3"))
    assert "Fix all near misses" in editor.get(url(sold)).content.decode()
    asked = editor.get(url(sold, "?days=30&confirm=near")).content.decode()
    assert "Map 2 items" in asked and mapped(sold) == {"BONE": 102}
    assert "Mapped 2 items." in post(editor, sold, all="1").content.decode()
    assert mapped(sold) == {"BONE": 102, "bowl": 101, "lea sh": 100}
    ProductMapping.objects.filter(item_id="bowl").update(crm_product_id=5)
    text = post(editor, sold, undo="1").content.decode()
    assert "Took back 1 mapping. 1 had been changed meanwhile and stays." in text
    assert mapped(sold) == {"BONE": 102, "bowl": 5}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"item": "TOY", "product": "9999"}, "no product of that id"),
        ({"item": "TOY", "product": "nonsense"}, "no product of that id"),
        ({"item": "", "product": "101"}, "cannot be mapped"),
        ({"item": "BONE", "product": "101"}, "mapped already, to product 102"),
    ],
)
def test_what_is_not_mapped(values: Any, sentence: str, sold: Source, editor: Client) -> None:
    assert sentence in post(editor, sold, **values).content.decode()
    assert mapped(sold) == {"BONE": 102}


def test_a_product_is_chosen_from_the_list(sold: Source, editor: Client) -> None:
    text = editor.get(url(sold, "choose/?item=TOY&q=bow&days=7")).content.decode()
    assert "<strong>Bowl</strong>" in text and "LEASH</strong>" not in text
    assert 'name="item" value="TOY"' in text
    assert "No product like that" in editor.get(url(sold, "choose/?item=TOY&q=zebra")).content.decode()
    assert "A dog&#x27;s bone" in editor.get(url(sold, "choose/?item=TOY&q=102")).content.decode()


def test_who_may_not(sold: Source, client: Client, browser_of: Any) -> None:
    assert post(client, sold, item="bowl", product="101").status_code == 403
    assert client.get(url(sold, "choose/?item=TOY")).status_code == 403
    stranger = browser_of(MembershipFactory().user)
    assert stranger.get(url(sold)).status_code == 404
    assert stranger.get(url(sold, "choose/")).status_code == 404
    assert post(stranger, sold, item="bowl", product="101").status_code == 404
    assert Client().get(url(sold)).status_code == 302
    assert Client().post(url(sold, "fix/"), {"undo": "1"}).status_code == 302
    assert client.get(url(sold, "fix/")).status_code == 405
    assert mapped(sold) == {"BONE": 102}


def test_a_fix_needs_the_forms_token(sold: Source) -> None:
    member = MembershipFactory(merchant=sold.connection.merchant)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(member.user)
    assert post(strict, sold, item="bowl", product="101").status_code == 403


def test_another_connections_undo_is_not_offered(sold: Source, editor: Client) -> None:
    second = SourceFactory(connection__merchant=sold.connection.merchant, connection__name="Second")
    post(editor, sold, item="bowl", product="101")
    assert "Take back" not in editor.get(url(second)).content.decode()
    post(editor, second, undo="1")
    assert "bowl" in mapped(sold)


@pytest.mark.parametrize("number", [1, 30])
def test_the_query_count_is_fixed(
    number: int, shop: Source, client: Client, django_assert_num_queries: Any
) -> None:
    for index in range(number):
        order(
            shop,
            (f"item-{index}", 1, "1"),
            (f"M-{index}", 1, "1"),
            (f"N-{index}", 1, "1"),
            (f"Z-{index}", 1, "1"),
        )
        ProductMapping.objects.create(
            connection=shop.connection, item_id=f"M-{index}", crm_product_id=100 + index
        )
    products(shop.connection, [f"ITEM-{index}" for index in range(number)])
    products(shop.connection, [f"N-{index}" for index in range(number)], first_id=500)
    with django_assert_num_queries(QUERIES if number == 1 else QUERIES - 2):  # a page of unresolved ones
        client.get(url(shop))


def test_item_ids_are_text(shop: Source, editor: Client) -> None:
    evil = '"><script>alert(1)</script>&item=x'
    order(shop, (evil, 1, "1"))
    response = editor.get(url(shop))
    assert b"<script>alert" not in response.content and b" style=" not in response.content
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    products(shop.connection, ["One"])
    post(editor, shop, item=evil, product="100")
    assert mapped(shop) == {evil: 100}
