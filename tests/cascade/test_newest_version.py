"""What a run speaks of: the newest version until the order's head is sent, and itself alone when it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from carts.ingest.orders import order_ingest
from carts.models import Order
from carts.order_data import Stage
from cascade.engine.outcome import LONGEST_TROUBLE
from cascade.engine.replicate import MOST_CRASHES
from cascade.models import JournalEntry, Replication
from cascade.services import replication_resend, replication_work
from tests.cascade.conftest import Shop
from tests.cascade.test_crash_sweep import lease_end
from tests.factories import PLACED_AT, order_data

State = Replication.State
OUTAGE = {"method": "*", "do": "http", "status": 503, "times": 1}
LATER = {"version_at": PLACED_AT + timedelta(minutes=1)}


def only_row() -> Replication:
    """The newest row, which is to be the only one."""
    rows = list(Replication.objects.order_by("id"))
    assert len(rows) == 1, [(row.pk, row.state, row.reason) for row in rows]
    return rows[0]


def told(shop: Shop, **changes: object) -> Order:
    order_ingest(shop.source, order_data(**changes))
    return Order.objects.get()


def lowered() -> dict[str, object]:
    (bone, *_) = order_data().lines or ()
    line = replace(bone, quantity=Decimal(1))
    return {"lines": (line,), "subtotal": Decimal("9.95"), "charges": (), "total": Decimal("9.95"), **LATER}


# -- ends before the plan -------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_a_look_up_refused_for_good_ends_the_order_once(shop: Shop, protocol: str) -> None:
    shop.connection.protocol = protocol
    shop.connection.save()
    refused = {"code": 12, "text": "[InvalidParameter]no such table"}
    shop.sandbox.faults({"method": "DataService.query", "do": "fault", "times": 0, **refused})
    body = '{"message": "Bad filter"}'
    headers = {"Content-Type": "application/json"}
    for route in ("GET /v2/tags", "GET /v2/products", "GET /v1/products"):
        shop.sandbox.faults(
            {"method": route, "do": "http", "status": 400, "times": 0, "body": body, "headers": headers}
        )
    told(shop)
    replication_work(only_row().pk)
    assert only_row().state == State.FAILED and only_row().plan is None
    calls = len(shop.sandbox.calls())
    order_ingest(shop.source, order_data(shop_stage="Shipped", **LATER))  # nothing that a plan looks at
    assert only_row().state == State.FAILED and len(shop.sandbox.calls()) == calls
    order_ingest(shop.source, order_data(**{**lowered(), "version_at": PLACED_AT + timedelta(hours=1)}))
    assert [row.state for row in Replication.objects.order_by("id")] == [State.SKIPPED, State.WAITING]


def test_look_ups_that_fail_for_72_hours_park_the_order_once(shop: Shop) -> None:
    shop.sandbox.faults({**OUTAGE, "times": 0})
    told(shop)
    began = timezone.now() - LONGEST_TROUBLE - timedelta(minutes=1)
    Replication.objects.update(first_failure_at=began)
    replication_work(only_row().pk)
    assert only_row().state == State.PARKED


def test_poison_before_the_plan_is_parked_once(shop: Shop) -> None:
    told(shop)
    Replication.objects.update(
        state=State.RUNNING, lease_token="dead", lease_until=timezone.now(), crashes=MOST_CRASHES - 1
    )
    lease_end(only_row())
    replication_work(only_row().pk)
    assert only_row().state == State.PARKED and "three times" in only_row().reason


def test_a_version_that_comes_during_a_run_without_a_plan_is_taken_up(shop: Shop) -> None:
    shop.sandbox.faults(
        {"method": "DataService.query", "do": "fault", "code": 12, "text": "[InvalidParameter]"}
    )
    told(shop)

    def meanwhile(moment: str) -> None:
        if moment == "ended":
            order_ingest(shop.source, order_data(**lowered()))

    replication_work(only_row().pk, watch=meanwhile)
    newest = Replication.objects.latest("id")
    assert newest.state == State.WAITING
    assert shop.drive(newest).state == State.SUCCEEDED
    assert [row["InvoiceTotal"] for row in shop.sandbox.rows("Invoice")] == ["9.95"]


# -- the newest version until the head is sent ----------------------------------------------------------


def first_write_fails(shop: Shop, method: str, **fault: object) -> None:
    shop.sandbox.faults({**OUTAGE, "method": method, **fault})
    told(shop)
    replication_work(only_row().pk)
    assert only_row().state == State.RETRYING and only_row().plan is not None


WRITES = [
    ("xmlrpc", "blank_order", "ContactService.addWithDupCheck"),
    ("xmlrpc", "place_order", "ContactService.addWithDupCheck"),
    ("rest", "blank_order", "POST /v2/contacts"),
    ("rest", "place_order", "POST /v2/contacts"),
    ("automatic", "blank_order", "ContactService.addWithDupCheck"),
]


@pytest.fixture(params=WRITES, ids=lambda write: f"{write[0]} {write[1]}")
def unsent(request: pytest.FixtureRequest, shop: Shop) -> Shop:
    protocol, method, first = request.param
    values = {"protocol": protocol, "creation_method": method, "price_differences": True}
    for name, value in values.items():
        setattr(shop.connection, name, value)
    shop.connection.save()
    first_write_fails(shop, first)
    return shop


def test_an_order_lowered_before_anything_was_sent_is_sent_as_it_is_now(unsent: Shop) -> None:
    order_ingest(unsent.source, order_data(**lowered()))
    assert unsent.drive(only_row()).state == State.SUCCEEDED
    assert [row["InvoiceTotal"] for row in unsent.sandbox.rows("Invoice")] == ["9.95"]
    assert [row["PayAmt"] for row in unsent.sandbox.rows("Payment")] == ["9.95"]
    effects = unsent.sandbox.effects()
    again = unsent.drive(replication_resend(only_row(), user=None))
    assert again.level == "info", again.reason
    assert unsent.sandbox.effects() == effects  # no line of the version that was never sent


def test_an_order_rejected_before_anything_was_sent_is_not_sent(unsent: Shop) -> None:
    order_ingest(unsent.source, order_data(stage=Stage.REJECTED, **LATER))
    ended = unsent.drive(only_row())
    assert (ended.state, ended.reason) == (State.SKIPPED, "Not sent: the shop rejected this order.")
    assert unsent.sandbox.effects() == []


def test_a_cancellation_after_the_contact_alone_makes_no_order(shop: Shop) -> None:
    first_write_fails(shop, "InvoiceService.createBlankOrder", status=429)  # not taken, for certain
    order_ingest(shop.source, order_data(stage=Stage.REJECTED, **LATER))
    ended = shop.drive(only_row())
    assert (ended.state, shop.sandbox.rows("Job")) == (State.SKIPPED, [])
    assert shop.sandbox.rows("ContactGroupAssign") == []


def test_an_edit_right_before_the_head_is_sent_counts(shop: Shop) -> None:
    told(shop)

    def edit(moment: str) -> None:
        if moment == "after upsert_contact":
            order_ingest(shop.source, order_data(**lowered()))

    replication_work(only_row().pk, watch=edit)
    assert shop.drive(only_row()).state == State.SUCCEEDED
    assert [row["InvoiceTotal"] for row in shop.sandbox.rows("Invoice")] == ["9.95"]


def test_from_the_sending_of_the_head_the_plan_is_kept(shop: Shop) -> None:
    first_write_fails(shop, "InvoiceService.addOrderItem")
    order_ingest(shop.source, order_data(**lowered()))
    shop.drive(only_row())
    newest = shop.drive(Replication.objects.latest("id"))
    assert [row["InvoiceTotal"] for row in shop.sandbox.rows("Invoice")] == ["56.85"]
    assert "now 9.95 USD" in newest.reason


def test_another_creation_method_is_followed_until_the_head_is_sent(shop: Shop) -> None:
    first_write_fails(shop, "InvoiceService.createBlankOrder", status=429)  # not taken, for certain
    shop.connection.creation_method, shop.connection.price_differences = "place_order", True
    shop.connection.save()
    order_ingest(shop.source, order_data(**lowered()))
    assert shop.drive(only_row()).state == State.SUCCEEDED
    assert JournalEntry.objects.get(step="order").kind == "place_order"
    assert len(shop.sandbox.calls("OrderService.placeOrder")) == 1
