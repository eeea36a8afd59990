"""What says something of the CRM's availability, and what does not: one record, a single 401, a long wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from carts.order_data import Stage
from cascade.engine.outcome import LONGEST_TROUBLE
from cascade.engine.replicate import replication_run
from cascade.models import ContactLink, JournalEntry, Replication
from cascade.replication_notices import replication_notices_check
from cascade.services import replication_open
from mappings.access.connect import MANUAL_PAUSE, connection_pause, connection_resume
from mappings.checks.credential_probes import PROBED_EVERY, paused_probe
from mappings.models import Connection, Notice, Outage, QuotaScope
from tests.cascade.conftest import Shop, assert_delivered_once
from tests.factories import order_data
from tests.outages import look_at_outages

State = Replication.State
PROTOCOLS = ("xmlrpc", "rest", "automatic")
BAD_VALUE = {"do": "fault", "code": 0, "text": "Failed to invoke method addToGroup in class ContactService"}
STUMBLES = {"do": "http", "status": 500, "body": '{"message": "Something went wrong"}'}
APIGEE_404 = (
    '{"fault":{"faultstring":"Unable to identify proxy for host: secure and url: /crm/rest/v2/contacts",'
    '"detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}}'
)
TAGGING = {
    "xmlrpc": ["ContactService.addToGroup"],
    "rest": ["POST /v1/contacts/{contact_id}/tags", "POST /v2/tags/{tag_id}/contacts:applyTags"],
}


def speaking(shop: Shop, protocol: str) -> Shop:
    shop.connection.protocol = protocol
    shop.connection.save()
    return shop


def with_goal(shop: Shop) -> None:
    shop.sandbox.seed(
        FunnelCampaign=[{"Id": 7, "Name": "Buyers", "Published": 1}],
        FunnelGoal=[{"CampaignId": 7, "Integration": "teashop", "CallName": "bought"}],
    )
    shop.connection.product_goals.create(value="BONE", integration="teashop", call_name="bought")


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_one_bad_record_holds_up_nothing_else_while_it_is_retried(shop: Shop, protocol: str) -> None:
    """One tag of several: the other tag, the goal and the next order are through at once."""
    speaking(shop, protocol)
    with_goal(shop)
    answer = BAD_VALUE if protocol == "xmlrpc" else STUMBLES
    times = 1 if protocol == "xmlrpc" else 0  # XML-RPC: the first tag alone
    shop.sandbox.faults(*({"method": name, "times": times, **answer} for name in TAGGING[protocol]))
    bad = replication_run(shop.replication().pk)
    assert bad is not None and (bad.state, bad.failures) == (State.RETRYING, 1)
    assert len(shop.sandbox.effects("goal.achieved")) == len(shop.sandbox.rows("Payment")) == 1
    assert len(shop.sandbox.effects("contact.tagged")) == (1 if protocol == "xmlrpc" else 0)
    for _ in range(12):
        Replication.objects.update(not_before=timezone.now())
        replication_run(bad.pk)
        Outage.objects.update(next_probe_at=timezone.now() - timedelta(seconds=1))
        look_at_outages()
    assert not Outage.objects.exists()
    shop.sandbox.clear_faults()
    good = replication_run(shop.replication(shop_order_id="B", email="ben@example.com").pk)
    assert good is not None and good.state == State.SUCCEEDED
    assert shop.drive(bad).state == State.SUCCEEDED
    assert len(shop.sandbox.effects("goal.achieved")) == len(shop.sandbox.rows("Payment")) == 2
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 4


def test_an_outage_stops_the_run_at_once(shop: Shop) -> None:
    shop.sandbox.faults({"method": "ContactService.addToGroup", "do": "http", "status": 503, "times": 0})
    row = replication_run(shop.replication().pk)
    assert row is not None and row.state == State.RETRYING
    assert len(shop.sandbox.calls("ContactService.addToGroup")) == 1


GATEWAYS = [
    {"status": 404, "body": APIGEE_404},
    {"status": 410, "body": "<html>Gone</html>"},
    {"status": 403, "body": "<html><title>Request blocked</title></html>"},
]


@pytest.mark.parametrize("answer", GATEWAYS, ids=lambda answer: str(answer["status"]))
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("call", [1, 2, 3, 4, 5, 6])
def test_a_page_of_a_gateway_is_a_retry_wherever_it_comes(
    shop: Shop, protocol: str, answer: dict[str, Any], call: int
) -> None:
    speaking(shop, protocol)
    replication = shop.replication(shop_order_id="DEMO-1001")
    shop.sandbox.faults({"method": "*", "call": call, "do": "http", **answer})
    assert shop.drive(replication).state == State.SUCCEEDED
    assert Connection.objects.get().paused_at is None
    assert_delivered_once(shop.sandbox)


def test_with_v1_gone_tags_go_over_v2(shop: Shop) -> None:
    speaking(shop, "rest")
    began = (timezone.now() - timedelta(minutes=1)).isoformat()
    shop.sandbox.brownouts({"protocol": "rest_v1", "from": began, "answer": "404"})
    row = replication_run(shop.replication(shop_order_id="DEMO-1001").pk)
    assert row is not None and (row.state, row.attempts) == (State.SUCCEEDED, 1)
    assert_delivered_once(shop.sandbox)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_single_401_pauses_nothing(shop: Shop, protocol: str) -> None:
    speaking(shop, protocol)
    shop.sandbox.faults({"method": "*", "call": 3, "do": "invalid_key"})
    replication = replication_run(shop.replication(shop_order_id="DEMO-1001").pk)
    assert replication is not None and (replication.state, replication.failures) == (State.RETRYING, 1)
    assert "refused the key for this call" in replication.reason
    assert Connection.objects.get().paused_at is None
    assert shop.drive(replication).state == State.SUCCEEDED
    assert_delivered_once(shop.sandbox)


def test_a_refused_key_is_asked_again_and_the_connection_resumes_by_itself(shop: Shop) -> None:
    key, now = {"credential": shop.sandbox.key}, timezone.now()
    shop.sandbox.control("POST", "credentials", {**key, "state": "revoked"})
    row = replication_run(shop.replication(shop_order_id="DEMO-1001").pk)
    assert row is not None and row.state == State.RETRYING
    assert Connection.objects.get().paused_at is not None
    paused_probe(now + PROBED_EVERY * 2)
    assert Connection.objects.get().paused_at is not None
    shop.sandbox.control("POST", "credentials", {**key, "state": "active"})
    calls = len(shop.sandbox.calls())
    paused_probe(now + PROBED_EVERY * 2)  # it was asked a moment ago
    assert len(shop.sandbox.calls()) == calls
    paused_probe(now + PROBED_EVERY * 4)
    assert Connection.objects.get().paused_at is None
    assert shop.drive(row).state == State.SUCCEEDED
    assert_delivered_once(shop.sandbox)


def test_what_a_person_paused_stays_paused(shop: Shop) -> None:
    connection_pause(shop.connection, MANUAL_PAUSE)
    paused_probe(timezone.now() + timedelta(days=2))
    assert Connection.objects.get().paused_at is not None
    assert shop.sandbox.calls() == []


# -- waits that are nobody's fault ------------------------------------------------------------------------


def test_429s_for_days_are_told_after_an_hour_and_park_nothing(shop: Shop) -> None:
    shop.sandbox.faults(
        {"method": "*", "do": "http", "status": 429, "headers": {"Retry-After": "86400"}, "times": 0}
    )
    replication = shop.replication()
    held_since = set()
    for _ in range(5):
        Replication.objects.update(not_before=timezone.now())
        QuotaScope.objects.all().delete()  # the day that was told is over
        row = replication_run(replication.pk)
        assert row is not None and (row.state, row.error_class, row.failures) == (State.RETRYING, "quota", 0)
        now = timezone.now()
        assert row.first_failure_at is None and "takes no more calls" in row.reason
        held_since.add(row.held_since)
    assert len(held_since) == 1 and None not in held_since
    replication_notices_check(now + timedelta(minutes=50))
    assert not Notice.objects.filter(resolved_at=None).exists()
    replication_notices_check(now + timedelta(minutes=70))
    (notice,) = Notice.objects.filter(resolved_at=None)
    assert "1 order wait" in notice.sentence and "takes no more calls" in notice.sentence
    shop.sandbox.clear_faults()
    QuotaScope.objects.all().delete()
    assert shop.drive(replication).state == State.SUCCEEDED
    replication_notices_check(timezone.now())
    assert not Notice.objects.filter(resolved_at=None).exists()


def test_new_orders_behind_a_used_up_day_are_told_too(shop: Shop) -> None:
    replication, now = shop.replication(), timezone.now()
    Connection.objects.update(throttled_until=now + timedelta(hours=12))
    replication_notices_check(now + timedelta(minutes=50))
    assert not Notice.objects.exists()
    replication_notices_check(now + timedelta(minutes=70))
    assert "1 order wait" in Notice.objects.get().sentence
    Replication.objects.filter(pk=replication.pk).update(lane=Replication.Lane.BACKFILL)
    replication_notices_check(now + timedelta(minutes=80))
    assert not Notice.objects.filter(resolved_at=None).exists()


def test_a_pause_of_four_days_does_not_count_towards_the_72_hours(shop: Shop) -> None:
    shop.sandbox.faults({"method": "ContactService.addToGroup", "do": "http", "status": 503, "times": 2})
    row = replication_run(shop.replication(shop_order_id="DEMO-1001").pk)
    assert row is not None and row.failures == 1
    connection_pause(shop.connection, MANUAL_PAUSE)
    ago = timedelta(hours=96)
    Replication.objects.update(not_before=timezone.now() - ago, first_failure_at=timezone.now() - ago)
    assert replication_run(row.pk) is None
    connection_resume(shop.connection)
    row = replication_run(row.pk)
    assert row is not None and (row.state, row.failures) == (State.RETRYING, 2)
    assert row.first_failure_at is not None and timezone.now() - row.first_failure_at < LONGEST_TROUBLE / 10
    assert shop.drive(row).state == State.SUCCEEDED
    assert_delivered_once(shop.sandbox)


# -- what needs a person goes on needing one --------------------------------------------------------------


def test_a_parked_order_without_its_payment_stays_parked_through_off_an_edit_and_on(shop: Shop) -> None:
    order = shop.order()
    shop.sandbox.faults(
        {"method": "InvoiceService.addOrderItem", "call": 3, "do": "fault", "code": 12,
         "text": "[InvalidParameter]Quantity is not allowed"}
    )  # fmt: skip
    assert shop.drive(replication_open(order)).state == State.FAILED
    Connection.objects.update(enabled=False)
    shop.change(order, replace(order_data(), custom_fields={"a": "1"}))
    ended = shop.drive(replication_open(order))
    assert ended.state == State.PARKED
    assert "begun in the CRM and is not whole" in ended.reason and "integration is off" in ended.reason
    Connection.objects.update(enabled=True)
    shop.change(order, replace(order_data(), custom_fields={"a": "2"}))
    assert shop.drive(replication_open(order)).state == State.SUCCEEDED
    assert [float(row["PayAmt"]) for row in shop.sandbox.rows("Payment")] == [56.85]


def test_a_cancellation_settles_no_payment_that_is_in_doubt(shop: Shop) -> None:
    order = shop.order()
    shop.drive(replication_open(order))
    JournalEntry.objects.filter(kind="record_payment").update(state="uncertain")
    shop.change(order, replace(order_data(), stage=Stage.REJECTED))
    ended = shop.drive(replication_open(order))
    assert (ended.state, ended.error_class) == (State.PARKED, "unknown")
    assert "still not known" in ended.reason


# -- what the sandbox can play either way -----------------------------------------------------------------


@pytest.mark.parametrize("option", [{"stray_401": True}, {"repeated_upsert": "fault"}, {"faults": "bare"}])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_orders_arrive_once_either_way(shop: Shop, protocol: str, option: dict[str, Any]) -> None:
    speaking(shop, protocol)
    shop.sandbox.options(**option)
    for number in range(3):
        assert shop.drive(shop.replication(shop_order_id=f"T-{number}")).state == State.SUCCEEDED
        ContactLink.objects.all().delete()  # so that the same contact is written again
    assert Connection.objects.get().paused_at is None
    assert len(shop.sandbox.rows("Contact")) == 1
    assert len(shop.sandbox.rows("Job")) == len(shop.sandbox.rows("Payment")) == 3


@pytest.mark.parametrize("body", ["fault", "message"])
def test_a_429_of_either_body_waits_and_costs_nothing(shop: Shop, body: str) -> None:
    shop.sandbox.quota(enforce=True, body=body, limits={"service_key": {"second": None, "minute": 3}})
    row = replication_run(shop.replication(shop_order_id="DEMO-1001").pk)
    assert row is not None and (row.state, row.error_class, row.failures) == (State.RETRYING, "quota", 0)
    shop.sandbox.quota(enforce=False, limits={"service_key": {"minute": None}})
    QuotaScope.objects.all().delete()
    assert shop.drive(row).state == State.SUCCEEDED
    assert_delivered_once(shop.sandbox)
