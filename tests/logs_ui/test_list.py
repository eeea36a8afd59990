"""The log as a table: what a row says, who sees it, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cascade.models import Replication
from intake.models import InboundEvent, Source
from logs_ui.log import selectors
from mappings.models import Connection
from tests.factories import MembershipFactory, OrderFactory, SourceFactory, UserFactory, order_data
from tests.logs_ui.factories import ReplicationFactory

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]

LIST = "/logs/"
# session, person, connections, shops, rows, rights, outages, counts, parked deliveries
LIST_QUERIES = 9


def replication(shop: Source, number: str = "H-1", **values: Any) -> Replication:
    email = values.pop("email", "ada@example.com")
    data = order_data(shop_order_id=number, number=number, email=email)
    return ReplicationFactory(order=OrderFactory(source=shop, order=data), **values)


def text_of(client: Client, query: str = "") -> str:
    response = client.get(LIST + query)
    assert response.status_code == 200
    return response.content.decode()


def test_it_asks_for_a_log_in(client: Client) -> None:
    response = client.get(LIST)
    assert response.status_code == 302
    assert response.headers["Location"] == f"{reverse('admin:login')}?next=/logs/"


def test_a_row_says_what_happened_and_what_to_do(shop: Source, person: Any, browser_of: Any) -> None:
    row = replication(
        shop,
        state="failed",
        level="error",
        reason="Item BONE has no CRM product.",
        error_class="configuration",
        setting="products",
    )
    text = text_of(browser_of(person))
    assert f'<a class="order" href="/logs/{row.pk}/">H-1</a>' in text
    for part in (
        "Failed",
        "ada@example.com",
        "Item BONE has no CRM product.",
        "Correct the setting, then resend.",
        "2.0 s",
    ):
        assert part in text
    assert "It is “Order → Product mapping”, for someone who may edit the settings." in text


def test_who_may_edit_gets_the_link_to_the_cure(shop: Source, browser_of: Any) -> None:
    member = MembershipFactory(merchant=shop.connection.merchant, can_edit_settings=True)
    replication(shop, state="failed", setting="products", error_class="configuration")
    url = reverse("admin:mappings_connection_change", args=[shop.connection.pk])
    assert f'href="{url}#order-product"' in text_of(browser_of(member.user))


def test_a_level_stands_beside_succeeded(shop: Source, person: Any, browser_of: Any) -> None:
    replication(shop, state="succeeded", level="error", reason="Tag VIP is not in the CRM.")
    text = text_of(browser_of(person))
    assert "Succeeded" in text and "with an error" in text and "Tag VIP is not in the CRM." in text


def test_a_paused_connection_is_the_reason_for_waiting(shop: Source, person: Any, browser_of: Any) -> None:
    Connection.objects.update(paused_at=timezone.now(), paused_reason="The key was refused.")
    replication(shop)
    text = text_of(browser_of(person))
    assert text.count("The key was refused.") == 2  # above the table and in the row
    assert "is paused" in text


def test_times_carry_utc(shop: Source, person: Any, browser_of: Any) -> None:
    row = replication(shop)
    title = row.created_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    assert f'title="{title}"' in text_of(browser_of(person))


def test_another_merchants_rows_are_not_there(shop: Source, person: Any, browser_of: Any) -> None:
    replication(shop, "H-1")
    replication(SourceFactory(), "OTHER-1", email="secret@example.com")
    text = text_of(browser_of(person))
    assert "H-1" in text and "OTHER-1" not in text
    for query in ("?q=OTHER-1", "?q=secret@example.com"):
        found = text_of(browser_of(person), query)
        assert "Nothing matches" in found


def test_another_merchants_connection_is_no_filter(shop: Source, person: Any, browser_of: Any) -> None:
    SourceFactory(connection__merchant=shop.connection.merchant, connection__name="Second")
    other = SourceFactory()
    text = text_of(browser_of(person), f"?connection={other.connection.pk}&source={other.pk}")
    assert text.count("This filter is ignored.") == 2
    assert other.name not in text


def test_a_superuser_sees_every_merchant(shop: Source, browser_of: Any) -> None:
    replication(shop, "H-1")
    replication(SourceFactory(), "OTHER-1")
    text = text_of(browser_of(UserFactory(is_superuser=True)))
    assert "H-1" in text and "OTHER-1" in text


@pytest.mark.parametrize("rows", [1, 50])
def test_the_query_count_is_fixed(
    rows: int, shop: Source, person: Any, browser_of: Any, django_assert_num_queries: Any
) -> None:
    other = SourceFactory(connection__merchant=shop.connection.merchant, connection__name="Second")
    for number in range(rows):
        replication((shop, other)[number % 2], f"H-{number}", state="failed", setting="products")
    client = browser_of(person)
    with django_assert_num_queries(LIST_QUERIES):
        text = text_of(client)
    assert text.count('class="order"') == rows
    with django_assert_num_queries(LIST_QUERIES + 1):
        text_of(client, "?q=H-0&state=failed&within=24h")


def test_chips_count_the_last_day(shop: Source, person: Any, browser_of: Any) -> None:
    replication(shop, "H-1", state="failed")
    replication(shop, "H-2", state="succeeded", level="error")
    replication(shop, "H-3", state="succeeded")
    old = replication(shop, "H-4", state="failed")
    Replication.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(hours=25))
    replication(SourceFactory(), "OTHER-1", state="failed")
    chips = {chip.key: chip for chip in browser_of(person).get(LIST).context["chips"]}
    numbers = {key: chip.number for key, chip in chips.items()}
    assert numbers == {"attention": 2, "failed": 1, "succeeded": 2, "noted": 1}
    for chip in chips.values():
        rows = browser_of(person).get(LIST + chip.query).context["situations"]
        assert len(rows) == chip.number


def test_order_text_is_text(shop: Source, person: Any, browser_of: Any) -> None:
    evil = "<script>alert(1)</script>"
    replication(shop, f"H-{evil}", email=f"{evil}@example.com", state="failed", reason=evil)
    text = text_of(browser_of(person))
    assert "<script>alert" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3
    assert "<script>alert" not in text_of(browser_of(person), "?q=" + evil)


def test_it_says_what_to_do_when_there_is_nothing(person: Any, browser_of: Any) -> None:
    text = text_of(browser_of(person))
    assert "No replications yet" in text and "webhook" in text
    assert '<a href="/admin/">' in text


def test_it_offers_to_clear_filters_that_match_nothing(shop: Source, person: Any, browser_of: Any) -> None:
    replication(shop)
    text = text_of(browser_of(person), "?state=failed")
    assert "Nothing matches" in text
    assert '<a class="button" href="/logs/">Clear filters</a>' in text


def test_someone_without_a_merchant_is_told_so(db: None, browser_of: Any) -> None:
    assert "No merchant yet" in text_of(browser_of(UserFactory()))


def test_the_page_is_not_kept_by_caches_and_carries_a_strict_policy(person: Any, browser_of: Any) -> None:
    response = browser_of(person).get(LIST)
    assert "no-store" in response.headers["Cache-Control"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert b" style=" not in response.content and b"<script>" not in response.content


def test_someone_with_more_connections_than_choices_sees_all_rows(
    shop: Source, person: Any, browser_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = SourceFactory(connection__merchant=shop.connection.merchant, connection__name="Second")
    replication(shop, "H-1")
    replication(second, "H-2")
    replication(SourceFactory(), "OTHER-1")
    monkeypatch.setattr(selectors, "MAX_CHOICES", 1)
    text = text_of(browser_of(person))
    assert "H-1" in text and "H-2" in text and "OTHER-1" not in text


def test_parked_deliveries_are_told_above_the_list(shop: Source, person: Any, browser_of: Any) -> None:
    for source in (shop, shop, SourceFactory()):
        InboundEvent.objects.create(source=source, channel="webhook", body=b"?", state="parked")
    text = text_of(browser_of(person))
    assert "2 deliveries of your shops could not be read." in text
    assert "state__exact=parked" in text
