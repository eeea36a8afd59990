"""What a probe takes for ours, and when it is believed: never another effect's record, never too early."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from cascade.engine.replicate import replication_run
from cascade.models import JournalEntry, Replication
from cascade.services import replication_open, replication_work
from cascade.steps import STEPS
from cascade.steps.base import Context
from crm.records import PaymentRecord
from tests.cascade.cart_shop import set_up
from tests.cascade.conftest import Shop
from tests.cascade.test_crash_sweep import Killed, lease_end, wait_until
from tests.factories import ConnectionFactory, OrderFactory, SourceFactory, order_data

State = Replication.State
PLACE = {"xmlrpc": "OrderService.placeOrder", "rest": "POST /v2/orders", "automatic": "POST /v2/orders"}
TITLE = {
    "xmlrpc": "DataService.update", "rest": "PATCH /v2/orders/{order_id}",
    "automatic": "PATCH /v2/orders/{order_id}",
}  # fmt: skip
CREATE = {"xmlrpc": "InvoiceService.createBlankOrder", "rest": "POST /v2/orders"}


def totals(shop: Shop) -> list[str]:
    return [row["InvoiceTotal"] for row in shop.sandbox.rows("Invoice")]


@pytest.mark.parametrize("protocol", ["xmlrpc"])
def test_place_order_never_takes_the_untitled_order_of_another_of_ours(shop: Shop, protocol: str) -> None:
    set_up(shop, protocol, creation_method="place_order")
    first, second = (shop.order(shop_order_id=name, number=name) for name in ("A", "B"))
    one = replication_open(first)
    shop.sandbox.faults({"method": TITLE[protocol], "do": "http", "status": 503, "times": 1})
    replication_work(one.pk)
    assert [row["JobTitle"] for row in shop.sandbox.rows("Job")] != ["tea order A"]
    shop.sandbox.faults({"method": PLACE[protocol], "do": "drop_before"})
    shop.drive(replication_open(second))
    shop.drive(one)
    assert sorted(row["JobTitle"] for row in shop.sandbox.rows("Job")) == ["tea order A", "tea order B"]
    assert totals(shop) == ["56.85", "56.85"]


@pytest.mark.parametrize("protocol", CREATE)
def test_two_shops_of_one_app_with_the_same_marker_make_an_order_each(shop: Shop, protocol: str) -> None:
    set_up(shop, protocol)
    other = ConnectionFactory(api_key=shop.sandbox.key, protocol=protocol)
    for connection in (shop.connection, other):
        type(connection).objects.filter(pk=connection.pk).update(bound_app="demo")
    twin = SourceFactory(connection=other, slug=shop.source.slug)
    shop.drive(shop.replication(shop_order_id="7", number="7"))
    shop.sandbox.faults({"method": CREATE[protocol], "do": "drop_before"})
    (bone, *_) = order_data().lines or ()
    small = order_data(shop_order_id="7", lines=(bone,), subtotal=None, charges=(), total=Decimal("19.90"))
    ended = shop.drive(replication_open(OrderFactory(source=twin, order=small)))
    assert ended.state == State.SUCCEEDED
    assert sorted(totals(shop)) == ["19.90", "56.85"]


@pytest.mark.parametrize(("kind", "name"), [("record_payment", "payment_id"), ("add_note", "note_id")])
def test_a_payment_and_a_note_of_another_effect_are_not_taken(kind: str, name: str) -> None:
    class Books:
        """A CRM that holds two of them, alike."""

        def read_payments(self, order: Any) -> list[Any]:
            return [PaymentRecord(id=n, amount=Decimal(5), type="Cash", note="x") for n in (1, 2)]

        def find_notes(self, contact_id: int, title: str) -> list[int]:
            return [1, 2]

    external = {"contact_id": 1, "invoice_id": 1}
    args = {"amount": "5", "note": "x", "title": "x"}
    probe = STEPS[kind].probe
    assert probe is not None
    for others, expected in ((set(), 1), ({1}, 2), ({1, 2}, None)):
        held = lambda what, crm_id, others=others: what == name and crm_id in others  # noqa: E731
        result = probe(Context(crm=Books(), external=external, is_anothers=held), args)  # type: ignore[arg-type]
        assert (result.external[name] if result else None) == expected


# -- when a clean probe is believed ---------------------------------------------------------------------


def test_the_settle_time_begins_when_the_reply_was_lost(shop: Shop, settings: Any) -> None:
    """The effect lands after the settle time from the send, and before that from the loss."""
    settings.SETTLE_SECONDS, settings.CRM_READ_TIMEOUT_SECONDS = 2.0, 1.5
    replication = shop.replication(shop_order_id="DEMO-1001")
    method = "InvoiceService.createBlankOrder"
    shop.sandbox.faults({"method": method, "do": "delay", "seconds": 2.8})
    shop.drive(replication)
    wait_until(lambda: len([call for call in shop.sandbox.calls(method) if call["applied"]]) >= 1)
    assert len(shop.sandbox.rows("Job")) == 1
    assert totals(shop) == ["56.85"]


def test_a_dead_workers_send_settles_from_the_takeover(shop: Shop, settings: Any) -> None:
    settings.SETTLE_SECONDS = 30.0
    replication = shop.replication(shop_order_id="DEMO-1001")

    def vanish(moment: str) -> None:
        if moment == "before create_order":
            raise Killed

    with pytest.raises(Killed):
        replication_run(replication.pk, watch=vanish)
    long_ago = timezone.now() - timedelta(seconds=60)
    JournalEntry.objects.filter(step="order").update(send_began_at=long_ago)
    lease_end(replication)
    for _ in range(3):
        replication_work(replication.pk)
        Replication.objects.update(not_before=None)
    assert shop.sandbox.rows("Job") == []
    assert JournalEntry.objects.get(step="order").reply_lost_at > long_ago + timedelta(seconds=55)


def test_over_xmlrpc_nothing_is_waited_for_that_never_went_along(shop: Shop, settings: Any) -> None:
    settings.SETTLE_SECONDS = 60.0
    replication = shop.replication(shop_order_id="DEMO-1001")
    shop.sandbox.faults({"method": "InvoiceService.createBlankOrder", "do": "drop_after"})
    began = time.monotonic()
    assert shop.drive(replication).state == State.SUCCEEDED
    assert time.monotonic() - began < 30
    assert totals(shop) == ["56.85"]


def test_one_clean_probe_alone_permits_no_resend_once_settled(shop: Shop, settings: Any) -> None:
    settings.SETTLE_SECONDS = 0.0
    replication = shop.replication(shop_order_id="DEMO-1001")
    shop.sandbox.faults({"method": "InvoiceService.createBlankOrder", "do": "drop_before"})
    replication_work(replication.pk)
    time.sleep(0.05)
    Replication.objects.update(not_before=None)
    replication_work(replication.pk)
    assert len(shop.sandbox.calls("InvoiceService.createBlankOrder")) == 1
    assert shop.drive(replication).state == State.SUCCEEDED
    assert len(shop.sandbox.calls("InvoiceService.createBlankOrder")) == 2


@pytest.mark.parametrize("check", ["EmailAndName", "EmailAndNameAndCompany"])
def test_a_lost_upsert_is_not_taken_for_a_namesakes_of_the_same_address(shop: Shop, check: str) -> None:
    shop.connection.duplicate_check = check
    shop.connection.save()
    other = {"Email": "ada@example.com", "FirstName": "Bob", "LastName": "Example"}
    shop.sandbox.seed(Contact=[other])
    shop.sandbox.faults({"method": "ContactService.addWithDupCheck", "do": "drop_before"})
    assert shop.drive(shop.replication()).state == State.SUCCEEDED
    names = sorted(row["FirstName"] for row in shop.sandbox.rows("Contact"))
    assert names == ["Ada", "Bob"]
