"""What is read of a shop regularly: everything, once, whatever goes wrong between two pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from background.lease import LeaseLost
from carts.models import Affiliate, Order
from carts.selectors import OPEN_DAYS
from intake.models import FeedState, InboundEvent, PolledRecord, Poller, Reading, Source
from intake.polling.polling import LEASE_SECONDS, shop_check, shop_lease_take, shop_poll, sources_due
from mappings.models import ItemFolder
from tests.carts.polling.conftest import process_all, shop_order, unpaid_order
from tests.carts.shops.ultracart import error

pytestmark = pytest.mark.usefixtures("receivers_away")


def ask_again(source: Source) -> None:
    FeedState.objects.filter(source=source).update(due_at=timezone.now())
    Poller.objects.update(not_before=None)
    shop_poll(source.pk)


def orders() -> set[str]:
    process_all()
    return set(Order.objects.values_list("shop_order_id", flat=True))


def queries(account) -> list[dict[str, str]]:
    return [given for _, path, _, given in account.asked if path.endswith("/orders/query")]


def test_orders_since_the_source_was_made_come_in_and_are_stored_once(account, source):
    account.put(shop_order("DEMO-1"), shop_order("DEMO-2", hours=50), shop_order("DEMO-OLD", hours=24 * 9))
    shop_poll(source.pk)
    assert orders() == {"DEMO-1", "DEMO-2"}
    events = InboundEvent.objects.filter(channel="poll")
    assert events.count() == 2  # found as placed and as paid, in overlapping windows
    ask_again(source)
    assert events.count() == 2
    assert set(Order.objects.values_list("found_by", flat=True)) == {"poll"}


def test_a_shop_that_changed_its_mind_and_back_is_told_each_time(account, source):
    for city in ("Rome", "Oslo", "Rome"):
        account.put(shop_order("DEMO-1", hours=0.05, billing={"email": "a@example.com", "city": city}))
        ask_again(source)
        process_all()
        assert Order.objects.get().order_data.billing.city == city
    assert Order.objects.get().version == 3


def test_windows_are_short_and_overlap_and_the_next_begins_where_the_last_one_ended(account, source):
    shop_poll(source.pk)
    placed = [query for query in queries(account) if "creation_date_begin" in query]
    assert len(placed) == 4  # three days and the moments since
    state = FeedState.objects.get(feed="placed")
    before = state.read_until
    assert timezone.now() - before < timedelta(minutes=1)
    account.asked.clear()
    ask_again(source)
    (again,) = [query for query in queries(account) if "creation_date_begin" in query]
    begin = before - timedelta(minutes=30)
    assert again["creation_date_begin"].startswith(begin.isoformat()[:16])


def test_what_was_read_before_the_shop_failed_stays_and_the_rest_comes_later(account, source):
    account.most = 1
    account.put(*(shop_order(f"DEMO-{n}", hours=60) for n in range(3)))
    answer = account.answer
    asked = []

    def failing(method, path, headers, body):
        asked.append(path)
        return error("Out of order.", 503) if len(asked) > 2 else answer(method, path, headers, body)

    account.answer = failing
    shop_poll(source.pk)
    assert InboundEvent.objects.count() == 2
    poller = Poller.objects.get()
    assert (poller.failures, poller.needs_person) == (1, False)
    assert "out of order" in poller.problem.lower()
    assert poller.not_before > timezone.now() + timedelta(seconds=20)
    assert sources_due(timezone.now(), 10) == []
    account.answer = answer
    ask_again(source)
    assert orders() == {"DEMO-0", "DEMO-1", "DEMO-2"}
    poller.refresh_from_db()
    assert (poller.failures, poller.problem, poller.problem_since) == (0, "", None)


def test_a_shop_that_asks_us_to_wait_is_left_alone_as_long_as_it_says(account, source):
    account.canned = [error("Too many requests", 429, **{"Retry-After": "300"})]
    shop_poll(source.pk)
    assert len(account.asked) == 1
    wait = Poller.objects.get().not_before - timezone.now()
    assert timedelta(seconds=290) < wait <= timedelta(seconds=300)
    shop_poll(source.pk)
    assert len(account.asked) == 1


def test_each_failure_doubles_the_wait(account, source):
    waits = []
    for _ in range(7):
        account.canned = [error("Down", 500)]
        ask_again(source)
        waits.append((Poller.objects.get().not_before - timezone.now()).total_seconds())
    assert [round(wait, -1) for wait in waits] == [30, 60, 120, 240, 480, 900, 900]


def test_refused_credentials_need_a_person(account, source):
    Source.objects.update(api_secret="")
    source.api_secret = "wrong"
    source.save()
    shop_poll(source.pk)
    poller = Poller.objects.get()
    assert poller.needs_person and poller.not_before > timezone.now() + timedelta(minutes=50)
    assert poller.problem


def test_two_workers_never_ask_one_shop_at_once(account, source):
    held = shop_lease_take(source, timezone.now())
    shop_poll(source.pk)
    assert account.asked == []
    assert sources_due(timezone.now(), 10) == []
    Poller.objects.update(lease_until=timezone.now() - timedelta(seconds=1))  # its worker died
    assert sources_due(timezone.now(), 10) == [source.pk]
    taken = shop_lease_take(source, timezone.now())
    with pytest.raises(LeaseLost):
        held.renew()
    taken.renew()
    assert Poller.objects.get().lease_until > timezone.now() + timedelta(seconds=LEASE_SECONDS / 2)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_lost_its_shop_stores_nothing_more(account, source):
    account.put(shop_order("DEMO-1"))
    answer = account.answer

    def slow(method, path, headers, body):
        Poller.objects.update(lease_token="of another worker")
        connection.close()  # of the stand-in's thread
        return answer(method, path, headers, body)

    account.answer = slow
    shop_poll(source.pk)
    assert not InboundEvent.objects.exists()
    assert not PolledRecord.objects.exists()
    assert Poller.objects.get().lease_token == "of another worker"


def test_an_unpaid_order_is_read_again_until_it_is_paid(account, source):
    account.put(unpaid_order("DEMO-1"))
    shop_poll(source.pk)
    process_all()
    assert Order.objects.get().stage == "unpaid"
    paid = shop_order("DEMO-1", current_stage="Shipping Department")
    del paid["payment"]["payment_dts"]  # no date by which it could be found
    account.put(paid)
    ask_again(source)
    process_all()
    assert Order.objects.get().stage == "paid"
    account.asked.clear()
    ask_again(source)
    assert not [path for _, path, _, _ in account.asked if path.endswith("/batch")]


def test_an_order_that_is_never_paid_is_let_go(account, source):
    account.put(unpaid_order("DEMO-1"))
    shop_poll(source.pk)
    process_all()
    Order.objects.update(placed_at=timezone.now() - OPEN_DAYS - timedelta(days=1))
    account.asked.clear()
    ask_again(source)
    assert not [path for _, path, _, _ in account.asked if path.endswith("/batch")]


def test_affiliates_and_folders_are_read_whole_and_only_their_changes_stored(account, source):
    account.affiliates = [
        {"affiliate_oid": number, "email": f"a{number}@example.com", "status": "Active"} for number in (1, 2)
    ]
    account.items = [{"merchant_item_id": "BONE", "parent_category_id": 7, "parent_category_path": "/dogs"}]
    shop_poll(source.pk)
    process_all()
    assert Affiliate.objects.count() == 2
    assert ItemFolder.objects.get().from_shop
    before = InboundEvent.objects.count()
    account.affiliates[0]["email"] = "new@example.com"
    ask_again(source)
    process_all()
    assert InboundEvent.objects.count() == before + 1
    assert Affiliate.objects.get(shop_affiliate_id="1").email == "new@example.com"


def test_a_folder_that_a_person_entered_is_left_alone(account, source):
    ItemFolder.objects.create(connection=source.connection, item_id="BONE", folder_id="mine")
    account.items = [{"merchant_item_id": "BONE", "parent_category_id": 7, "parent_category_path": "/dogs"}]
    shop_poll(source.pk)
    process_all()
    assert ItemFolder.objects.get().folder_id == "mine"


def test_a_shop_without_a_key_or_with_never_is_not_asked(account, source):
    Source.objects.update(poll_minutes=0)
    shop_poll(source.pk)
    assert account.asked == [] and not Reading.objects.exists()
    source.refresh_from_db()
    source.api_secret = ""
    source.save()
    Source.objects.update(poll_minutes=5)
    shop_poll(source.pk)
    assert account.asked == []
    assert sources_due(timezone.now(), 10) == []


def test_a_shop_without_a_key_is_looked_at_once_and_then_left_alone(account, source):
    Source.objects.update(api_secret="")
    assert sources_due(timezone.now(), 10) == [source.pk]
    shop_poll(source.pk)
    assert sources_due(timezone.now() + timedelta(days=9), 10) == []


def test_the_connection_can_be_tried(account, source):
    account.put(shop_order("DEMO-1"))
    assert "orders can be read" in shop_check(source)


def test_what_is_due_costs_one_query(account, source, django_assert_num_queries):
    for _ in range(5):
        from tests.factories import SourceFactory

        SourceFactory(api_secret="key")
    with django_assert_num_queries(1):
        assert len(sources_due(timezone.now(), 10)) == 6


def test_a_page_costs_the_same_queries_however_long_it_is(account, source):
    counts = []
    for number in (2, 150):
        account.put(*(shop_order(f"DEMO-{number}-{n}", hours=0.1) for n in range(number)))
        FeedState.objects.update(due_at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            shop_poll(source.pk)
        counts.append(len(queries))
        FeedState.objects.update(read_until=timezone.now() - timedelta(minutes=20))
    assert InboundEvent.objects.count() == 152
    assert counts[1] <= counts[0]
