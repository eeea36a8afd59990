"""Range runs: counted and confirmed before anything starts, then listed, and stopped."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from cascade.models import RangeRun
from intake.models import Source
from logs_ui.ranges import views
from tests.factories import MembershipFactory, OrderFactory, SourceFactory, UserFactory, order_data
from tests.logs_ui.factories import ReplicationFactory

pytestmark = [pytest.mark.urls("tests.logs_ui.urls"), pytest.mark.django_db]

URL = "/logs/ranges/"
# session, person, connections, shops, runs
QUERIES = 5


@pytest.fixture
def client(person: Any, browser_of: Any) -> Client:
    return browser_of(person)


@pytest.fixture
def orders(shop: Source) -> list[Any]:
    return [
        OrderFactory(source=shop, order=order_data(shop_order_id=f"H-{n}", number=f"H-{n}")) for n in range(3)
    ]


def begin(client: Client, shop: Source, **values: Any) -> Any:
    chosen = {"connection": shop.connection_id, "which": "unsent", "placed_from": "2026-03-01T00:00"}
    return client.post(f"{URL}begin/", {**chosen, **values}, follow=True)


def run_of(shop: Source, **values: Any) -> RangeRun:
    return RangeRun.objects.create(connection=shop.connection, **values)


def test_nothing_starts_before_the_number_is_seen(shop: Source, orders: Any, client: Client) -> None:
    ReplicationFactory(order=orders[0], state="succeeded")
    text = begin(client, shop).content.decode()
    assert "Send 2 orders?" in text and "Nothing has started yet." in text
    assert "campaigns may start for these buyers" in text
    assert not RangeRun.objects.exists()
    assert "Send 3 orders?" in begin(client, shop, which="all").content.decode()


def test_a_confirmed_range_starts(shop: Source, orders: Any, client: Client, person: Any) -> None:
    text = begin(
        client, shop, without_automation="on", numbers="H-1, H-2\nH-9", source=shop.pk, confirmed="1"
    ).content.decode()
    run = RangeRun.objects.get()
    assert (run.total, run.without_automation, run.numbers, run.which) == (
        2,
        True,
        ["H-1", "H-2", "H-9"],
        "unsent",
    )
    assert (run.source, run.user, run.placed_before) == (shop, person, None)
    assert run.placed_from == datetime(2026, 3, 1, tzinfo=UTC)
    assert "Started: 2 orders behind fresh ones." in text and "0 of 2 looked at, 0 opened" in text


def test_the_confirmation_carries_what_was_chosen(shop: Source, orders: Any, client: Client) -> None:
    page = begin(client, shop, without_automation="on", numbers="H-1 H-2", placed_before="2026-04-01T12:30")
    text = page.content.decode()
    for part in ("Send 2 orders?", "1 Mar 2026, 00:00", "1 Apr 2026, 12:30", "2 given", "(UTC)"):
        assert part in text
    assert "campaigns may start" not in text
    again = begin(client, shop, without_automation="on", numbers="H-1 H-2", change="1").content.decode()
    assert "H-1 H-2</textarea>" in again and "checked" in again


def test_no_order_fits(shop: Source, client: Client) -> None:
    text = begin(client, shop).content.decode()
    assert "No order fits" in text and 'name="confirmed"' not in text


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"placed_from": ""}, "Give a time, order numbers, or both."),
        ({"placed_from": "soon"}, "Enter a valid date/time."),
        ({"placed_before": "2026-02-01T00:00"}, "This is not after the beginning."),
        ({"placed_from": "0001-01-01T00:00"}, "Ensure this value is greater than"),
        ({"numbers": "H" * 101}, "too long to be an order number"),
        ({"numbers": " ".join(str(n) for n in range(5001))}, "Send at most 5,000 at once."),
        ({"which": "some"}, "Select a valid choice."),
        ({"connection": ""}, "This field is required."),
    ],
)
def test_what_is_not_understood_is_named(values: Any, sentence: str, shop: Source, client: Client) -> None:
    response = begin(client, shop, confirmed="1", **values)
    assert sentence in response.content.decode()
    assert not RangeRun.objects.exists()


def test_a_shop_of_another_connection(shop: Source, client: Client) -> None:
    second = SourceFactory(connection__merchant=shop.connection.merchant, connection__name="Second")
    response = begin(client, shop, source=second.pk, confirmed="1")
    assert "This shop belongs to another connection." in response.content.decode()


def test_another_merchant_is_no_choice(shop: Source, client: Client) -> None:
    other = SourceFactory()
    OrderFactory(source=other)
    for answer in (begin(client, other, confirmed="1"), begin(client, shop, source=other.pk, confirmed="1")):
        assert "Nothing was started." in answer.content.decode()
    run = run_of(other)
    assert f"/logs/ranges/{run.pk}/" not in client.get(URL).content.decode()
    assert client.post(f"{URL}{run.pk}/stop/").status_code == 404
    assert not RangeRun.objects.exclude(pk=run.pk).exists()


def test_without_the_right_nothing_is_offered(shop: Source, browser_of: Any) -> None:
    reader = browser_of(MembershipFactory(merchant=shop.connection.merchant, can_resend=False).user)
    run = run_of(shop)
    text = reader.get(URL).content.decode()
    assert "you need the right “Resend”" in text and "Count the orders" not in text and "Stop run" not in text
    assert "you need the right" in begin(reader, shop, confirmed="1").content.decode()
    assert reader.post(f"{URL}{run.pk}/stop/").status_code == 403
    run.refresh_from_db()
    assert run.state == "waiting"


def test_a_run_is_stopped(shop: Source, client: Client) -> None:
    run = run_of(shop, state="running", total=9, looked_at=4, sent=3)
    assert "4 of 9 looked at, 3 opened" in client.get(URL).content.decode()
    text = client.post(f"{URL}{run.pk}/stop/", follow=True).content.decode()
    assert "Stopped. What was already opened is still sent." in text and "Stop run" not in text
    again = client.post(f"{URL}{run.pk}/stop/", follow=True).content.decode()
    assert "It had ended already." in again


def test_it_asks_for_a_log_in(shop: Source) -> None:
    run = run_of(shop)
    assert Client().get(URL).status_code == 302
    for path in ("begin/", f"{run.pk}/stop/"):
        assert Client().post(URL + path).status_code == 302
        assert Client().get(URL + path).status_code == 405


def test_every_change_needs_the_forms_token(shop: Source, person: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(person)
    assert begin(strict, shop, confirmed="1").status_code == 403
    assert strict.post(f"{URL}{run_of(shop).pk}/stop/").status_code == 403


def test_a_paused_or_switched_off_connection_is_told(shop: Source, orders: Any, client: Client) -> None:
    shop.connection.enabled = False
    shop.connection.save()
    assert "The integration is off" in begin(client, shop).content.decode()


def test_pages(shop: Source, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "PAGE_ROWS", 2)
    runs = [run_of(shop) for _ in range(3)]
    first = client.get(URL)
    assert [run.pk for run, _ in first.context["runs"]] == [runs[2].pk, runs[1].pk]
    second = client.get(f"{URL}?before={first.context['older']}")
    assert [run.pk for run, _ in second.context["runs"]] == [runs[0].pk]


@pytest.mark.parametrize("number", [1, 20])
def test_the_query_count_is_fixed(
    number: int, shop: Source, client: Client, django_assert_num_queries: Any
) -> None:
    for _ in range(number):
        run_of(shop, source=shop, user=UserFactory(), numbers=["H-1"] * 100)
    with django_assert_num_queries(QUERIES):
        client.get(URL)
