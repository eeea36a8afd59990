"""Many orders sent at a person's wish: which ones, once each, quietly, and never before what is fresh."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db.models.signals import post_save
from django.utils import timezone

from carts.order_data import MoneyState, Stage
from cascade.engine.selectors import replications_due
from cascade.models import RangeRun, Replication
from cascade.periodic import BACKFILL_AT_ONCE, REPLICATIONS, Sweep
from cascade.services import replication_open, replication_work
from cascade.shop import ranges
from cascade.shop.ranges import range_count, range_stop, range_work, ranges_due
from mappings.models import QuotaScope
from tests.cascade.conftest import Shop
from tests.cascade.range_helpers import FILTERS, begin, finish, known
from tests.factories import PLACED_AT, ConnectionFactory, SourceFactory

State, Trigger, Lane = Replication.State, Replication.Trigger, Replication.Lane
Which = RangeRun.Which
pytestmark = pytest.mark.django_db


@pytest.fixture
def source(db: None) -> Any:
    return SourceFactory(slug="tea")


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "CHUNK", 3)


def opened() -> list[str]:
    return [row.order.shop_order_id for row in Replication.objects.order_by("id")]


@contextmanager
def on_each_opening(act: Callable[[], None]) -> Iterator[None]:
    """Have something happen right after each new replication was written, inside its transaction."""

    def told(sender: object, *, created: bool, **kwargs: Any) -> None:
        if created:
            act()

    post_save.connect(told, sender=Replication, weak=False)
    try:
        yield
    finally:
        post_save.disconnect(told, sender=Replication)


# -- which orders ---------------------------------------------------------------------------------------


def test_by_time_the_first_moment_counts_and_the_last_does_not(source):
    for day in range(4):
        known(source, str(day), placed_at=PLACED_AT + timedelta(days=day))
    window = {"placed_from": PLACED_AT + timedelta(days=1), "placed_before": PLACED_AT + timedelta(days=3)}
    run = finish(begin(source.connection, **window))
    assert (opened(), run.total, run.looked_at, run.sent) == (["1", "2"], 2, 2, 2)


def test_by_the_shops_id_or_the_number_the_buyer_knows(source):
    for name in ("1", "2", "3"):
        known(source, name)
    assert finish(begin(source.connection, numbers=("1", "No 3", "1", "9"))).total == 2
    assert opened() == ["1", "3"]


def test_too_many_numbers_are_refused(source):
    with pytest.raises(ValueError, match="At most 5000"):
        begin(source.connection, numbers=[str(number) for number in range(5001)])
    assert not RangeRun.objects.exists()


def test_of_one_shop_and_never_of_another_account(source):
    other_shop, other_account = SourceFactory(connection=source.connection), SourceFactory()
    for name, shop in (("1", source), ("2", other_shop), ("3", other_account)):
        known(shop, name)
    assert range_count(source.connection, **FILTERS) == 2
    finish(begin(source.connection, source=source))
    assert opened() == ["1"]


def test_only_orders_past_payment(source):
    known(source, "1", stage=Stage.UNPAID)
    known(source, "2", stage=Stage.REJECTED)
    known(source, "3", money=MoneyState.ON_ACCOUNT)
    finish(begin(source.connection))
    assert opened() == ["3"]


def test_unsent_are_those_never_opened_skipped_parked_and_failed(source):
    for name, state in (("1", "succeeded"), ("2", "skipped"), ("3", "parked"), ("4", "failed")):
        row = replication_open(known(source, name))
        Replication.objects.filter(pk=row.pk).update(state=state, reason="why")
    known(source, "5")
    assert range_count(source.connection, **FILTERS) == 4
    finish(begin(source.connection))
    waiting = Replication.objects.filter(state="waiting").order_by("order_id")
    assert [row.order.shop_order_id for row in waiting] == ["2", "3", "4", "5"]
    assert {(row.triggered_by, row.lane) for row in waiting} == {(Trigger.RANGE, Lane.BACKFILL)}
    assert not Replication.objects.filter(state__in=("parked", "failed")).exists()  # superseded


def test_all_are_sent_again_those_in_the_crm_among_them(source):
    row = replication_open(known(source, "1"))
    Replication.objects.filter(pk=row.pk).update(state="succeeded")
    finish(begin(source.connection, which=Which.ALL))
    assert [row.state for row in Replication.objects.order_by("id")] == ["succeeded", "waiting"]


def test_what_waits_already_is_not_opened_twice_but_counts_as_asked_for(source):
    row = replication_open(known(source, "1"))
    finish(begin(source.connection))
    row.refresh_from_db()
    assert (Replication.objects.count(), row.triggered_by, row.lane) == (1, Trigger.RANGE, Lane.FRESH)


def test_what_comes_in_after_the_start_is_no_part_of_it(source, small_chunks):
    for name in "1234":
        known(source, name)
    run = begin(source.connection, which=Which.ALL)
    range_work(run.pk)
    known(source, "5")
    run.refresh_from_db()
    run = finish(run)
    assert (opened(), run.total, run.looked_at) == (["1", "2", "3", "4"], 4, 4)


# -- chunk by chunk -------------------------------------------------------------------------------------


def test_progress_is_told_after_each_chunk(source, small_chunks):
    for name in "12345":
        known(source, name)
    run = begin(source.connection)
    assert (run.total, run.state, ranges_due(timezone.now())) == (5, "waiting", [run.pk])
    assert range_work(run.pk) == 3
    run.refresh_from_db()
    assert (run.state, run.looked_at, run.sent, run.finished_at) == ("running", 3, 3, None)
    assert range_work(run.pk) == 2
    run.refresh_from_db()
    assert (run.state, run.looked_at, run.sent, ranges_due(timezone.now())) == ("done", 5, 5, [])
    assert run.finished_at is not None and range_work(run.pk) == 0


def test_a_run_without_orders_ends_at_once(source):
    run = finish(begin(source.connection))
    assert (run.state, run.total, run.looked_at) == ("done", 0, 0)


def test_a_run_that_dies_in_a_chunk_goes_on_behind_the_last_order_it_counted(source):
    for name in "12345":
        known(source, name)
    run = begin(source.connection)

    def die() -> None:
        if Replication.objects.count() == 3:
            raise SystemExit("killed")

    with on_each_opening(die), pytest.raises(SystemExit):
        range_work(run.pk)
    run.refresh_from_db()
    assert (opened(), run.looked_at, run.sent) == (["1", "2"], 2, 2)
    assert ranges_due(timezone.now()) == []  # its lease is not over
    RangeRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    Replication.objects.update(state="succeeded")
    run = finish(run)
    assert (opened(), run.looked_at, run.sent) == (["1", "2", "3", "4", "5"], 5, 5)


def test_a_worker_that_lost_its_run_opens_nothing_more(source):
    for name in "123":
        known(source, name)
    run = begin(source.connection, which=Which.ALL)

    def be_overtaken() -> None:
        if Replication.objects.count() == 1:
            RangeRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            assert range_work(run.pk) == 2
            Replication.objects.update(state="succeeded")

    with on_each_opening(be_overtaken):
        assert range_work(run.pk) == 1
    run.refresh_from_db()
    assert (opened(), run.state, run.sent) == (["1", "2", "3"], "done", 3)


def test_a_stopped_run_opens_nothing_more_not_even_of_its_chunk(source):
    for name in "123":
        known(source, name)
    run = begin(source.connection)
    stopped: list[bool] = []
    with on_each_opening(lambda: stopped.append(range_stop(run))):
        assert range_work(run.pk) == 1
    run.refresh_from_db()
    assert (stopped, run.state, opened(), run.sent) == ([True], "stopped", ["1"], 1)
    assert (range_stop(run), range_work(run.pk), ranges_due(timezone.now())) == (False, 0, [])
    assert Replication.objects.get().state == "waiting"  # what was opened goes on


def test_it_waits_while_its_account_has_enough_open(source, monkeypatch):
    monkeypatch.setattr(ranges, "MOST_WAITING", 1)
    monkeypatch.setattr(ranges, "CHUNK", 1)
    for name in "12":
        known(source, name)
    run = begin(source.connection)
    assert (range_work(run.pk), range_work(run.pk), opened()) == (1, 0, ["1"])
    Replication.objects.update(state="succeeded")
    assert ranges_due(timezone.now()) == []
    assert ranges_due(timezone.now() + timedelta(minutes=2)) == [run.pk]
    RangeRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert (range_work(run.pk), opened()) == (1, ["1", "2"])


def test_two_accounts_do_not_wait_for_each_other(source):
    other = SourceFactory(connection=ConnectionFactory())
    for shop in (source, other):
        known(shop, "1")
    runs = [begin(shop.connection) for shop in (source, other)]
    assert ranges_due(timezone.now()) == [run.pk for run in runs]
    assert [finish(run).sent for run in runs] == [1, 1]


# -- behind what is fresh -------------------------------------------------------------------------------


def test_fresh_orders_come_first_however_long_the_backfill_waits(source):
    for name in "123":
        known(source, name, email=f"{name}@example.com")
    finish(begin(source.connection))
    Replication.objects.update(not_before=timezone.now() - timedelta(hours=5))
    fresh = replication_open(known(source, "4", email="4@example.com"))
    due = replications_due(timezone.now() + timedelta(seconds=1), limit=2)
    assert (due[0].id, due[0].backfill, due[1].backfill) == (fresh.pk, False, True)


@pytest.mark.django_db(transaction=True)
def test_a_backfill_that_no_worker_takes_leaves_a_thread_to_what_is_fresh(shop: Shop, settings):
    settings.SWEEP_DIRECT_AFTER_SECONDS = 0.2
    for number in range(BACKFILL_AT_ONCE + 2):
        known(shop.source, str(number), email=f"{number}@example.com")
    finish(begin(shop.connection, without_automation=True))
    sweep = Sweep(REPLICATIONS)
    assert sweep.once(timezone.now()) == 0
    time.sleep(0.3)
    assert sweep.once(timezone.now()) == BACKFILL_AT_ONCE
    sweep.close()


@pytest.mark.django_db(transaction=True)
def test_a_backfill_leaves_a_share_of_the_day_to_fresh_orders(shop: Shop, settings):
    settings.CRM_LIMITS = {**settings.CRM_LIMITS, "service_key": {"per_second": 1000, "per_day": 1000}}
    warm = shop.drive(shop.replication(shop_order_id="0"))
    assert warm.state == State.SUCCEEDED
    known(shop.source, "1", email="1@example.com")
    finish(begin(shop.connection))
    QuotaScope.objects.filter(kind="service_key").update(used=705)
    late = Replication.objects.get(lane=Lane.BACKFILL)
    replication_work(late.pk)
    late.refresh_from_db()
    assert (late.state, late.error_class) == (State.RETRYING, "quota"), late.reason
    assert late.not_before is not None and late.not_before > timezone.now() + timedelta(minutes=1)
    fresh = shop.replication(shop_order_id="2", email="2@example.com")
    assert [row.id for row in replications_due(timezone.now(), limit=5)] == [fresh.pk]
    assert shop.drive(fresh).state == State.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_a_button_pressed_eight_times_at_once_begins_one_run() -> None:
    source = SourceFactory(slug="tea")
    known(source, "T-1")
    ready, begun = threading.Barrier(8), []

    def press() -> None:
        try:
            ready.wait(10)
            begun.append(begin(source.connection).pk)
        finally:
            database.close()

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 8 and len(set(begun)) == 1
    assert begin(source.connection, which="all").pk not in begun
    finish(RangeRun.objects.get(pk=begun[0]))
    assert begin(source.connection).pk not in begun
