"""Whether a shop has fallen silent, what is missing, and who hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carts.gaps import found_by_asking, gaps_of
from intake.models import Poller, Source
from intake.watch.notices import inflow_check
from intake.watch.parked import parked_numbers
from intake.watch.silence import Flow, silence_of
from mappings.models import Connection, Notice
from tests.carts.arrivals import DAY, HOUR, came, daily, numbered
from tests.carts.sample_platform import Kennel, installed
from tests.factories import ConnectionFactory, SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]
NOW = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)  # a Wednesday
MINUTE = timedelta(minutes=1)


@pytest.fixture
def source() -> Source:
    found = SourceFactory(silence_hours=6, name="Hounds", start_date=NOW - 60 * DAY)
    return found


@pytest.fixture
def kennel() -> Iterator[Kennel]:
    with installed() as platform:
        yield platform


@pytest.fixture
def counting(kennel: Kennel) -> Source:
    """A shop of a platform that numbers its orders one by one."""
    return SourceFactory(platform="kennel", name="Hounds", start_date=NOW - 60 * DAY)


def told() -> dict[str, Notice]:
    return {notice.cause.partition(":")[0]: notice for notice in Notice.objects.filter(resolved_at=None)}


# -- silence --------------------------------------------------------------------------------------------


def test_a_shop_that_never_sent_is_not_silent(source):
    assert silence_of(source, NOW).flow == Flow.NEVER


def test_a_shop_that_sends_is_flowing(source):
    came(source, daily(NOW - 5 * HOUR))
    assert silence_of(source, NOW).flow == Flow.FLOWING


def test_a_shop_that_stops_is_silent_after_its_hours(source):
    came(source, daily(NOW - 6 * HOUR - MINUTE))
    silence = silence_of(source, NOW)
    assert (silence.flow, silence.last_at) == (Flow.SILENT, NOW - 6 * HOUR - MINUTE)
    assert silence_of(source, NOW - 2 * MINUTE).flow == Flow.FLOWING


def test_no_hours_no_alarm(source):
    came(source, daily(NOW - 90 * HOUR))
    Source.objects.update(silence_hours=0)
    source.refresh_from_db()
    assert silence_of(source, NOW).flow == Flow.FLOWING


@pytest.mark.parametrize(
    "times",
    [
        [NOW - 7 * DAY - hour * HOUR for hour in range(20)],  # many, on one day
        [NOW - day * DAY for day in (1, 2, 3)],  # few
        [NOW - day * 30 * DAY for day in (1, 2, 3, 4, 5, 6)],  # one a month
    ],
)
def test_a_shop_without_habits_is_not_silent(source, times):
    came(source, times)
    assert silence_of(source, NOW).flow == Flow.PAUSED_AS_USUAL


def test_a_shop_that_rests_at_weekends_is_silent_only_after_more_than_a_weekend(source):
    friday = datetime(2026, 5, 29, 18, 0, tzinfo=UTC)
    workdays = [friday - day * DAY for day in range(14) if (friday - day * DAY).weekday() < 5]
    came(source, [day - hour * HOUR for day in workdays for hour in range(0, 9, 2)])
    monday = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
    assert silence_of(source, monday).flow == Flow.PAUSED_AS_USUAL
    silence = silence_of(source, monday + DAY)
    assert silence.flow == Flow.SILENT
    assert silence.habits is not None
    assert silence.habits.longest_pause == 64 * HOUR  # Friday 18:00 to Monday 10:00
    assert silence.alarm_at == friday + 80 * HOUR


def test_our_own_test_events_and_the_parts_of_a_batch_break_no_silence(source):
    came(source, daily(NOW - 8 * HOUR))
    came(source, [NOW - HOUR], channel="test")
    came(source, [NOW - HOUR], parent=source.events.order_by("id").first())
    assert silence_of(source, NOW).flow == Flow.SILENT


def test_a_dead_webhook_is_seen_although_orders_are_found_by_asking(source):
    came(source, daily(NOW - 8 * HOUR))
    came(source, [NOW - HOUR], channel="poll")
    silence = silence_of(source, NOW)
    assert (silence.flow, silence.is_asked_still) == (Flow.SILENT, True)
    came(source, daily(NOW + 15 * DAY), channel="poll")
    assert silence_of(source, NOW + 15 * DAY).flow == Flow.FLOWING  # it has gone over to being asked


def test_silence_is_told_once_and_taken_back_when_something_comes(source):
    came(source, daily(NOW - 8 * HOUR))
    for minute in range(3):
        inflow_check(NOW + minute * MINUTE)
    notice = told()["silence"]
    assert (notice.cause, notice.level) == (f"silence:{source.pk}", "error")
    assert notice.path == f"/admin/intake/source/{source.pk}/change/"
    assert "Nothing has come from the shop Hounds since 2026-06-03 04:00 UTC." in notice.sentence
    assert "webhook" in notice.sentence
    assert notice.first_seen_at == NOW - 8 * HOUR
    came(source, [NOW + 2 * MINUTE])
    inflow_check(NOW + 3 * MINUTE)
    assert (told(), Notice.objects.count()) == ({}, 1)


def test_what_is_found_by_asking_makes_a_silence_less_urgent(source):
    came(source, daily(NOW - 8 * HOUR))
    inflow_check(NOW)
    came(source, [NOW], channel="poll")
    inflow_check(NOW + MINUTE)
    assert told()["silence"].level == "warning"
    assert "found only by asking" in told()["silence"].sentence


def test_nobody_waits_for_what_is_switched_off(source):
    came(source, daily(NOW - 8 * HOUR))
    inflow_check(NOW)
    Connection.objects.update(enabled=False)
    inflow_check(NOW + MINUTE)
    assert told() == {}
    Connection.objects.update(enabled=True)
    Source.objects.update(enabled=False)
    inflow_check(NOW + 2 * MINUTE)
    assert told() == {}


# -- the shop's API, and what is parked --------------------------------------------------------------------


def test_a_shop_that_cannot_be_asked_is_told_after_half_an_hour(source):
    Poller.objects.create(source=source, problem="The shop did not answer.", problem_since=NOW)
    inflow_check(NOW + 29 * MINUTE)
    assert told() == {}
    inflow_check(NOW + 30 * MINUTE)
    notice = told()["shop"]
    assert notice.level == "warning"
    assert "since 2026-06-03 12:00 UTC. The shop did not answer." in notice.sentence
    Poller.objects.update(problem="", problem_since=None)
    inflow_check(NOW + 31 * MINUTE)
    assert told() == {}


def test_a_shop_that_needs_a_person_is_told_at_once(source):
    sentence = "The shop refused the credentials."
    Poller.objects.create(source=source, problem=sentence, problem_since=NOW, needs_person=True)
    inflow_check(NOW)
    assert told()["shop"].level == "error"


def test_parked_deliveries_are_told_with_their_number_and_a_link(source):
    came(source, [NOW, NOW], state="parked")
    came(source, [NOW], state="parked", channel="test")
    inflow_check(NOW)
    notice = told()["parked"]
    assert notice.sentence.startswith("2 deliveries are parked at the shop Hounds")
    assert notice.path.endswith(f"?source__id__exact={source.pk}&state__exact=parked")
    source.events.all().update(state="applied")
    inflow_check(NOW + MINUTE)
    assert told() == {}


# -- numbers that were left out ----------------------------------------------------------------------------


def test_numbers_left_out_are_found(counting):
    numbered(counting, [1001, 1002, 1004, 1005, 1009], NOW - DAY)
    gaps = gaps_of(counting, NOW)
    assert (gaps.numbers, gaps.missing, gaps.orders) == ("1006–1008, 1003", 4, 5)
    assert gaps.earliest == NOW - DAY + MINUTE


def test_a_gap_counts_once_later_orders_are_an_hour_old(counting):
    numbered(counting, [1001, 1003], NOW - HOUR)
    assert gaps_of(counting, NOW - MINUTE).missing == 0
    assert gaps_of(counting, NOW + 2 * MINUTE).numbers == "1002"
    numbered(counting, [1006], NOW)
    assert gaps_of(counting, NOW + 2 * MINUTE).numbers == "1002"


def test_only_the_last_month_since_the_source_is_there_counts(counting):
    numbered(counting, [1, 5], NOW - 40 * DAY)
    numbered(counting, [101, 103], NOW - 20 * DAY)
    assert gaps_of(counting, NOW).numbers == "102"
    Source.objects.update(start_date=NOW - 10 * DAY)
    assert gaps_of(counting, NOW).missing == 0


def test_a_leap_is_no_gap(counting):
    numbered(counting, [1001, 1002, 90001, 90002], NOW - DAY)
    assert gaps_of(counting, NOW).missing == 0


def test_more_gaps_than_are_shown(counting):
    numbered(counting, [*range(1, 300, 2), *range(300, 700)], NOW - DAY)
    gaps = gaps_of(counting, NOW)
    assert gaps.is_cut
    assert gaps.numbers.startswith("298, 296,")
    assert gaps.numbers.endswith("100 …")


def test_numbers_left_out_are_told_until_the_order_comes(counting):
    numbered(counting, [1001, 1002, 1004, 1005], NOW - DAY)
    inflow_check(NOW)
    notice = told()["gaps"]
    assert notice.level == "warning"
    assert "1 order of the shop Hounds never came, by the numbers: 1003." in notice.sentence
    numbered(counting, [1003], NOW - 23 * HOUR)
    inflow_check(NOW + MINUTE)
    assert told() == {}


def test_a_shop_that_counts_otherwise_is_missing_nothing(counting):
    numbered(counting, range(1000, 1100, 10), NOW - DAY)
    assert gaps_of(counting, NOW).tell_nothing
    inflow_check(NOW)
    assert told() == {}


def test_orders_found_only_by_asking_have_their_share(source):
    numbered(source, [1, 2, 3], NOW - DAY, found_by="webhook")
    numbered(source, [4], NOW - DAY, found_by="poll")
    numbered(source, [5], NOW - 9 * DAY, found_by="poll")
    share = found_by_asking(source, NOW)
    assert (share.found, share.orders, share.percent) == (1, 4, 25)


# -- all of it ---------------------------------------------------------------------------------------------


def test_more_sources_cost_no_more_queries(kennel, django_assert_num_queries):
    def shop(**values: Any) -> None:
        source = SourceFactory(silence_hours=6, platform="kennel", start_date=NOW - 60 * DAY, **values)
        came(source, daily(NOW - 8 * HOUR, days=4))
        came(source, [NOW - 9 * HOUR], state="parked")
        numbered(source, [1001, 1002, 1004, 1005], NOW - DAY)
        Poller.objects.create(source=source, problem="No.", problem_since=NOW, needs_person=True)

    shop()
    inflow_check(NOW)
    assert len(told()) == 4
    with django_assert_num_queries(6):
        inflow_check(NOW + MINUTE)
    for _ in range(5):
        shop(connection=ConnectionFactory())
    inflow_check(NOW + MINUTE)
    assert Notice.objects.filter(resolved_at=None).count() == 24
    with django_assert_num_queries(6):
        inflow_check(NOW + 2 * MINUTE)


def test_parked_deliveries_are_found_without_reading_the_others(source):
    came(source, [NOW, NOW], state="parked")
    with CaptureQueriesContext(connection) as asked:
        assert parked_numbers([source.pk]) == {source.pk: 2}
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked.captured_queries[0]['sql']}")
            assert "event_parked" in str(cursor.fetchall())
