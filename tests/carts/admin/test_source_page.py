"""The page of a shop: what comes in, in words, and the buttons that try, ask and fetch."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from carts.models import Order
from cascade.models import Replication
from intake.models import Catchup, FeedState, InboundEvent, Poller, Reading, Source
from tests.carts.admin.test_pages import client_of, member
from tests.carts.arrivals import DAY, HOUR, came, daily, numbered
from tests.factories import SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]
BUTTONS = ("try", "check", "fetch", "fetch-record", "cancel", "drop-secret", "forget")


@pytest.fixture
def editor(person) -> Client:
    return client_of(person)


def url_of(source: Source, name: str = "change") -> str:
    return f"/admin/intake/source/{source.pk}/{name}/"


def page_of(client: Client, source: Source) -> str:
    return " ".join(client.get(url_of(source)).content.decode().split())


def pressed(client: Client, source: Source, name: str, **values: object) -> str:
    """What the page says after a button was pressed."""
    answer = client.post(url_of(source, name), values)
    assert (answer.status_code, answer["Location"]) == (302, url_of(source))
    return page_of(client, source)


def test_a_shop_that_never_sent_is_told_what_to_do(shop, editor):
    page = page_of(editor, shop)
    assert "Nothing has come from there yet." in page
    assert "Enter the hook address below in the shop" in page
    assert "http://testserver/hooks/the-token/" in page
    assert "Without the credentials of its API the shop is not asked" in page


def test_what_came_is_counted(shop, editor):
    now = timezone.now()
    came(shop, [now - HOUR, now - 2 * HOUR, now - 3 * DAY])
    came(shop, [now - HOUR], channel="test")
    for position in (0, 1):
        came(shop, [now - HOUR], parent=shop.events.order_by("id").first(), position=position)
    shop.events.filter(children__isnull=False).update(state="split")
    came(shop, [now - HOUR], state="parked")
    page = page_of(editor, shop)
    assert "3 deliveries, 4 events" in page
    assert "4 deliveries, 5 events" in page
    assert "1 needs a person" in page
    assert f"?source__id__exact={shop.pk}&amp;state__exact=parked" in page
    assert ">Parked</span>What comes in" in page


def test_silence_is_told_in_words(shop, editor):
    Source.objects.update(silence_hours=6)
    came(shop, daily(timezone.now() - 30 * HOUR))
    page = page_of(editor, shop)
    assert ">Silent</span>What comes in" in page
    assert "Nothing for 30 hours, and never more than 3 hours in the two weeks before." in page
    Source.objects.update(silence_hours=40)
    assert "The alarm looks after 40 hours without a delivery." in page_of(editor, shop)


def test_a_usual_pause_is_told_as_such(shop, editor):
    Source.objects.update(silence_hours=6)
    now = timezone.now()
    came(
        shop,
        [
            now - day * DAY - 10 * HOUR - minutes * timedelta(minutes=9)
            for day in range(5)
            for minutes in (0, 1)
        ],
    )
    page = page_of(editor, shop)
    assert "Quiet for 10 hours. That is no alarm yet" in page
    assert "it paused for up to 23 hours" in page


def test_numbers_left_out_are_shown_and_fetched(asked, editor):
    now = timezone.now()
    Source.objects.update(start_date=now - 20 * DAY)
    numbered(asked, [1001, 1002, 1005], now - 3 * DAY)
    page = page_of(editor, asked)
    assert "2 numbers left out" in page
    assert "1003–1004" in page
    assert '<input type="hidden" name="days" value="3">' in page


def test_orders_found_only_by_asking_are_told(asked, editor):
    now = timezone.now()
    came(asked, [now - HOUR])
    numbered(asked, [1, 2, 3], now - DAY, found_by="webhook")
    numbered(asked, [4], now - DAY, found_by="poll")
    assert "1 of 4 orders of the last 7 days (25 %)" in page_of(editor, asked)


def test_a_test_event_goes_the_way_of_a_delivery(shop, editor, transactional_db):
    page = pressed(editor, shop, "try")
    assert "The test event was taken and read." in page
    event = InboundEvent.objects.get()
    assert (event.channel, event.state, event.headers) == (
        "test",
        "applied",
        {"kennel-topic": "order/created"},
    )
    order = Order.objects.get()
    assert (order.stage, order.is_test, order.found_by) == ("unpaid", True, "test")
    assert [row.state for row in Replication.objects.all()] == ["skipped"]
    assert f"/admin/intake/inboundevent/{event.pk}/change/" in page
    assert "Nothing has come from there yet." in page  # ours do not count


def test_a_test_event_that_would_be_refused_says_so(shop, editor, kennel):
    Source.objects.update(signing_secret="")
    page = pressed(editor, shop, "try")
    assert "The test event was refused, as every delivery of the shop would be." in page
    assert "every delivery is refused until you enter" in page
    assert InboundEvent.objects.count() == 0


def test_a_shop_that_is_switched_off_has_no_buttons(shop, editor):
    Source.objects.update(enabled=False)
    page = page_of(editor, shop)
    assert ">Off</span>What comes in" in page
    assert "Send test event" not in page
    assert "switch it on first" in pressed(editor, shop, "try")
    assert InboundEvent.objects.count() == 0


def test_a_platform_without_deliveries_has_nothing_to_try(editor, shop):
    source = SourceFactory(connection=shop.connection, platform="api")
    page = page_of(editor, source)
    assert "Send test event" not in page
    assert "by a program of the shop, with an API key" in page
    assert "nothing to try" in pressed(editor, source, "try")


def test_the_shop_s_api_is_tested(asked, editor, kennel_server):
    assert "Asked: The kennel of hounds answered." in pressed(editor, asked, "check")
    kennel_server.status = 401
    page = pressed(editor, asked, "check")
    assert "Asked, and that failed: The shop refused the credentials." in page


def test_days_are_fetched_with_progress(asked, editor, person):
    page = pressed(editor, asked, "fetch", days="7")
    assert "waits for its turn" in page
    catchup = Catchup.objects.get()
    assert (catchup.until - catchup.since, catchup.asked_by) == (7 * DAY, person)
    assert "being read already" in pressed(editor, asked, "fetch", days="7")
    Catchup.objects.update(state="running", parts=14, parts_done=3, seen=120, found=2)
    part = " ".join(editor.get(url_of(asked, "progress")).content.decode().split())
    assert "3 of 14 parts, 120 seen, 2 of them new or changed." in part
    assert '<progress max="14" value="3"' in part
    assert "data-busy" in part
    assert "<html" not in part
    page = pressed(editor, asked, "cancel")
    assert "What was read by then stays." in page
    assert "cancelled, 120 seen, 2 new or changed, for dana" in page
    assert "Nothing is being fetched" in pressed(editor, asked, "cancel")


@pytest.mark.parametrize("days", ["0", "367", "", "a", "1e3", "-1"])
def test_days_that_cannot_be_fetched_are_refused(asked, editor, days):
    assert "Choose between 1 and 366 days." in pressed(editor, asked, "fetch", days=days)
    assert Catchup.objects.count() == 0


def test_without_credentials_nothing_is_fetched(shop, editor):
    assert "Fetch the last" not in page_of(editor, shop)
    assert "enter the credentials of its API first" in pressed(editor, shop, "fetch", days="7")


def test_how_far_the_shop_is_read_and_what_went_wrong(asked, editor):
    now = timezone.now()
    FeedState.objects.create(
        source=asked, feed="orders", read_until=now, due_at=now + HOUR, finished_at=now, found=3
    )
    Poller.objects.create(
        source=asked, problem="The shop refused the credentials.", problem_since=now, needs_person=True
    )
    Reading.objects.create(source=asked, refresh_id="1", state="failed", finished_at=now)
    page = page_of(editor, asked)
    assert f"Read until {now:%Y-%m-%d %H:%M} UTC" in page
    assert "3 new last time" in page
    assert "Not read yet" in page  # the other feed
    assert "The shop refused the credentials. Since" in page
    assert "Correct it below and save" in page
    assert "1 in 7 days could not be read from the shop" in page
    assert ">Problem</span>What comes in" in page


def test_who_only_looks_sees_no_button_and_no_address(asked):
    Catchup.objects.create(source=asked, since=timezone.now(), until=timezone.now())
    viewer = member(asked, edits=False)
    page = page_of(viewer, asked)
    assert "What comes in" in page
    assert "Fetching the days" in page
    for hidden in ("the-token", asked.shop_url, "reader", "first-secret", "api-secret-7"):
        assert hidden not in page
    for name in BUTTONS:
        assert url_of(asked, name) not in page
        assert viewer.post(url_of(asked, name), {"days": "7"}).status_code == 403


def test_every_button_is_a_post_and_another_merchant_s_is_nowhere(asked, editor):
    stranger = member(SourceFactory())
    for name in (*BUTTONS, "progress"):
        assert stranger.get(url_of(asked, name)).status_code == 404
        assert stranger.post(url_of(asked, name), {"days": "7"}).status_code == 404
    for name in BUTTONS:
        assert editor.get(url_of(asked, name)).status_code == 405
    assert editor.post(url_of(asked, "progress")).status_code == 403
    assert Catchup.objects.count() == 0


def test_what_came_costs_the_page_no_more_queries(asked, editor, django_assert_max_num_queries):
    now = timezone.now()
    numbered(asked, range(1000, 1100, 3), now - 2 * DAY)
    came(asked, daily(now - 40 * HOUR, days=3))
    for _ in range(8):
        Catchup.objects.create(source=asked, since=now, until=now, state="done", finished_at=now)
    with django_assert_max_num_queries(26):
        page_of(editor, asked)
