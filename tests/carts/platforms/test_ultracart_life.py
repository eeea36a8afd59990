"""The life of one UltraCart order, told in any order: by webhook, by XML, and read from the shop."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from carts.models import Affiliate, Order
from carts.order_data import OrderData, Stage
from carts.platforms.ultracart.platform import UltraCart
from carts.record_data import AffiliateData
from intake.deliveries import delivery_store
from intake.models import InboundEvent, Reading, Source
from intake.processing import event_process
from mappings.models import ItemFolder
from tests.carts.payloads import FIXTURES, as_body, paid_order
from tests.carts.shops.ultracart import KEY
from tests.factories import SourceFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.carts.urls")]

PLATFORM = UltraCart()
State = InboundEvent.State
SUMMARY = paid_order()["summary"]


def life() -> list[tuple[str, dict[str, Any]]]:
    """Placed, paid, shipped, refunded in part, refunded in full and rejected: each with all that there is."""
    moved = [
        ("Accounts Receivable", "Shipping Department", "2026-03-02T10:05:00-05:00"),
        ("Shipping Department", "Completed Order", "2026-03-04T12:00:00-05:00"),
        ("Completed Order", "Rejected", "2026-03-10T09:00:00-04:00"),
    ]
    history = [
        {"before_stage": before, "after_stage": after, "transition_dts": moment}
        for before, after, moment in moved
    ]
    unpaid = {"payment_method": "Credit Card", "payment_status": "Unprocessed"}
    shipping = {
        **paid_order()["shipping"],
        "shipping_date": "2026-03-04T12:00:00-05:00",
        "tracking_numbers": ["9400"],
    }
    shipped = {
        "current_stage": "Completed Order",
        "current_stage_histories": history[:2],
        "shipping": shipping,
    }
    part = {"refund_dts": "2026-03-06T09:00:00-05:00", "summary": {**SUMMARY, "total_refunded": {"value": 5}}}
    whole = {
        "refund_dts": "2026-03-10T08:00:00-04:00",
        "reject_dts": "2026-03-10T09:00:00-04:00",
        "current_stage": "Rejected",
        "current_stage_histories": history,
        "summary": {**SUMMARY, "total_refunded": {"value": 56.85}},
    }
    return [
        (
            "order_create",
            paid_order(current_stage="Accounts Receivable", current_stage_histories=[], payment=unpaid),
        ),
        ("order_payment_process", paid_order()),
        ("order_ship", paid_order(**shipped)),
        ("order_refund", paid_order(**{**shipped, **part})),
        ("order_reject", paid_order(**{**shipped, **whole})),
    ]


def thinned(payload: dict[str, Any], missing: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in payload.items() if key not in missing}


def told(source: Source, body: bytes, name: str = "", channel: str = "webhook") -> InboundEvent:
    event = delivery_store(source, body, "application/json", channel, name=name)
    event_process(event.pk)
    event.refresh_from_db()
    return event


def state_of(source: Source) -> OrderData:
    return Order.objects.get(source=source).order_data


def in_order(source: Source) -> OrderData:
    for name, payload in life():
        told(source, as_body([{name: payload}]))
    return state_of(source)


LEFT_OUT = st.frozensets(st.sampled_from(["billing", "items", "shipping", "language_iso_code"]))


@pytest.mark.usefixtures("receivers_away")
@hypothesis_settings(max_examples=12, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 4), LEFT_OUT), max_size=6), st.randoms(use_true_random=False))
def test_events_in_any_order_and_any_repetition_end_alike(again, chance):
    """Every version comes whole once; repetitions may lack what their expansions leave out."""
    with transaction.atomic():
        expected = in_order(SourceFactory())
        source = SourceFactory()
        events = [(name, payload) for name, payload in life()]
        events += [(life()[number][0], thinned(life()[number][1], missing)) for number, missing in again]
        chance.shuffle(events)
        for name, payload in events:
            told(source, as_body([{name: payload}]))
        assert state_of(source) == expected
        transaction.set_rollback(True)


@pytest.mark.usefixtures("receivers_away")
@hypothesis_settings(max_examples=8, deadline=None, derandomize=True)
@given(st.permutations(range(5)), st.sets(st.integers(0, 4)), st.integers(0, 4))
def test_with_a_key_the_order_read_last_is_what_counts(order, bare, late):
    """The events themselves may tell nothing but their order's id, and come again after it was read."""
    with transaction.atomic():
        source = SourceFactory(api_secret=KEY)
        for number in order:
            name, payload = life()[number]
            event = told(
                source,
                as_body([{name: payload if number not in bare else {"order_id": payload["order_id"]}}]),
            )
            assert (event.children.get() if event.state == State.SPLIT else event).state == State.READING
        assert Reading.objects.filter(source=source).count() == 1  # they share one look
        name, last = life()[-1]
        told(source, as_body(last), "order_read", "poll")
        expected = PLATFORM.parse(source, last, datetime.now(UTC))
        assert state_of(source) == expected
        told(source, as_body([{life()[late][0]: life()[late][1]}]))
        assert state_of(source) == expected
        transaction.set_rollback(True)


def test_what_was_read_back_is_whole_and_what_it_lacks_is_empty(signals):
    source = SourceFactory(api_secret=KEY)
    coupons = [{"coupon_code": "SPRING", "base_coupon_code": "SPRING"}]
    told(source, as_body(paid_order(coupons=coupons)), "order_read", "poll")
    assert state_of(source).coupons
    event = told(source, as_body(paid_order()), "order_read", "poll")
    assert (event.state, state_of(source).coupons) == (State.APPLIED, ())
    assert signals == ["received", "completed", "received", "changed"]


def test_without_a_key_an_event_counts_at_once(signals):
    event = told(SourceFactory(), as_body([{"order_update": paid_order()}]))
    assert event.children.get().state == State.APPLIED


def test_a_postback_asks_for_the_order_too_where_there_is_a_key(signals):
    source = SourceFactory(api_secret=KEY)
    body = (FIXTURES / "order_both.xml").read_bytes()
    event = told(source, body)
    assert (event.name, event.state) == ("xml_order", State.READING)
    assert Reading.objects.get().refresh_id == "SHOP-0000000777"


def test_a_stage_that_only_the_xml_knows_does_not_keep_the_order_from_being_read(signals):
    body = (FIXTURES / "order_both.xml").read_text().replace(">CO<", ">LCR<").encode()
    assert told(SourceFactory(api_secret=KEY), body).state == State.READING
    event = told(SourceFactory(), body)
    assert event.state == State.PARKED
    assert "LCR" in event.problem


def test_affiliates_and_folders_are_taken_in(signals):
    source = SourceFactory(api_secret=KEY)
    affiliate = {"affiliate_oid": 77, "email": "carl@example.com", "status": "Active"}
    told(source, as_body(affiliate), "affiliate_read", "poll")
    assert isinstance(Affiliate.objects.get().affiliate_data, AffiliateData)
    told(source, as_body({"merchant_item_id": "BONE", "parent_category_id": 4711}), "item_read", "poll")
    assert ItemFolder.objects.get().folder_id == "4711"
    assert signals == ["affiliate"]


@pytest.mark.parametrize("name", ["order_read", "affiliate_read", "item_read"])
def test_a_delivery_cannot_claim_to_be_read_from_the_shop(signals, name):
    value = {"affiliate_oid": 77, "merchant_item_id": "BONE", **paid_order()}
    event = told(SourceFactory(), as_body([{name: value}]))
    assert event.children.get().state == State.IGNORED
    assert not Order.objects.exists()
    assert not Affiliate.objects.exists()


@pytest.mark.parametrize("user", ["", "shop"])
def test_the_test_event_goes_through_the_same_entrance(client, signals, user):
    source = SourceFactory(token="the-token", basic_user=user, basic_password="secret")
    body, headers = PLATFORM.test_delivery(source, datetime.now(UTC))
    given = {"authorization": headers["Authorization"]} if user else {}
    if user:
        assert base64.b64decode(headers["Authorization"].split()[1]) == b"shop:secret"
    answer = client.post("/hooks/the-token/", data=body, content_type=headers["Content-Type"], headers=given)
    assert answer.status_code == 200
    event_process(answer.json()["stored"])
    data = state_of(source)
    assert (data.stage, data.is_test, data.email) == (Stage.UNPAID, True, "test@example.com")
    assert signals == ["received"]
