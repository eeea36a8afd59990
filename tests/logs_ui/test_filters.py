"""Search, each filter, and paging through what they leave."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cascade.models import Replication
from cascade.shop.search import search_terms
from intake.models import Source
from logs_ui.log import search, selectors
from tests.factories import MembershipFactory, SourceFactory
from tests.logs_ui.test_list import LIST, replication

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]


@pytest.fixture
def client(person: Any, browser_of: Any) -> Client:
    return browser_of(person)


def numbers(client: Client, query: str) -> list[str]:
    response = client.get(LIST + query)
    assert response.status_code == 200
    return [situation.subject.label for situation in response.context["situations"]]


@pytest.mark.parametrize(
    "text",
    [
        "DEMO-100",
        "demo-1001",
        " DEMO-1001 ",
        "ada@ex",
        "ADA@Example.com",
        "hounds order DEMO-1001",
        "hounds order 77 (DEMO-1001)",
    ],
)
def test_search_finds_the_order(text: str, shop: Source, client: Client) -> None:
    replication(shop, "DEMO-1001", email="ada@example.com")
    replication(shop, "DEMO-2002", email="bob@example.com")
    assert numbers(client, f"?q={text}") == ["DEMO-1001"]


@pytest.mark.parametrize(
    "text", ["EMO-1001", "example.com", "DE", "%25", "DEMO_1001", "DEMO-1001x", "''", "*"]
)
def test_search_finds_beginnings_only(text: str, shop: Source, client: Client) -> None:
    replication(shop, "DEMO-1001", email="ada@example.com")
    assert numbers(client, f"?q={text}") == []


def test_search_knows_the_shops_number_sign(shop: Source, client: Client) -> None:
    replication(shop, "#1001")
    assert numbers(client, "?q=1001") == ["#1001"]
    assert numbers(client, "?q=%231001") == ["#1001"]


def test_search_finds_by_the_shops_own_id(shop: Source, client: Client) -> None:
    row = replication(shop, "DEMO-1001")
    row.order.number = "7"
    row.order.save()
    assert numbers(client, "?q=DEMO-1001") == ["7"]
    assert numbers(client, "?q=7") == ["7"]


def test_search_terms() -> None:
    assert search_terms(" h-1 ") == ["h-1", "H-1", "#h-1"]
    assert search_terms("my-shop order H-1") == ["H-1", "#H-1"]
    assert search_terms("My order H-1")[0] == "My order H-1"


def test_a_search_that_finds_too_much_says_so(
    shop: Source, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MAX_SUBJECTS", 2)
    for number in range(3):
        replication(shop, f"DEMO-{number}")
    assert numbers(client, "?q=DEMO") == ["DEMO-2", "DEMO-1"]
    assert "More orders match" in client.get(f"{LIST}?q=DEMO").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=failed", ["C"]),
        ("state=attention", ["D", "C", "B"]),
        ("state=nonsense", ["D", "C", "B", "A"]),
        ("level=problem", ["D", "C", "B"]),
        ("level=warning", ["C"]),
        ("level=error", ["D", "B"]),
        ("level=info", ["A"]),
        ("error=quota", ["C"]),
        ("error=unknown&state=parked", ["B"]),
        ("within=24h", ["D", "C", "B"]),
        ("within=7d", ["D", "C", "B", "A"]),
        ("since=2001-02-03", ["D", "C", "B", "A"]),
        ("until=2001-02-03", []),
        ("since=9999-99-99", ["D", "C", "B", "A"]),
        ("until=9999-12-31", ["D", "C", "B", "A"]),
        ("since=0001-01-01", ["D", "C", "B", "A"]),
        ("before=nonsense&after=", ["D", "C", "B", "A"]),
        ("before=999999999999999999", ["D", "C", "B", "A"]),
        ("before=99999999999999999999999", ["D", "C", "B", "A"]),
    ],
)
def test_filters(query: str, found: list[str], shop: Source, client: Client) -> None:
    old = replication(shop, "A", state="succeeded")
    Replication.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2))
    replication(shop, "B", state="parked", level="error", error_class="unknown")
    replication(shop, "C", state="failed", level="warning", error_class="quota")
    replication(shop, "D", state="succeeded", level="error")
    assert numbers(client, f"?{query}") == found


def test_dates_are_whole_days(shop: Source, client: Client) -> None:
    for number, hour in (("A", 0), ("B", 23)):
        row = replication(shop, number)
        created_at = datetime(2026, 3, 2, hour, 30, tzinfo=UTC)
        Replication.objects.filter(pk=row.pk).update(created_at=created_at)
    assert numbers(client, "?since=2026-03-02&until=2026-03-02") == ["B", "A"]
    assert numbers(client, "?since=2026-03-03") == []


def test_connection_and_shop(shop: Source, client: Client) -> None:
    other = SourceFactory(connection__merchant=shop.connection.merchant, connection__name="Second")
    replication(shop, "A")
    replication(other, "B")
    assert numbers(client, f"?connection={other.connection.pk}") == ["B"]
    assert numbers(client, f"?source={shop.pk}") == ["A"]


def test_who_has_one_connection_is_not_asked_which(shop: Source, person: Any, client: Client) -> None:
    assert {"connection", "source"}.isdisjoint(client.get(LIST).context["filters"].fields)
    MembershipFactory(user=person, merchant=SourceFactory().connection.merchant)
    assert {"connection", "source"} <= client.get(LIST).context["filters"].fields.keys()


def test_pages_go_back_and_forth_and_keep_the_filters(
    shop: Source, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "PAGE_ROWS", 2)
    for number in range(5):
        replication(shop, f"H-{number}", state="failed")
    seen, query = [], "?state=failed"
    for _ in range(3):
        response = client.get(LIST + query)
        seen.append([situation.subject.label for situation in response.context["situations"]])
        last, query = query, response.context["older_query"]
    assert seen == [["H-4", "H-3"], ["H-2", "H-1"], ["H-0"]]
    assert query == "" and last.startswith("?state=failed&before=")
    newer = client.get(LIST + last).context["newer_query"]
    back = client.get(LIST + newer)
    assert [situation.subject.label for situation in back.context["situations"]] == ["H-2", "H-1"]
    first = client.get(LIST + back.context["newer_query"])
    assert [situation.subject.label for situation in first.context["situations"]] == ["H-4", "H-3"]
    assert first.context["newer_query"] == "" and first.context["older_query"]
    assert "state=failed" in back.context["newest_query"]


def test_a_row_that_comes_in_shifts_no_page(
    shop: Source, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "PAGE_ROWS", 2)
    for number in range(4):
        replication(shop, f"H-{number}")
    older = client.get(LIST).context["older_query"]
    replication(shop, "H-NEW")
    assert numbers(client, older) == ["H-1", "H-0"]
