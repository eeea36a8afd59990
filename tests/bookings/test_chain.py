"""The fold: the same news in any order, once or twice, is the same booking."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations, permutations

import pytest

from bookings.booking_data import Actor, BookingEventData, Named, News
from bookings.chain import Chain, chain_of
from tests.bookings.agenda import START, booking_data, told

N = News
STORY: list[BookingEventData] = [
    told(N.SCHEDULED, 0),
    told(N.RESCHEDULED, 5),
    told(N.REASSIGNED, 10),
    told(N.RESCHEDULE_REQUESTED, 15),
    told(N.RESCHEDULED, 20, "B-2", replaces="B-1"),
    told(N.SUPERSEDED, 20, "B-1", replaced_by="B-2"),
    told(N.NO_SHOW, 60, "B-2"),
    told(N.NO_SHOW_REVOKED, 65, "B-2"),
    told(N.CANCELED, 70, "B-2", actor=Actor.OWNER),
    told(N.COMPLETED, 75, "B-2"),
    told(N.REQUESTED, 1, "B-3", replaces="B-2"),
]


def seen(chain: Chain) -> tuple[object, ...]:
    return (
        chain.state,
        chain.actor,
        chain.reassigned,
        chain.since,
        chain.booking,
        chain.first_id,
        chain.passed,
    )


def words(*news: BookingEventData) -> str:
    phase = chain_of(news).passed[-1].phase()
    return str(phase.value)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_order_of_the_news_and_repeats_change_nothing(size: int) -> None:
    for chosen in combinations(STORY, size):
        wanted = seen(chain_of(chosen))
        for order in permutations(chosen):
            assert seen(chain_of(order)) == wanted
        for repeated in chosen:
            assert seen(chain_of((*chosen, repeated))) == wanted


@pytest.mark.parametrize(
    ("news", "phase"),
    [
        ([told(N.SCHEDULED, 0)], "scheduled"),
        ([told(N.REQUESTED, 0), told(N.SCHEDULED, 5)], "scheduled"),
        ([told(N.REQUESTED, 0), told(N.REJECTED, 5)], "canceled_by_owner"),
        ([told(N.SCHEDULED, 0), told(N.REASSIGNED, 5)], "scheduled_reassigned"),
        ([told(N.SCHEDULED, 0), told(N.RESCHEDULED, 5)], "rescheduled_by_customer"),
        ([told(N.SCHEDULED, 0), told(N.RESCHEDULED, 5), told(N.REASSIGNED, 9)], "rescheduled_reassigned"),
        (
            [told(N.SCHEDULED, 0), told(N.REASSIGNED, 5), told(N.RESCHEDULED, 9)],
            "rescheduled_by_customer",
        ),
        ([told(N.SCHEDULED, 0), told(N.RESCHEDULE_REQUESTED, 5)], "reschedule_requested"),
        (
            [told(N.SCHEDULED, 0), told(N.RESCHEDULE_REQUESTED, 5), told(N.SCHEDULED, 9)],
            "rescheduled_by_owner",
        ),
        (
            [told(N.RESCHEDULE_REQUESTED, 5), told(N.SCHEDULED, 9, "B-2", replaces="B-1")],
            "rescheduled_by_owner",
        ),
        (  # the same move, by the webhook and by the poller
            [
                told(N.RESCHEDULE_REQUESTED, 5),
                told(N.RESCHEDULED, 9),
                told(N.RESCHEDULED, 9, event_id="poll"),
            ],
            "rescheduled_by_owner",
        ),
        ([told(N.SCHEDULED, 0), told(N.CANCELED, 5)], "canceled_by_customer"),
        ([told(N.SCHEDULED, 0), told(N.CANCELED, 5, actor=Actor.UNKNOWN)], "canceled"),
        ([told(N.SCHEDULED, 0), told(N.NO_SHOW, 5)], "no_show"),
        ([told(N.SCHEDULED, 0), told(N.NO_SHOW, 5), told(N.NO_SHOW_REVOKED, 9)], "scheduled"),
        ([told(N.SCHEDULED, 0), told(N.COMPLETED, 5), told(N.CANCELED, 9)], "canceled_by_customer"),
        ([told(N.SCHEDULED, 0), told(N.CANCELED, 5), told(N.COMPLETED, 9)], "canceled_by_customer"),
        ([told(N.SCHEDULED, 0), told(N.NO_SHOW_SUSPECTED, 5)], "scheduled"),
        # A two-event reschedule is never a cancellation, whichever half is there.
        ([told(N.SCHEDULED, 0), told(N.SUPERSEDED, 5, replaced_by="B-2")], "scheduled"),
        (
            [
                told(N.SCHEDULED, 0),
                told(N.SUPERSEDED, 5, replaced_by="B-2"),
                told(N.SCHEDULED, 5, "B-2", replaces="B-1"),
            ],
            "rescheduled_by_customer",
        ),
    ],
)
def test_what_the_tags_call_it(news: list[BookingEventData], phase: str) -> None:
    assert words(*news) == phase


def test_news_of_a_segment_that_was_replaced_change_nothing() -> None:
    moved = [told(N.SCHEDULED, 0), told(N.RESCHEDULED, 5, "B-2", replaces="B-1")]
    assert words(*moved, told(N.CANCELED, 50)) == "rescheduled_by_customer"


def test_a_series_is_one_booking_in_the_order_it_was_made() -> None:
    first = told(N.SCHEDULED, 0, "U-1", series_id="cal", booking=booking_data(created_at=None))
    second = told(N.RESCHEDULED, 5, "U-2", series_id="cal")
    assert chain_of([second, first]).segments == ("U-1", "U-2")


def test_the_clock_completes_what_is_under_way_after_the_grace() -> None:
    chain = chain_of([told(N.SCHEDULED, 0)])
    end = START + timedelta(minutes=45)
    grace = timedelta(minutes=30)
    assert chain.at(end + timedelta(minutes=29), grace, told=False).state == "scheduled"
    completed = chain.at(end + grace, grace, told=False)
    assert (completed.state, completed.since) == ("completed", end + grace)
    assert chain.at(end + grace, grace, told=True).state == "scheduled"  # an event may still come
    assert chain_of([told(N.CANCELED, 0)]).at(end + grace, grace, told=False).state == "canceled"


def test_a_blank_value_takes_nothing_away_and_a_new_time_keeps_its_length() -> None:
    later = START + timedelta(days=1)
    bare = booking_data(subject="", ends_at=None, starts_at=later, email="")
    chain = chain_of([told(N.SCHEDULED, 0), told(N.RESCHEDULED, 5, booking=bare)])
    assert (chain.booking.subject, chain.booking.email) == ("Live demo", "carrie@example.com")
    assert chain.ends_at == later + timedelta(minutes=45)


def test_links_in_a_circle_end() -> None:
    chain = chain_of([told(N.SCHEDULED, 0, replaces="B-2"), told(N.SCHEDULED, 5, "B-2", replaces="B-1")])
    assert set(chain.segments) == {"B-1", "B-2"}


def test_scheduled_at_another_time_is_a_move_where_nothing_else_tells_of_it() -> None:
    """Acuity's bookings are read as they are now."""
    later = booking_data(starts_at=START + timedelta(days=1))
    moved = [told(N.SCHEDULED, 0), told(N.SCHEDULED, 5, booking=later)]
    assert words(*moved) == "rescheduled_by_customer"
    again = told(N.SCHEDULED, 9, booking=later)
    assert chain_of([*moved, again]).since == moved[1].occurred_at
    assert words(told(N.REQUESTED, 0), told(N.SCHEDULED, 5, booking=later)) == "scheduled"


def test_the_name_of_a_page_is_kept_where_only_its_id_comes_again() -> None:
    bare = booking_data(booking_page=Named(id="BP-1"), event_type=Named(id="ET-2"))
    booking = chain_of([told(N.SCHEDULED, 0), told(N.CANCELED, 5, booking=bare)]).booking
    assert (booking.booking_page, booking.event_type) == (Named(id="BP-1", name="Demos"), Named(id="ET-2"))
