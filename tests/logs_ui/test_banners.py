"""What stands above the list while a protocol does not answer or a quota is used up."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from intake.models import Source
from logs_ui.log import banners, selectors
from mappings.models import Connection, Outage
from tests.factories import MembershipFactory, SourceFactory
from tests.logs_ui.test_list import LIST_QUERIES, replication

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]

NIGHT = datetime(2026, 11, 21, 14, 14, tzinfo=UTC)


@pytest.fixture(autouse=True)
def connection(shop: Source) -> Connection:
    return connection_set(shop, enabled=True, protocol="xmlrpc")


def connection_set(shop: Source, **values: Any) -> Connection:
    Connection.objects.filter(pk=shop.connection.pk).update(**values)
    shop.connection.refresh_from_db()
    return shop.connection


def outage(shop: Source, protocol: str = "xmlrpc", **values: Any) -> Outage:
    since = timezone.now() - timedelta(minutes=12)
    values = {"since": since, "opened_at": since, "next_probe_at": timezone.now(), **values}
    return Outage.objects.create(connection=shop.connection, protocol=protocol, **values)


def words(page: Any) -> str:
    """The page as a person reads it."""
    text = html.unescape(re.sub(r"<[^>]+>", " ", page.content.decode()))
    return " ".join(text.split()).replace(" .", ".")


@pytest.fixture
def read(person: Any, browser_of: Any) -> Any:
    return lambda path="/logs/": words(browser_of(person).get(path))


def test_an_outage_says_since_when_and_what_waits(shop: Source, read: Any) -> None:
    outage(shop)
    replication(shop, "H-1", state="waiting")
    replication(shop, "H-2", state="retrying")
    replication(shop, "H-3", state="succeeded")
    text = read()
    assert "The CRM has not answered over XML-RPC since" in text
    assert "every half minute. 2 orders wait and are sent by themselves once it answers." in text
    assert "Switch to" not in text


def test_who_may_edit_is_led_to_the_protocol(shop: Source, browser_of: Any) -> None:
    outage(shop)
    editor = MembershipFactory(merchant=shop.connection.merchant, can_edit_settings=True).user
    page = browser_of(editor).get("/logs/")
    url = f"/admin/mappings/connection/{shop.connection.pk}/change/#credentials"
    assert f'<a class="advice" href="{url}">Switch to REST or automatic</a>' in page.content.decode()
    connection_set(shop, credential_kind="legacy_key")
    assert "A legacy key knows XML-RPC alone" in words(browser_of(editor).get("/logs/"))


@pytest.mark.parametrize(
    ("mode", "protocol", "part"),
    [
        ("automatic", "xmlrpc", "over XML-RPC since"),
        ("automatic", "rest_v2", "over REST v2 since"),
        ("rest", "rest_v1", "over REST v1 since"),
    ],
)
def test_where_most_goes_on_it_says_so(mode: str, protocol: str, part: str, shop: Source, read: Any) -> None:
    connection_set(shop, protocol=mode)
    outage(shop, protocol)
    replication(shop, state="waiting")
    text = read()
    assert part in text and "Everything else goes on." in text and "1 order waits" not in text
    assert "Waiting for its turn." in text


@pytest.mark.parametrize("values", [{"enabled": False}, {"paused_at": NIGHT}, {"protocol": "rest"}], ids=str)
def test_an_outage_that_nobody_feels_is_not_told(values: dict[str, Any], shop: Source, read: Any) -> None:
    outage(shop)
    connection_set(shop, **values)
    assert "has not answered" not in read()


def test_neither_a_suspicion_nor_a_closed_outage_is_told(shop: Source, read: Any) -> None:
    outage(shop, opened_at=None)
    outage(shop, "rest_v2", until=timezone.now())
    assert "has not answered" not in read()


def test_another_merchants_outage_is_not_told(read: Any) -> None:
    other = SourceFactory()
    connection_set(other, enabled=True, protocol="xmlrpc")
    outage(other)
    assert "has not answered" not in read()


def test_many_connections_share_one_banner(shop: Source, person: Any, browser_of: Any) -> None:
    for number in range(7):
        source = SourceFactory(connection__merchant=shop.connection.merchant, connection__name=f"N{number}")
        connection_set(source, enabled=True, protocol="xmlrpc")
        outage(source)
        replication(source, f"N-{number}", state="waiting")
    text = words(browser_of(person).get("/logs/"))
    assert "7 orders wait" in text and "and 2 more." in text
    assert len(browser_of(person).get("/logs/").context["banners"]) == 1


@pytest.mark.parametrize("rows", [1, 50])
def test_the_query_count_is_fixed_in_an_outage(
    rows: int, shop: Source, person: Any, browser_of: Any, django_assert_num_queries: Any
) -> None:
    outage(shop)
    outage(shop, "rest_v2")
    connection_set(shop, protocol="automatic", throttled_until=timezone.now() + timedelta(hours=3))
    for number in range(rows):
        replication(shop, f"H-{number}", state="waiting")
    client = browser_of(person)
    with django_assert_num_queries(LIST_QUERIES + 1):  # how many wait
        client.get("/logs/")


def test_a_used_up_quota_says_until_when(shop: Source, read: Any) -> None:
    connection_set(shop, throttled_until=timezone.now() + timedelta(hours=30))
    replication(shop, "H-1", state="waiting")
    replication(shop, "H-2", state="retrying")  # has begun
    text = read()
    assert "The CRM's quota is used up until 00:00 UTC." in text
    assert "1 order waits and is then sent by itself. Orders that have begun go on." in text
    assert "Waiting for its turn." not in text


def test_the_wait_for_a_minute_is_not_worth_a_banner(shop: Source, read: Any) -> None:
    connection_set(shop, throttled_until=timezone.now() + timedelta(seconds=40))
    replication(shop, state="waiting")
    assert "used up" not in read()


@pytest.mark.parametrize(
    ("until", "moment"),
    [(NIGHT.replace(hour=18, minute=30), "18:30 UTC"), (NIGHT + timedelta(hours=9, minutes=47), "00:00 UTC")],
)
def test_the_days_end_is_midnight(until: datetime, moment: str, shop: Source) -> None:
    connection = connection_set(shop, throttled_until=until)
    assert banners.held_sentence(connection, [], NIGHT) == f"The CRM's quota is used up until {moment}."


def test_a_row_that_waits_says_for_what(shop: Source, read: Any) -> None:
    found = outage(shop)
    row = replication(shop, state="waiting")
    sentence = f"The CRM has not answered over XML-RPC since {found.since:%H:%M} UTC."
    for path in ("/logs/", f"/logs/{row.pk}/"):
        text = read(path)
        assert sentence in text and "Nothing to do: it is sent by itself afterwards." in text


def test_numbers_are_bounded(shop: Source, read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (selectors, banners):
        monkeypatch.setattr(module, "SUMMARY_ROWS", 2)
    outage(shop)
    for number in range(3):
        replication(shop, f"H-{number}", state="waiting")
    assert "2 or more orders wait" in read()
