"""Carts, affiliates, shipments and changed orders, over real HTTP on both protocols."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from carts.ingest.orders import order_ingest
from carts.ingest.records import affiliate_ingest, cart_ingest, refund_ingest, shipment_ingest
from carts.models import AbandonedCart
from carts.order_data import OrderLineData, Stage
from carts.record_data import AffiliateData, CartData, RefundData, ShipmentData, Tracking
from cascade.models import Replication
from cascade.shop.names import ShopKind as Kind
from intake.party import Party
from tests.cascade.conftest import Shop
from tests.factories import PLACED_AT, order_data

State = Replication.State
pytestmark = pytest.mark.django_db(transaction=True)
LEFT_AT = PLACED_AT - timedelta(days=1)


@pytest.fixture(params=["xmlrpc", "rest"])
def kept(shop: Shop, request: Any) -> Shop:
    shop.connection.protocol = request.param
    shop.connection.save()
    shop.sandbox.seed(
        ContactGroup=[{"GroupName": name} for name in ("Left a cart", "Likes dogs", "Partner", "Refunded")],
        User=[{"FirstName": "Olga", "LastName": "Owner", "Email": "olga@example.com"}],
        DataFormField=[
            {"FormId": -9, "Name": "Tracking", "Label": "Tracking", "DataType": 15},
            {"FormId": -9, "Name": "Shipped", "Label": "Shipped", "DataType": 13},
        ],
    )
    return shop


def settings_of(shop: Shop, **values: Any) -> None:
    for name, value in values.items():
        setattr(shop.connection, name, value)
    shop.connection.save()


def cart(**changes: Any) -> CartData:
    line = OrderLineData(
        key="1", item_id="BONE", title="Dog bone", quantity=Decimal(1), unit_price=Decimal("9.95")
    )
    party = Party(first_name="Ada", last_name="Example")
    values = {
        "cart_id": "C-1", "version_at": LEFT_AT, "email": "Ada@example.com", "billing": party,
        "currency": "USD", "lines": (line,),
    }  # fmt: skip
    return CartData(**{**values, **changes})


def one(kind: str) -> Replication:
    return Replication.objects.get(kind=kind, state__in=[*Replication.OPEN, "succeeded", "skipped", "failed"])


def tags_of(shop: Shop) -> set[str]:
    names = {row["Id"]: row["GroupName"] for row in shop.sandbox.rows("ContactGroup")}
    return {names[row["GroupId"]] for row in shop.sandbox.rows("ContactGroupAssign")}


def test_a_cart_gives_its_tags_and_buying_it_withdraws_them(kept):
    kept.connection.product_tags.create(item_id="BONE", tag_name="Likes dogs")
    settings_of(kept, cart_tags="Left a cart", cart_product_tags=True, contact_tags="")
    cart_ingest(kept.source, cart())
    row = kept.drive(one(Kind.CART))
    assert (row.state, tags_of(kept)) == (State.SUCCEEDED, {"Left a cart", "Likes dogs"})
    assert kept.sandbox.rows("Job") == []
    order_ingest(kept.source, order_data())
    kept.drive(one(Kind.ORDER))
    bought = kept.drive(Replication.objects.filter(kind=Kind.CART).latest("id"))
    assert bought.state == State.SUCCEEDED
    assert tags_of(kept) == {"Likes dogs"}  # the order maps it too


def test_a_cart_that_was_bought_is_never_tagged(kept):
    settings_of(kept, cart_tags="Left a cart")
    order_ingest(kept.source, order_data(stage=Stage.UNPAID, placed_at=datetime.now(UTC)))
    cart_ingest(kept.source, cart())
    row = kept.drive(one(Kind.CART))
    assert row.state == State.SKIPPED and "bought" in row.reason
    assert kept.sandbox.rows("ContactGroupAssign") == []


def test_a_cart_bought_while_it_is_being_sent_stops_before_the_next_step(kept):
    settings_of(kept, cart_tags="Left a cart")
    cart_ingest(kept.source, cart())

    def buy(moment: str) -> None:
        if moment == "before apply_tags":
            order_ingest(kept.source, order_data())
        if moment == "after upsert_contact" and not AbandonedCart.objects.get().bought_at:
            order_ingest(kept.source, order_data())

    row = kept.drive(one(Kind.CART), watch=buy)
    assert row.state == State.SKIPPED
    assert kept.sandbox.calls("ContactService.addToGroup") == []


def test_a_shipment_waits_for_its_order_and_parts_are_joined(kept):
    for field, key in (("_Tracking", "tracking_numbers"), ("_Shipped", "shipped_at")):
        kept.connection.shipping_fields.create(shipping_key=key, crm_field=field)
    shipped = ShipmentData(
        shop_order_id="DEMO-1001", shipment_id="1", version_at=PLACED_AT, shipped_at=PLACED_AT,
        tracking=(Tracking(number="1Z1"), Tracking(number="")),
    )  # fmt: skip
    shipment_ingest(kept.source, shipped)
    row = one(Kind.SHIPMENT)
    from cascade.services import replication_work

    replication_work(row.pk)
    row.refresh_from_db()
    assert row.state == State.WAITING and "has not told" in row.reason
    order_ingest(kept.source, order_data())
    kept.drive(one(Kind.ORDER))
    row = kept.drive(row)
    assert row.state == State.SUCCEEDED
    (job,) = kept.sandbox.rows("Job")
    assert job["_Tracking"] == "1Z1" and "2026" in str(job["_Shipped"])
    second = replace(shipped, shipment_id="2", tracking=(Tracking(number="1Z2"),))
    shipment_ingest(kept.source, second)
    kept.drive(Replication.objects.filter(kind=Kind.SHIPMENT).latest("id"))
    assert kept.sandbox.rows("Job")[0]["_Tracking"] == "1Z1, 1Z2"


def test_an_affiliate_becomes_a_partner_and_gets_the_orders(kept):
    settings_of(kept, affiliates_enabled=True, affiliate_tags="Partner", affiliate_partner="create")
    party = Party(first_name="Bob", last_name="Partner")
    data = AffiliateData(
        shop_affiliate_id="77", code="BOB", version_at=PLACED_AT, email="bob@example.com", party=party
    )
    affiliate_ingest(kept.source, data)
    row = kept.drive(one(Kind.AFFILIATE))
    assert row.state == State.SUCCEEDED, row.reason
    (partner,) = kept.sandbox.rows("Affiliate")
    assert partner["AffCode"] == "affBOB" and tags_of(kept) == {"Partner"}
    order_ingest(kept.source, order_data(affiliates=("77",)))
    row = kept.drive(one(Kind.ORDER))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    (invoice,) = kept.sandbox.rows("Invoice")
    assert (invoice["LeadAffiliateId"], invoice["AffiliateId"]) == (partner["Id"], partner["Id"])


def test_an_order_gets_its_partner_though_look_ups_do_not_show_it_yet(kept):
    settings_of(kept, affiliates_enabled=True, affiliate_partner="create")
    kept.sandbox.options(read_lag_seconds=30)
    party = Party(first_name="Bob", last_name="Partner")
    data = AffiliateData(
        shop_affiliate_id="77", code="BOBBY", version_at=PLACED_AT, email="bob@example.com", party=party
    )
    affiliate_ingest(kept.source, data)
    assert kept.drive(one(Kind.AFFILIATE)).state == State.SUCCEEDED
    order_ingest(kept.source, order_data(affiliates=("77",)))

    def planned(moment: str) -> None:
        if moment == "planned":
            kept.sandbox.options(read_lag_seconds=0)

    row = kept.drive(one(Kind.ORDER), watch=planned)
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    (partner,) = kept.sandbox.rows("Affiliate")
    assert kept.sandbox.rows("Invoice")[0]["LeadAffiliateId"] == partner["Id"]


def test_a_refund_and_a_cancellation_tag_and_note_and_leave_the_money(kept):
    settings_of(kept, refund_tags="Refunded", cancelled_tags="Refunded")
    order_ingest(kept.source, order_data())
    kept.drive(one(Kind.ORDER))
    money = (kept.sandbox.rows("OrderItem"), kept.sandbox.rows("Payment"))
    refund_ingest(
        kept.source,
        RefundData(
            shop_order_id="DEMO-1001", refund_id="r1", amount=Decimal("5"), currency="USD",
            refunded_at=PLACED_AT + timedelta(days=1), reason="Broken",
        ),
    )  # fmt: skip
    row = kept.drive(Replication.objects.filter(kind=Kind.ORDER).latest("id"))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning") and "5.00 USD" in row.reason, row.reason
    assert "Refunded" in tags_of(kept)
    (note,) = kept.sandbox.rows("ContactAction")
    assert "tea order DEMO-1001 refunded 5.00" in str(note)
    late = PLACED_AT + timedelta(days=2)
    order_ingest(kept.source, order_data(stage=Stage.REJECTED, shop_stage="Rejected", version_at=late))
    row = kept.drive(Replication.objects.filter(kind=Kind.ORDER).latest("id"))
    assert row.state == State.SUCCEEDED and "cancelled" in row.reason
    assert len(kept.sandbox.rows("ContactAction")) == 2
    assert money == (kept.sandbox.rows("OrderItem"), kept.sandbox.rows("Payment"))
