"""An order that changes, that is sent again, or that gets what it lacked: nothing is done twice."""

from __future__ import annotations

import threading
import time
import xmlrpc.client
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from carts.order_data import Stage
from cascade.engine.replicate import replication_run
from cascade.models import ContactLink, JournalEntry, Replication
from cascade.services import (
    ResendRefused,
    replication_changed,
    replication_open,
    replication_resend,
    replication_skip,
    replication_work,
)
from tests.cascade.conftest import assert_delivered_once
from tests.factories import order_data

State = Replication.State


def test_sending_again_what_is_done_changes_nothing(shop):
    done = shop.drive(shop.replication())
    effects = shop.sandbox.effects()
    again = shop.drive(replication_resend(done, user=None))
    assert again.state == State.SUCCEEDED
    assert shop.sandbox.effects() == effects


def test_an_item_mapped_later_is_added_and_paid_by_a_resend(shop):
    shop.sandbox.reset()
    shop.sandbox.seed(Product=[{"ProductName": "BONE"}, {"ProductName": "BOWL"}])
    first = shop.drive(shop.replication())
    assert (first.state, first.level) == (State.SUCCEEDED, "error")
    assert "LEASH was left out" in first.reason
    (product,) = shop.sandbox.seed(Product=[{"ProductName": "LEASH"}])["Product"]
    second = shop.drive(replication_resend(first, user=None))
    assert second.state == State.SUCCEEDED
    assert [float(row["PayAmt"]) for row in shop.sandbox.rows("Payment")] == [38.9, 17.95]
    (invoice,) = shop.sandbox.rows("Invoice")
    assert (float(invoice["InvoiceTotal"]), float(invoice["TotalDue"])) == (56.85, 0.0)
    assert product in [row["ProductId"] for row in shop.sandbox.rows("OrderItem")]
    first.refresh_from_db()
    assert (first.state, first.level) == (State.SUCCEEDED, "info")
    assert first.reason.startswith(f"Superseded by #{second.pk}")


def test_changed_contact_data_updates_the_contact_and_no_money(shop):
    order = shop.order()
    shop.drive(replication_open(order))
    before = len(shop.sandbox.effects())
    data = order_data(shop_order_id=order.shop_order_id, billing=order_data().billing, total=Decimal("60"))
    shop.change(order, data)
    replication_changed(order)
    changed = shop.drive(order.replications.latest("id"))
    assert changed.level == "warning"
    assert "not rewritten" in changed.reason
    assert shop.sandbox.effects()[before:] == []


def test_a_change_that_matters_to_nothing_opens_no_replication(shop):
    order = shop.order()
    shop.drive(replication_open(order))
    shop.change(order, order_data(shop_order_id=order.shop_order_id, shop_stage="Completed Order"))
    replication_changed(order)
    assert order.replications.count() == 1


def test_an_order_that_becomes_paid_takes_up_its_skipped_row(shop):
    order = shop.order(stage=Stage.UNPAID, shop_stage="Accounts Receivable")
    replication_skip(order)
    (row,) = order.replications.all()
    assert row.reason.startswith("Not sent: the order is still in Accounts Receivable")
    shop.change(order, order_data(shop_order_id=order.shop_order_id))
    assert shop.drive(replication_open(order)).pk == row.pk
    assert len(shop.sandbox.rows("Job")) == 1


def test_a_version_that_arrives_while_an_order_runs_is_followed_up(shop):
    order = shop.order(shop_order_id="DEMO-1001")
    replication = replication_open(order)

    def arrive_once(moment: str) -> None:
        if moment == "before create_order":
            billing = order_data().billing
            newer = order_data(shop_order_id="DEMO-1001", billing=replace(billing, company="New Ltd"))
            shop.change(order, newer)

    replication_run(replication.pk, watch=arrive_once)
    replication_changed(order)
    follow_up = shop.drive(order.replications.latest("id"))
    assert follow_up.pk != replication.pk
    assert [row["Company"] for row in shop.sandbox.rows("Contact")] == ["New Ltd"]
    assert_delivered_once(shop.sandbox)


def test_a_contact_we_thought_unchanged_is_found_or_made_again_if_it_is_gone(shop):
    shop.drive(shop.replication(shop_order_id="A"))
    fault = {"method": "InvoiceService.createBlankOrder", "call": 1, "do": "fault", "code": 5,
             "text": "[RecordNotFound]Contact not found"}  # fmt: skip
    shop.sandbox.faults(fault)
    assert shop.drive(shop.replication(shop_order_id="B")).state == State.SUCCEEDED
    assert JournalEntry.objects.get(subject_key="tea/B", step="contact").result == "updated"


def test_a_contact_that_is_gone_is_made_again_by_a_resend(shop):
    ended = shop.drive(shop.replication(shop_order_id="A"))
    ContactLink.objects.all().delete()
    gone = shop.sandbox.rows("Contact")[0]["Id"]
    fault = {"method": "InvoiceService.createBlankOrder", "times": 0, "do": "fault", "code": 5,
             "text": f"[RecordNotFound]Contact not found for Id:{gone}"}  # fmt: skip
    shop.sandbox.faults(fault)
    failed = shop.drive(shop.replication(shop_order_id="B"))
    assert failed.state == State.FAILED
    shop.sandbox.clear_faults()
    assert shop.drive(replication_resend(failed, user=None)).state == State.SUCCEEDED
    assert ended.state == State.SUCCEEDED


def test_resend_refuses_what_is_on_its_way_and_what_is_paused(shop):
    replication = shop.replication()
    with pytest.raises(ResendRefused, match="already on its way"):
        replication_resend(replication, user=None)
    shop.drive(replication)
    shop.connection.paused_at = timezone.now()
    shop.connection.save()
    with pytest.raises(ResendRefused, match="paused"):
        replication_resend(replication, user=None)


def test_a_version_that_is_being_stored_while_its_order_ends_is_not_forgotten(shop):
    order = shop.order(shop_order_id="DEMO-1001")
    replication = replication_open(order)
    held = threading.Event()

    def ingest() -> None:
        with transaction.atomic():
            newer = order_data(
                shop_order_id="DEMO-1001", billing=replace(order_data().billing, company="New Ltd")
            )
            shop.change(order, newer)
            replication_changed(order)
            held.set()
            time.sleep(0.5)  # the worker ends meanwhile
        connection.close()

    thread = threading.Thread(target=ingest)

    def store_meanwhile(moment: str) -> None:
        if moment == "ended" and not held.is_set():
            thread.start()
            held.wait(5)

    replication_work(replication.pk, watch=store_meanwhile)
    thread.join()
    shop.drive(order.replications.latest("id"))
    assert order.replications.count() == 2
    assert [row["Company"] for row in shop.sandbox.rows("Contact")] == ["New Ltd"]


def test_a_line_mapped_later_is_not_added_to_an_order_whose_total_is_wrong(shop):
    shop.sandbox.reset()
    shop.sandbox.seed(Product=[{"ProductName": "BONE"}, {"ProductName": "BOWL"}])

    def meddle(moment: str) -> None:
        if moment == "before read_invoice" and len(shop.sandbox.rows("OrderItem")) == 4:
            (invoice,) = shop.sandbox.rows("Invoice")
            with xmlrpc.client.ServerProxy(f"{shop.sandbox.url}/api/xmlrpc") as service:
                service.InvoiceService.addOrderItem(
                    shop.sandbox.key, invoice["Id"], 0, 3, 5.0, 1, "By hand", ""
                )

    parked = shop.drive(shop.replication(), watch=meddle)
    before = len(shop.sandbox.rows("OrderItem"))
    shop.sandbox.seed(Product=[{"ProductName": "LEASH"}])
    again = shop.drive(replication_resend(parked, user=None))
    assert (parked.state, again.state) == (State.PARKED, State.PARKED)
    assert len(shop.sandbox.rows("OrderItem")) == before
    assert shop.sandbox.rows("Payment") == []
