"""An event of a shop that may be asked is no more than a hint: the order itself is read."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from background.periodic import Rounds
from carts.models import Order
from intake.models import InboundEvent, Poller, Reading, Source
from intake.periodic import SHOPS
from intake.polling.polling import shop_poll
from intake.polling.readings import MOST_WOKEN, PATIENCE, reading_open, readings_overdue
from intake.processing import event_process
from tests.carts.payloads import as_body
from tests.carts.polling.conftest import process_all, shop_order, unpaid_order
from tests.carts.shops.ultracart import error
from tests.stack import wait_until

pytestmark = pytest.mark.usefixtures("receivers_away")


def deliver(client, *events) -> list[InboundEvent]:
    """Through the hook; gives the single events after they were worked on once."""
    answer = client.post("/hooks/the-token/", as_body(list(events)), content_type="application/json")
    assert answer.status_code == 200
    delivery = answer.json()["stored"]
    event_process(delivery)
    children = InboundEvent.objects.filter(parent_id=delivery)
    return list(children or InboundEvent.objects.filter(pk=delivery))


def bare(number: str, stage: str = "Accounts Receivable") -> dict[str, str]:
    return {"order_id": number, "current_stage": stage, "creation_dts": "2026-11-01T10:00:00-05:00"}


def test_an_event_without_its_order_makes_us_read_the_order(account, source, client):
    account.put(shop_order("DEMO-1"))
    (event,) = deliver(client, {"order_create": bare("DEMO-1")})
    assert event.state == "reading"
    assert not Order.objects.exists()
    shop_poll(source.pk, feeds=False)
    process_all()
    event.refresh_from_db()
    order = Order.objects.get()
    assert (order.stage, order.found_by, len(order.order_data.lines)) == ("paid", "webhook", 3)
    answer = InboundEvent.objects.get(channel="poll")
    assert event.state == "applied" and f"event {answer.pk}" in event.problem


def test_events_of_one_order_share_one_look(account, source, client):
    account.put(shop_order("DEMO-1"))
    events = deliver(client, *({name: bare("DEMO-1")} for name in ("order_create", "order_update")))
    deliver(client, {"order_ship": bare("DEMO-1")})
    assert Reading.objects.count() == 1
    shop_poll(source.pk, feeds=False)
    assert InboundEvent.objects.filter(channel="poll").count() == 1
    assert {InboundEvent.objects.get(pk=event.pk).state for event in events} == {"applied"}


def test_old_events_in_any_order_end_where_the_shop_is(account, source, client):
    """Without times of change in the events, only the shop knows which was the last."""
    account.put(shop_order("DEMO-1", billing={"email": "a@example.com", "city": "Oslo"}))
    newer = shop_order("DEMO-1", billing={"email": "a@example.com", "city": "Oslo"})
    older = shop_order("DEMO-1", billing={"email": "a@example.com", "city": "Rome"})
    for payload in (newer, older):
        deliver(client, {"order_update": payload})
        shop_poll(source.pk, feeds=False)
        process_all()
    assert Order.objects.get().order_data.billing.city == "Oslo"


@pytest.mark.django_db(transaction=True)
def test_an_event_that_comes_while_the_order_is_read_gets_a_look_of_its_own(account, source, client):
    account.put(unpaid_order("DEMO-1"))
    deliver(client, {"order_create": bare("DEMO-1")})
    answer = account.answer

    def paid_meanwhile(method, path, headers, body):
        given = answer(method, path, headers, body)
        account.answer = answer
        account.put(shop_order("DEMO-1"))
        deliver(client, {"order_payment_process": bare("DEMO-1")})
        connection.close()  # of the stand-in's thread
        return given

    account.answer = paid_meanwhile
    shop_poll(source.pk, feeds=False)
    process_all()
    assert Reading.objects.filter(state="done").count() == 2
    assert Order.objects.get().stage == "paid"


def test_what_the_shop_takes_back_is_taken_back_here(account, source, client):
    """A read order is the latest, whatever times it tells: a payment that is gone, a note that is empty."""
    account.put(shop_order("DEMO-1", hours=1, coupons=[{"coupon_code": "SPRING"}]))
    deliver(client, {"order_create": bare("DEMO-1")})
    shop_poll(source.pk, feeds=False)
    process_all()
    assert Order.objects.get().order_data.coupons
    account.orders.clear()
    account.put(shop_order("DEMO-1", hours=9))
    deliver(client, {"order_update": bare("DEMO-1")})
    shop_poll(source.pk, feeds=False)
    process_all()
    order = Order.objects.get()
    assert (order.version, order.order_data.coupons) == (2, ())


@pytest.mark.parametrize("failing", ["down", "refused", "gone", "late"])
def test_where_the_shop_cannot_tell_the_event_counts_for_what_it_says(account, source, client, failing):
    (event,) = deliver(client, {"order_create": shop_order("DEMO-1")})
    if failing == "refused":
        account.canned = [error("Invalid simple key specified.", 401)] * 9
    elif failing == "down":
        account.canned = [error("Down", 500)] * 9
    if failing != "late":
        shop_poll(source.pk, feeds=False)
        process_all()
    if failing in ("down", "late"):
        assert InboundEvent.objects.get(pk=event.pk).state == "reading"
        assert readings_overdue(timezone.now()) == 0
        assert readings_overdue(timezone.now() + PATIENCE) == 1
        process_all()
    event.refresh_from_db()
    assert event.state == "applied"
    assert Order.objects.get().stage == "paid"
    assert Reading.objects.get().state == "failed"
    assert Reading.objects.get().problem


def test_one_order_that_spoils_the_answer_spoils_no_other(account, source, client):
    account.put(shop_order("DEMO-1"), shop_order("DEMO-3"))
    answer = account.answer

    def spoiled(method, path, headers, body):
        is_second = b"DEMO-2" in body or "DEMO-2" in path
        return (200, {}, b"<html>") if is_second else answer(method, path, headers, body)

    account.answer = spoiled
    deliver(client, *({"order_create": shop_order(f"DEMO-{n}")} for n in (1, 2, 3)))
    shop_poll(source.pk, feeds=False)
    process_all()
    assert set(Order.objects.values_list("shop_order_id", flat=True)) == {"DEMO-1", "DEMO-2", "DEMO-3"}
    assert Poller.objects.get().failures == 0


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_asks_without_any_broker(account, client, transactional_db):
    from tests.carts.shops.ultracart import KEY
    from tests.factories import SourceFactory

    source = SourceFactory(token="the-token", api_secret=KEY)
    account.put(shop_order("DEMO-1", hours=0))
    deliver(client, {"order_create": bare("DEMO-1")})
    rounds = Rounds(SHOPS)
    assert rounds.once(timezone.now()) == 1
    wait_until(lambda: Poller.objects.get().answered_at)
    rounds.close()
    process_all()
    assert Order.objects.get().source == source
    assert Poller.objects.get().due_at > timezone.now() + timedelta(minutes=1)


def test_however_many_events_wait_none_is_left_waiting(account, source, client):
    (event,) = deliver(client, {"order_create": shop_order("DEMO-1")})
    delivery = InboundEvent.objects.get(pk=event.pk)
    for _ in range(MOST_WOKEN + 5):
        delivery.pk, delivery.parent = None, None
        delivery.save(force_insert=True)
    assert readings_overdue(timezone.now() + PATIENCE) == 1
    assert not InboundEvent.objects.filter(state="reading").exists()


def test_without_a_key_the_event_is_all_there_is(account, source, client):
    Source.objects.update(api_secret="")
    (event,) = deliver(client, {"order_create": shop_order("DEMO-1")})
    assert event.state == "applied"
    assert not Reading.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_look_does_not_end_without_an_event_that_is_just_being_stored(account, source, client):
    """Two workers: one stores an event while the other is about to read the very order."""
    account.put(shop_order("DEMO-1"))
    deliver(client, {"order_create": bare("DEMO-1")})
    joined, late = (
        threading.Event(),
        InboundEvent(source=source, channel="webhook", body=b"{}", state="reading"),
    )

    def store() -> None:
        with transaction.atomic():
            late.reading = reading_open(source, "DEMO-1")
            joined.set()
            time.sleep(0.5)  # the other one begins
            late.save()
        connection.close()

    storing = threading.Thread(target=store)
    storing.start()
    assert joined.wait(10)
    shop_poll(source.pk, feeds=False)
    storing.join()
    shop_poll(source.pk, feeds=False)
    assert not InboundEvent.objects.filter(state="reading").exists()
