"""One order at a time against the sandbox: what fails, and what the engine and a person do then."""

from __future__ import annotations

import xmlrpc.client
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from carts.order_data import MoneyState
from cascade.engine.replicate import replication_run
from cascade.models import JournalEntry, Replication
from cascade.services import (
    replication_open,
    replication_preview,
    replication_resend,
)
from mappings.access.connect import connection_resume
from mappings.models import ApiCall, DirectoryEntry, QuotaScope
from tests.cascade.conftest import Shop, assert_delivered_once, crm_lines
from tests.factories import order_data

State = Replication.State


def test_an_order_is_delivered_with_no_read_but_names_and_the_total_check(shop):
    replication = shop.drive(shop.replication(shop_order_id="DEMO-1001"))
    assert (replication.state, replication.level) == (State.SUCCEEDED, "info")
    assert_delivered_once(shop.sandbox)
    reads = [call.operation for call in ApiCall.objects.filter(writes=False)]
    assert reads == ["find_tags"] * 2 + ["find_products"] * 3 + ["read_invoice"]
    assert [job["JobNotes"] for job in shop.sandbox.rows("Job")] == ["Coupons: SPRING"]


def test_payment_is_recorded_after_everything_else_of_the_order(shop):
    shop.drive(shop.replication())
    kinds = [effect["kind"] for effect in shop.sandbox.effects()]
    assert kinds.index("payment.recorded") > max(n for n, kind in enumerate(kinds) if kind == "line.added")
    assert kinds.index("payment.recorded") < kinds.index("contact.tagged")


def test_a_second_order_of_the_buyer_asks_for_no_name_and_writes_no_contact_again(shop):
    shop.drive(shop.replication(shop_order_id="A"))
    before = len(shop.sandbox.calls())
    shop.drive(shop.replication(shop_order_id="B"))
    assert len(shop.sandbox.calls()) - before == 1 + 5 + 1 + 1 + 1 + 2
    assert len(shop.sandbox.rows("Contact")) == 1


def test_a_returning_buyer_whose_data_changed_is_written(shop):
    shop.drive(shop.replication(shop_order_id="A"))
    moved = replace(order_data().billing, street1="2 Side Street")
    shop.drive(shop.replication(shop_order_id="B", billing=moved, shipping=moved))
    (contact,) = shop.sandbox.rows("Contact")
    assert contact["StreetAddress1"] == "2 Side Street"


def test_no_product_at_all_fails_names_the_setting_and_still_tags(shop):
    shop.sandbox.reset()
    shop.sandbox.seed(ContactGroup=[{"GroupName": "Customer"}])
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.error_class, ended.setting) == (State.FAILED, "configuration", "products")
    assert shop.sandbox.rows("Job") == []
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 1


def test_a_total_the_crm_sees_differently_stops_before_the_payment_and_names_the_line(shop):
    replication = shop.replication()

    def meddle(moment: str) -> None:
        if moment == "before read_invoice" and len(shop.sandbox.rows("OrderItem")) == 5:
            (invoice,) = shop.sandbox.rows("Invoice")
            service = xmlrpc.client.ServerProxy(f"{shop.sandbox.url}/api/xmlrpc")
            with service:
                service.InvoiceService.addOrderItem(
                    shop.sandbox.key, invoice["Id"], 0, 3, 5.0, 1, "By hand", ""
                )

    first = replication_run(replication.pk, watch=meddle)
    assert first.state == State.RETRYING and first.failures == 0  # it may be a late read
    ended = shop.drive(replication)
    assert (ended.state, ended.error_class) == (State.PARKED, "permanent")
    assert "61.85 USD, the shop's 56.85" in ended.reason
    assert "1 × " in ended.reason
    assert shop.sandbox.rows("Payment") == []
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2


def test_a_quota_refusal_waits_as_told_and_costs_no_attempt(shop):
    replication = shop.replication()
    shop.sandbox.faults(
        {"method": "InvoiceService.addOrderItem", "call": 2, "do": "http", "status": 429,
         "headers": {"Retry-After": "120"}, "body": "slow down"}
    )  # fmt: skip
    replication_run(replication.pk)
    replication.refresh_from_db()
    assert (replication.state, replication.error_class, replication.failures) == (State.RETRYING, "quota", 0)
    assert replication.not_before > timezone.now() + timedelta(seconds=100)
    QuotaScope.objects.all().delete()  # the two minutes are over
    shop.drive(replication)
    assert len(crm_lines(shop.sandbox)) == 5


def test_a_rejected_key_pauses_the_connection_until_it_is_tested_again(shop):
    replication = shop.replication(shop_order_id="DEMO-1001")
    shop.sandbox.faults(
        {"method": "*", "call": 4, "do": "invalid_key", "times": 2}
    )  # and the look at the key
    replication_run(replication.pk)
    replication.refresh_from_db()
    shop.connection.refresh_from_db()
    assert replication.state == State.RETRYING
    assert shop.connection.paused_at is not None
    assert replication_run(replication.pk) is None
    connection_resume(shop.connection)
    shop.drive(replication)
    assert_delivered_once(shop.sandbox)


def test_a_refused_line_stops_the_payment_but_not_the_tags(shop):
    replication = shop.replication()
    shop.sandbox.faults(
        {"method": "InvoiceService.addOrderItem", "call": 3, "do": "fault", "code": 12,
         "text": "[InvalidParameter]Quantity is not allowed"}
    )  # fmt: skip
    ended = shop.drive(replication)
    assert ended.state == State.FAILED
    assert shop.sandbox.rows("Payment") == []
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2
    again = shop.drive(replication_resend(ended, user=None))
    assert again.state == State.SUCCEEDED
    assert [float(row["PayAmt"]) for row in shop.sandbox.rows("Payment")] == [56.85]
    ended.refresh_from_db()
    assert (ended.state, ended.reason.split(".")[0]) == (State.SKIPPED, f"Superseded by #{again.pk}")


def test_a_tag_that_is_not_in_the_crm_is_an_error_beside_success(shop):
    shop.connection.contact_tags = "Customer, Never made"
    shop.connection.save()
    ended = shop.drive(shop.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "error")
    assert "Tag “Never made” is not in the CRM" in ended.reason


def test_one_contact_at_a_time_and_the_next_is_not_lost(shop):
    first, second = shop.replication(shop_order_id="A"), shop.replication(shop_order_id="B")
    refused = []

    def other(moment: str) -> None:
        if moment == "planned":
            refused.append(replication_run(second.pk))

    replication_run(first.pk, watch=other)
    assert refused == [None]
    assert shop.drive(second).state == State.SUCCEEDED


def test_three_lost_workers_without_progress_park_the_order(shop):
    replication = shop.replication()

    class Gone(BaseException):
        pass

    def vanish(moment: str) -> None:
        if moment == "planned":
            raise Gone

    for _ in range(3):
        Replication.objects.filter(pk=replication.pk, state=State.RUNNING).update(
            lease_until=timezone.now() - timedelta(seconds=1)
        )
        with pytest.raises(Gone):
            replication_run(replication.pk, watch=vanish)
    Replication.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    ended = replication_run(replication.pk)
    assert (ended.state, ended.error_class) == (State.PARKED, "internal")
    assert shop.drive(replication_resend(ended, user=None)).state == State.SUCCEEDED


def test_an_error_of_ours_parks_the_order_with_its_traceback(shop):
    replication = shop.replication()

    def stumble(moment: str) -> None:
        if moment == "before add_line":
            raise ZeroDivisionError("ours")

    ended = replication_run(replication.pk, watch=stumble)
    assert (ended.state, ended.error_class) == (State.PARKED, "internal")
    assert "ZeroDivisionError" in ended.attempt_rows.get().detail
    assert shop.drive(replication_resend(ended, user=None)).state == State.SUCCEEDED
    assert [float(row["PayAmt"]) for row in shop.sandbox.rows("Payment")] == [56.85]


def test_a_failed_look_up_is_not_an_absent_name(shop):
    replication = shop.replication(shop_order_id="DEMO-1001")
    shop.sandbox.faults({"method": "DataService.query", "call": 3, "do": "http", "status": 503, "body": ""})
    replication_run(replication.pk)
    replication.refresh_from_db()
    assert (replication.state, replication.error_class) == (State.RETRYING, "transient")
    assert not DirectoryEntry.objects.filter(crm_id=None).exists()
    shop.drive(replication)
    assert_delivered_once(shop.sandbox)


def test_preview_shows_the_plan_and_writes_nothing(shop):
    order = shop.order()
    plan = replication_preview(order)
    assert [step.kind for step in plan.steps][:2] == ["upsert_contact", "create_order"]
    assert shop.sandbox.effects() == []
    assert not Replication.objects.exists()


@pytest.mark.parametrize("check", ["Email", "EmailAndName", "EmailAndNameAndCompany"])
def test_a_lost_upsert_reply_makes_no_second_contact_whatever_the_check(shop, check):
    shop.connection.duplicate_check = check
    shop.connection.save()
    shop.sandbox.faults({"method": "ContactService.addWithDupCheck", "call": 1, "do": "drop_after"})
    assert shop.drive(shop.replication()).state == State.SUCCEEDED
    assert len(shop.sandbox.rows("Contact")) == 1


@pytest.mark.parametrize("kind", ["legacy_key", "header_key", "bearer"])
def test_every_kind_of_key_delivers(shop, kind):
    shop.connection.credential_kind = kind
    shop.connection.save()
    assert shop.drive(shop.replication(shop_order_id="DEMO-1001")).state == State.SUCCEEDED
    assert_delivered_once(shop.sandbox)


def test_a_duplicate_marker_in_the_crm_parks_instead_of_guessing(shop):
    replication = shop.replication(shop_order_id="DEMO-1001")
    shop.sandbox.faults({"method": "InvoiceService.createBlankOrder", "call": 1, "do": "drop_after"})
    replication_run(replication.pk)
    (job,) = shop.sandbox.rows("Job")
    twin = shop.sandbox.seed(Job=[{"JobTitle": job["JobTitle"], "ContactId": job["ContactId"]}])["Job"][0]
    shop.sandbox.seed(Invoice=[{"JobId": twin, "ContactId": job["ContactId"]}])
    ended = shop.drive(replication)
    assert ended.state == State.PARKED
    assert "2 orders titled" in ended.reason
    assert JournalEntry.objects.get(step="order").state == "uncertain"


def test_zero_total_and_skipped_creation(shop: Shop):
    shop.connection.skip_order_creation = True
    shop.connection.save()
    assert shop.drive(shop.replication()).state == State.SUCCEEDED
    assert shop.sandbox.rows("Job") == []
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_two_equal_lines_are_both_there_whichever_reply_is_lost(shop, fault):
    bone = order_data().lines[0]
    lines = (bone, replace(bone, key="2"), replace(bone, key="3"))
    for call in (1, 2, 3):
        shop.sandbox.faults({"method": "InvoiceService.addOrderItem", "call": call, "do": fault})
        number = f"{fault}-{call}"
        order = {"shop_order_id": number, "lines": lines, "charges": (), "total": Decimal("59.70")}
        assert shop.drive(shop.replication(**order)).state == State.SUCCEEDED
    assert [float(row["InvoiceTotal"]) for row in shop.sandbox.rows("Invoice")] == [59.7] * 3


# -- the order's title ------------------------------------------------------------------------------------

KNOWN = {"shop_order_id": "450789469", "number": "#1001"}
TITLE, OLD_TITLE = "tea order 1001 (450789469)", "tea order 450789469"
CREATE = {"xmlrpc": "InvoiceService.createBlankOrder", "rest": "POST /v2/orders"}


def titles(shop):
    return [row["JobTitle"] for row in shop.sandbox.rows("Job")]


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_an_order_is_titled_by_the_number_that_people_know_and_found_by_it(shop, protocol, fault):
    shop.connection.protocol = protocol
    shop.connection.save()
    shop.sandbox.faults({"method": CREATE[protocol], "call": 1, "do": fault})
    assert shop.drive(shop.replication(**KNOWN)).state == State.SUCCEEDED
    assert titles(shop) == [TITLE]
    assert JournalEntry.objects.get(step="payment").args["note"] == f"{TITLE} payment"


def test_an_order_begun_under_its_older_title_keeps_it(shop):
    """Nothing told its number then; the payment that comes now names the title it has."""
    order = shop.order(**{**KNOWN, "number": ""}, money=MoneyState.ON_ACCOUNT)
    shop.drive(replication_open(order))
    shop.change(order, order_data(**KNOWN))
    assert shop.drive(replication_open(order)).state == State.SUCCEEDED
    assert titles(shop) == [OLD_TITLE]
    assert JournalEntry.objects.get(step="payment").args["note"] == f"{OLD_TITLE} payment"


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_a_lost_reply_finds_what_was_made_under_the_older_title(shop, protocol):
    """The journal is of before the order was first sent: a backup was put back."""
    shop.connection.protocol = protocol
    shop.connection.save()
    order = shop.order(**{**KNOWN, "number": ""})
    shop.drive(replication_open(order))
    JournalEntry.objects.all().delete()
    Replication.objects.all().delete()
    shop.change(order, order_data(**KNOWN))
    shop.sandbox.faults({"method": CREATE[protocol], "call": 1, "do": "drop_before"})
    assert shop.drive(replication_open(order)).state == State.SUCCEEDED
    assert titles(shop) == [OLD_TITLE]
    assert len(shop.sandbox.rows("Payment")) == 1
