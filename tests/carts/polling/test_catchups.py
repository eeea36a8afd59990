"""The last days of a shop, read once more because a person asked: in parts, with progress."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from carts.models import Order
from intake.models import Catchup, FeedState, InboundEvent, Source
from intake.polling.catchups import CatchupRefused, catchup_cancel, catchup_start
from intake.polling.polling import shop_poll
from tests.carts.polling.conftest import process_all, shop_order
from tests.carts.shops.ultracart import error
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("receivers_away")


def test_days_before_the_source_was_made_are_fetched_with_progress(account, source):
    account.put(*(shop_order(f"DEMO-{n}", hours=24 * n + 1) for n in (1, 5, 20)))
    shop_poll(source.pk)
    assert InboundEvent.objects.filter(name="order_read").count() == 1
    user = UserFactory()
    catchup = catchup_start(source, 10, user)
    assert (catchup.state, catchup.parts, catchup.asked_by) == ("waiting", 4 * 10, user)
    shop_poll(source.pk)
    catchup.refresh_from_db()
    assert (catchup.state, catchup.parts_done, catchup.found) == ("done", 40, 1)
    assert catchup.seen >= 4  # both orders, as placed and as paid
    process_all()
    assert set(Order.objects.values_list("shop_order_id", flat=True)) == {"DEMO-1", "DEMO-5"}


def test_one_at_a_time_and_within_bounds(source):
    catchup_start(source, 1, None)
    for days, sentence in ((1, "already"), (0, "between 1 and"), (367, "between 1 and")):
        with pytest.raises(CatchupRefused, match=sentence):
            catchup_start(source, days, None)
    source.api_secret = ""
    with pytest.raises(CatchupRefused, match="credentials"):
        catchup_start(source, 1, None)


@pytest.mark.django_db(transaction=True)
def test_it_can_be_stopped_and_what_was_read_stays(account, source):
    catchup = catchup_start(source, 10, None)
    answer = account.answer

    def stopped(method, path, headers, body):
        if Catchup.objects.get().parts_done == 3:
            catchup_cancel(catchup)
        connection.close()  # of the stand-in's thread
        return answer(method, path, headers, body)

    account.answer = stopped
    account.put(shop_order("DEMO-1", hours=24 * 9.5))
    shop_poll(source.pk)
    catchup.refresh_from_db()
    assert (catchup.state, catchup.parts_done) == ("cancelled", 4)
    assert not catchup_cancel(catchup)
    process_all()
    assert Order.objects.exists()
    assert catchup_start(source, 1, None).pk != catchup.pk


def test_a_failing_shop_keeps_its_place_and_a_refusing_one_ends_it(account, source):
    shop_poll(source.pk)
    catchup = catchup_start(source, 2, None)
    account.canned = [error("Down", 500)]
    shop_poll(source.pk)
    catchup.refresh_from_db()
    assert (catchup.state, catchup.parts_done) == ("running", 0)
    source.poller.not_before = None
    source.poller.save()
    account.canned = [error("Invalid simple key specified.", 401)]
    shop_poll(source.pk)
    catchup.refresh_from_db()
    assert catchup.state == "failed" and catchup.problem


def test_what_is_new_comes_before_the_days_of_long_ago(account, source):
    catchup_start(source, 3, None)
    shop_poll(source.pk)
    dated = [given for _, path, _, given in account.asked if path.endswith("/orders/query")]
    assert "creation_date_begin" in dated[0]
    assert FeedState.objects.filter(source=source, finished_at__lte=timezone.now()).count() == 7


def test_never_asking_by_itself_still_lets_a_person_ask(account, source):
    Source.objects.update(poll_minutes=0)
    source.refresh_from_db()
    account.put(shop_order("DEMO-1"))
    catchup_start(source, 1, None)
    shop_poll(source.pk)
    assert Catchup.objects.get().state == "done"
    assert InboundEvent.objects.count() == 1
