"""What comes in while something else is under way: nothing of it is forgotten, and nothing is done twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from carts.ingest.orders import order_ingest
from carts.ingest.records import cart_ingest, refund_ingest, shipment_ingest
from carts.order_data import OrderLineData, Stage
from carts.record_data import CartData, RefundData, ShipmentData, Tracking
from cascade.engine.replicate import replication_run
from cascade.models import ContactLink, Replication
from cascade.services import replication_resend, replication_work
from cascade.shop.names import ShopKind as Kind
from intake.party import Party
from tests.cascade.conftest import Shop
from tests.cascade.test_crash_sweep import Killed, lease_end
from tests.factories import PLACED_AT, order_data

State = Replication.State
LEFT_AT = PLACED_AT - timedelta(days=1)
TAGS = ("Left a cart", "Likes dogs", "Refunded")


@pytest.fixture(params=["xmlrpc", "rest"])
def both(shop: Shop, request: Any, settings: Any) -> Shop:
    settings.SETTLE_SECONDS = 0.2
    shop.sandbox.seed(
        ContactGroup=[{"GroupName": name} for name in TAGS],
        DataFormField=[{"FormId": -9, "Name": "Tracking", "Label": "Tracking", "DataType": 15}],
        User=[{"FirstName": "Olga", "LastName": "Owner", "Email": "olga@example.com"}],
    )
    set_to(shop, protocol=request.param, cart_tags="Left a cart", cart_product_tags=True)
    shop.connection.product_tags.create(item_id="CHEW", tag_name="Likes dogs")
    shop.connection.shipping_fields.create(shipping_key="tracking_numbers", crm_field="_Tracking")
    return shop


def set_to(shop: Shop, **values: Any) -> None:
    for name, value in values.items():
        setattr(shop.connection, name, value)
    shop.connection.save()


def cart(**changes: Any) -> CartData:
    line = OrderLineData(key="1", item_id="CHEW", title="Chew", quantity=Decimal(1), unit_price=Decimal(5))
    values = {
        "cart_id": "C-1", "version_at": LEFT_AT, "email": "ada@example.com",
        "billing": Party(first_name="Ada"), "currency": "USD", "lines": (line,),
    }  # fmt: skip
    return CartData(**{**values, **changes})


def parcel(number: str) -> ShipmentData:
    return ShipmentData(
        shop_order_id="DEMO-1001",
        shipment_id=number,
        version_at=PLACED_AT,
        tracking=(Tracking(number=number),),
    )


def refund(**changes: Any) -> RefundData:
    values = {
        "shop_order_id": "DEMO-1001", "refund_id": "r1", "amount": Decimal("5.5"), "currency": "USD",
        "refunded_at": PLACED_AT + timedelta(days=1),
    }  # fmt: skip
    return RefundData(**{**values, **changes})


def newest(kind: str) -> Replication:
    return Replication.objects.filter(kind=kind).latest("id")


def sent_order(shop: Shop, **changes: Any) -> Replication:
    order_ingest(shop.source, order_data(**changes))
    return shop.drive(newest(Kind.ORDER))


def tags_of(shop: Shop) -> set[str]:
    names = {row["Id"]: row["GroupName"] for row in shop.sandbox.rows("ContactGroup")}
    return {names[row["GroupId"]] for row in shop.sandbox.rows("ContactGroupAssign")}


# -- versions -------------------------------------------------------------------------------------------


def test_a_refund_that_comes_while_the_order_is_planned_is_followed_up(both):
    def refund_once(moment: str) -> None:
        if not newest(Kind.ORDER).plan and moment.startswith("before"):
            refund_ingest(both.source, refund())

    order_ingest(both.source, order_data())
    replication_work(newest(Kind.ORDER).pk, watch=refund_once)
    both.drive(newest(Kind.ORDER))
    assert len(both.sandbox.rows("ContactAction")) == 1


def test_a_worker_killed_right_after_the_end_forgets_no_newer_version(both):
    order_ingest(both.source, order_data())
    first = newest(Kind.ORDER)

    def meanwhile(moment: str) -> None:
        if moment == "before record_payment":
            billing = replace(order_data().billing, company="New Ltd")
            order_ingest(
                both.source, order_data(billing=billing, version_at=PLACED_AT + timedelta(minutes=1))
            )
        if moment == "written":
            raise Killed

    with pytest.raises(Killed):
        replication_run(first.pk, watch=meanwhile)
    assert newest(Kind.ORDER).pk != first.pk
    both.drive(newest(Kind.ORDER))
    assert [row["Company"] for row in both.sandbox.rows("Contact")] == ["New Ltd"]


def test_what_was_in_doubt_is_brought_up_to_the_newer_version(both):
    cart_ingest(both.source, cart())

    def vanish(moment: str) -> None:
        if moment == "after upsert_contact":
            raise Killed

    with pytest.raises(Killed):
        replication_run(newest(Kind.CART).pk, watch=vanish)
    lease_end(newest(Kind.CART))
    later = LEFT_AT + timedelta(minutes=5)
    cart_ingest(both.source, cart(version_at=later, billing=Party(first_name="Ada", company="New Ltd")))
    row = both.drive(newest(Kind.CART))
    assert row.state == State.SUCCEEDED, row.reason
    assert [row["Company"] for row in both.sandbox.rows("Contact")] == ["New Ltd"]


def test_a_parcel_told_after_a_crash_is_written_too(both):
    sent_order(both)
    shipment_ingest(both.source, parcel("1Z1"))

    def vanish(moment: str) -> None:
        if moment == "before set_order_fields":
            raise Killed

    with pytest.raises(Killed):
        replication_run(newest(Kind.SHIPMENT).pk, watch=vanish)
    lease_end(newest(Kind.SHIPMENT))
    shipment_ingest(both.source, parcel("1Z2"))
    both.drive(newest(Kind.SHIPMENT))
    assert both.sandbox.rows("Job")[0]["_Tracking"] == "1Z1, 1Z2"


# -- the contact's address ------------------------------------------------------------------------------


def test_an_address_that_was_corrected_leaves_no_link_behind(both):
    sent_order(both, shop_order_id="A")
    corrected = order_data(
        shop_order_id="A", email="bob@example.com", version_at=PLACED_AT + timedelta(days=1)
    )
    order_ingest(both.source, corrected)
    both.drive(newest(Kind.ORDER))
    sent_order(both, shop_order_id="B")
    emails = {row["Id"]: row["Email"] for row in both.sandbox.rows("Contact")}
    assert sorted(emails.values()) == ["ada@example.com", "bob@example.com"]
    jobs = {row["JobTitle"]: emails[row["ContactId"]] for row in both.sandbox.rows("Job")}
    assert jobs["tea order DEMO-1001 (B)"] == "ada@example.com"


def test_a_waiting_cart_runs_under_its_address_of_now(both):
    cart_ingest(both.source, cart())
    cart_ingest(both.source, cart(email="bob@example.com", version_at=LEFT_AT + timedelta(minutes=5)))
    other = sent_order(both, email="bob@example.com", placed_at=LEFT_AT - timedelta(days=9))
    Replication.objects.filter(pk=other.pk).update(state=State.RUNNING)
    before = len(both.sandbox.calls())
    replication_work(newest(Kind.CART).pk)
    row = newest(Kind.CART)
    assert row.state == State.RETRYING and row.not_before is not None
    assert len(both.sandbox.calls()) == before
    Replication.objects.filter(pk=other.pk).update(state=State.SUCCEEDED)
    row = both.drive(row)
    assert (row.state, row.contact_key) == (State.SUCCEEDED, "bob@example.com")
    assert ContactLink.objects.filter(contact_key="ada@example.com").count() == 0


# -- carts ----------------------------------------------------------------------------------------------


def test_tags_of_a_lost_call_are_withdrawn_if_the_cart_was_bought_meanwhile(both):
    cart_ingest(both.source, cart())

    def lose(moment: str) -> None:
        if moment == "before apply_tags":
            calls = len(both.sandbox.calls())
            both.sandbox.faults({"method": "*", "call": calls + 1, "do": "drop_after"})

    replication_work(newest(Kind.CART).pk, watch=lose)
    assert tags_of(both)
    both.sandbox.clear_faults()
    sent_order(both)
    both.drive(newest(Kind.CART))
    assert tags_of(both) & set(TAGS) == set()


def test_with_the_integration_off_tags_stay_until_a_resend(both):
    cart_ingest(both.source, cart())
    both.drive(newest(Kind.CART))
    set_to(both, enabled=False)
    order_ingest(both.source, order_data())
    row = both.drive(newest(Kind.CART))
    assert row.state == State.SKIPPED and "integration is off" in row.reason
    assert tags_of(both) == {"Left a cart", "Likes dogs"}
    set_to(both, enabled=True)
    both.drive(replication_resend(row, user=None))
    assert tags_of(both) == set()


# -- refunds --------------------------------------------------------------------------------------------


def test_a_tag_of_every_order_may_be_a_refund_tag_too(both):
    set_to(both, refund_tags="Customer, Refunded")
    row = sent_order(both, refunded_total=Decimal(5))
    assert row.state == State.SUCCEEDED, row.reason
    assert tags_of(both) == {"Customer", "Dog owner", "Refunded"}


def test_one_refund_makes_one_note_however_it_is_told(both):
    sent_order(both)
    refund_ingest(both.source, refund())
    both.drive(newest(Kind.ORDER))
    later = PLACED_AT + timedelta(days=2)
    order_ingest(both.source, order_data(refunded_total=Decimal("5.50"), version_at=later))
    both.drive(newest(Kind.ORDER))
    refund_ingest(both.source, refund(reason="Broken", version_at=later))
    both.drive(newest(Kind.ORDER))
    assert len(both.sandbox.rows("ContactAction")) == 1


# -- shipments ------------------------------------------------------------------------------------------


def test_an_order_that_ends_while_its_shipment_is_told_to_wait_wakes_it(both):
    shipment_ingest(both.source, parcel("1Z1"))
    order_ingest(both.source, order_data())

    def end_the_order(moment: str) -> None:
        if moment == "ended":
            replication_work(newest(Kind.ORDER).pk)

    waiting = newest(Kind.SHIPMENT)
    replication_work(waiting.pk, watch=end_the_order)
    replication_work(waiting.pk)
    waiting.refresh_from_db()
    assert waiting.state == State.SUCCEEDED, waiting.reason


def test_with_the_integration_off_no_shipment_is_sent(both):
    sent_order(both)
    set_to(both, enabled=False)
    shipment_ingest(both.source, parcel("1Z1"))
    row = both.drive(newest(Kind.SHIPMENT))
    assert row.state == State.SKIPPED and "integration is off" in row.reason


def test_a_later_version_that_is_not_sent_keeps_no_shipment_from_the_order_that_was(both):
    sent_order(both)
    set_to(both, skip_order_creation=True)
    unpaid = order_data(stage=Stage.UNPAID, version_at=PLACED_AT + timedelta(days=1))
    order_ingest(both.source, unpaid)
    assert both.drive(newest(Kind.ORDER)).state == State.SKIPPED
    shipment_ingest(both.source, parcel("1Z1"))
    row = both.drive(newest(Kind.SHIPMENT))
    assert row.state == State.SUCCEEDED, row.reason
    assert both.sandbox.rows("Job")[0]["_Tracking"] == "1Z1"


def test_a_shipment_of_an_order_that_is_only_history_says_so(both):
    order_ingest(both.source, order_data(), history=True)
    shipment_ingest(both.source, parcel("1Z1"))
    row = both.drive(newest(Kind.SHIPMENT))
    assert row.state == State.SKIPPED and "history" in row.reason
