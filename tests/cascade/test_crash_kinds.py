"""The crash sweep of all that is not an order's money: carts, withdrawals, affiliates, parcels, refunds, and
what a contact gets beside its values. Each effect once, on both protocols, wherever a run was cut off.

The points are recorded, not listed, as in the sweep of the blank order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from carts.ingest.orders import order_ingest
from carts.ingest.records import affiliate_ingest, cart_ingest, refund_ingest, shipment_ingest
from carts.models import AbandonedCart, Affiliate, Order, Refund, Shipment
from carts.order_data import Coupon, OrderLineData
from carts.record_data import AffiliateData, CartData, RefundData, ShipmentData, Tracking
from cascade.engine.replicate import replication_run
from cascade.models import ContactLink, JournalEntry, Replication
from cascade.shop.names import ShopKind as Kind
from intake.party import Party
from mappings.models import DirectoryEntry
from tests.cascade.conftest import Shop, seed_catalogue
from tests.cascade.test_crash_sweep import Killed, has_landed, kill_at, lease_end, wait_until
from tests.factories import PLACED_AT, order_data

State = Replication.State
LEFT_AT = PLACED_AT - timedelta(days=1)
pytestmark = pytest.mark.embedded


# -- what is sent ---------------------------------------------------------------------------------------


def a_cart(shop: Shop) -> None:
    line = OrderLineData(key="1", item_id="CHEW", title="Chew", quantity=Decimal(1), unit_price=Decimal(5))
    party = Party(first_name="Ada", last_name="Example")
    data = CartData(
        cart_id="C-1",
        version_at=LEFT_AT,
        email="ada@example.com",
        billing=party,
        currency="USD",
        lines=(line,),
    )
    cart_ingest(shop.source, data)


def a_bought_cart(shop: Shop) -> None:
    a_cart(shop)
    shop.drive(newest(Kind.CART))
    order_ingest(shop.source, order_data())
    Replication.objects.filter(kind=Kind.ORDER).delete()


def an_affiliate(shop: Shop) -> None:
    data = AffiliateData(
        shop_affiliate_id="77", code="BOBBY", version_at=PLACED_AT, email="bob@example.com",
        party=Party(first_name="Bob", last_name="Partner"),
    )  # fmt: skip
    affiliate_ingest(shop.source, data)


def a_parcel(shop: Shop) -> None:
    order_ingest(shop.source, order_data())
    shop.drive(newest(Kind.ORDER))
    data = ShipmentData(
        shop_order_id="DEMO-1001", shipment_id="1", version_at=PLACED_AT, tracking=(Tracking(number="1Z1"),)
    )
    shipment_ingest(shop.source, data)


def a_refund(shop: Shop) -> None:
    order_ingest(shop.source, order_data())
    shop.drive(newest(Kind.ORDER))
    refund_ingest(shop.source, refund_data("5.50", days=1))


def a_withdrawn_refund(shop: Shop) -> None:
    a_refund(shop)
    shop.drive(newest(Kind.ORDER))
    refund_ingest(shop.source, refund_data("0", days=2))


def a_refund_again(shop: Shop) -> None:
    a_withdrawn_refund(shop)
    shop.drive(newest(Kind.ORDER))
    refund_ingest(shop.source, refund_data("5.50", days=3))


def refund_data(amount: str, *, days: int) -> RefundData:
    """The refund as the shop tells it after so many days; of nothing once it is withdrawn."""
    return RefundData(
        shop_order_id="DEMO-1001", refund_id="1", amount=Decimal(amount), currency="USD",
        refunded_at=PLACED_AT + timedelta(days=1), version_at=PLACED_AT + timedelta(days=days),
    )  # fmt: skip


def a_contact(shop: Shop) -> None:
    """An order that only makes its buyer: lead source, opt-in and owner."""
    shop.connection.skip_order_creation = True
    shop.connection.save()
    coupons = (Coupon(code="SPRING"),)
    order_ingest(shop.source, order_data(coupons=coupons, mailing_list=True, sales_rep="OO"))


# -- what the account holds then ------------------------------------------------------------------------


def the_account(shop: Shop) -> dict[str, Any]:
    """All that may be there too often, without the ids."""
    rows = shop.sandbox.rows
    tags = {row["Id"]: row["GroupName"] for row in rows("ContactGroup")}
    return {
        "contacts": sorted(row["Email"] for row in rows("Contact")),
        "owners": [bool(row.get("OwnerID")) for row in rows("Contact")],
        "led": [bool(row.get("LeadSourceId")) for row in rows("Contact")],
        "tags": sorted(tags[row["GroupId"]] for row in rows("ContactGroupAssign")),
        "partners": [row["AffCode"] for row in rows("Affiliate")],
        "lead sources": [row["Name"] for row in rows("LeadSource")],
        "notes": len(rows("ContactAction")),
        "parcels": [row.get("_Tracking") for row in rows("Job")],
        "paid": [row["PayAmt"] for row in rows("Payment")],
        "lines": len(rows("OrderItem")),
    }


SENDS: dict[str, tuple[Callable[[Shop], None], str]] = {
    "a cart": (a_cart, Kind.CART),
    "a withdrawal": (a_bought_cart, Kind.CART),
    "an affiliate": (an_affiliate, Kind.AFFILIATE),
    "a parcel": (a_parcel, Kind.SHIPMENT),
    "a refund": (a_refund, Kind.ORDER),
    "a withdrawn refund": (a_withdrawn_refund, Kind.ORDER),
    "a refund again": (a_refund_again, Kind.ORDER),
    "a contact": (a_contact, Kind.ORDER),
}
LONGEST = ("a refund", "a withdrawn refund", "a refund again", "a contact")
HOLDS: dict[str, dict[str, Any]] = {
    "a cart": {"contacts": ["ada@example.com"], "tags": ["Left a cart", "Likes dogs"]},
    "a withdrawal": {"contacts": ["ada@example.com"], "tags": []},
    "an affiliate": {"contacts": ["bob@example.com"], "tags": ["Partner"], "partners": ["BOBBY"]},
    "a parcel": {"parcels": ["1Z1"], "lines": 5},
    "a refund": {"notes": 1, "tags": ["Customer", "Dog owner", "Refunded"], "lines": 5},
    "a withdrawn refund": {"notes": 2, "tags": ["Customer", "Dog owner"], "lines": 5},
    "a refund again": {"notes": 3, "tags": ["Customer", "Dog owner", "Refunded"], "lines": 5},
    "a contact": {"owners": [True], "led": [True], "lead sources": ["SPRING"], "lines": 0},
}


def newest(kind: str) -> Replication:
    return Replication.objects.filter(kind=kind).latest("id")


@dataclass
class Sweep:
    shop: Shop
    name: str

    def start_over(self) -> Replication:
        for model in (Replication, JournalEntry, DirectoryEntry, ContactLink):
            model.objects.all().delete()
        for told in (AbandonedCart, Affiliate, Shipment, Refund, Order):
            told.objects.all().delete()
        self.shop.sandbox.reset()
        seed(self.shop)
        send, kind = SENDS[self.name]
        send(self.shop)
        return newest(kind)

    def moments(self) -> list[str]:
        self.shop.drive(self.start_over())  # from now on the account's custom fields are remembered
        found: list[str] = []
        replication_run(self.start_over().pk, watch=found.append)
        self.holds("no crash at all")
        return found

    def calls(self) -> list[str]:
        """The requests of the run itself, by their number among all since the account was emptied."""
        replication = self.start_over()
        before = len(self.shop.sandbox.calls())
        self.shop.drive(replication)
        return [call["method"] for call in self.shop.sandbox.calls()[before:]]

    def recovers(self, replication: Replication, point: str) -> None:
        lease_end(replication)
        ended = self.shop.drive(replication)
        assert ended.state == State.SUCCEEDED, f"{point}: {ended.state} {ended.reason}"
        self.holds(point)

    def holds(self, point: str) -> None:
        account = the_account(self.shop)
        wanted = HOLDS[self.name]
        assert {name: account[name] for name in wanted} == wanted, f"after {point}"


def seed(shop: Shop) -> None:
    seed_catalogue(shop.sandbox)
    names = ("Left a cart", "Likes dogs", "Partner", "Refunded")
    shop.sandbox.seed(
        ContactGroup=[{"GroupName": name} for name in names],
        DataFormField=[{"FormId": -9, "Name": "Tracking", "Label": "Tracking", "DataType": 15}],
        User=[{"Id": 7, "FirstName": "Olga", "LastName": "Owner", "Email": "olga@example.com"}],
    )


@pytest.fixture(params=["xmlrpc", "rest"])
def on(shop: Shop, request: pytest.FixtureRequest, settings: Any) -> Callable[[str], Sweep]:
    settings.SETTLE_SECONDS = 0.2
    values = {
        "protocol": request.param, "cart_tags": "Left a cart", "cart_product_tags": True,
        "affiliates_enabled": True, "affiliate_tags": "Partner", "affiliate_partner": "create",
        "refund_tags": "Refunded", "mailing_list_opt_in": True, "lead_source_field": "coupon",
        "create_lead_source": True,
    }  # fmt: skip
    for name, value in values.items():
        setattr(shop.connection, name, value)
    shop.connection.save()
    shop.connection.product_tags.create(item_id="CHEW", tag_name="Likes dogs")
    shop.connection.shipping_fields.create(shipping_key="tracking_numbers", crm_field="_Tracking")
    shop.connection.sales_reps.create(code="OO", user_id=7)
    return lambda name: Sweep(shop, name)


@pytest.mark.parametrize("name", SENDS)
def test_a_worker_that_vanishes_at_any_moment_loses_and_doubles_nothing(on, name):
    sweep = on(name)

    def vanish() -> None:
        raise Killed

    for number, moment in enumerate(sweep.moments(), start=1):
        if number % 2 and sweep.shop.connection.protocol == "rest" and name in LONGEST:
            continue  # over XML-RPC each moment of them is tried
        replication = sweep.start_over()
        with pytest.raises(Killed):
            replication_run(replication.pk, watch=kill_at(number, vanish))
        sweep.recovers(replication, f"vanishing {moment} ({number})")


@pytest.mark.parametrize("name", SENDS)
def test_a_lost_reply_at_any_call_loses_and_doubles_nothing(on, name):
    sweep = on(name)
    for number, method in enumerate(sweep.calls(), start=1):
        replication = sweep.start_over()
        sweep.shop.sandbox.faults({"method": "*", "call": number, "do": "drop_after"})
        sweep.recovers(replication, f"the lost reply of {method} ({number})")


@pytest.mark.long
@pytest.mark.parametrize("fault", ["drop_before", "drop_late"])
@pytest.mark.parametrize("name", SENDS)
def test_a_call_that_never_arrives_or_takes_effect_late_is_made_good_once(on, name, fault, settings):
    settings.SETTLE_SECONDS = 0.8
    sweep = on(name)
    late = {"seconds": 0.4} if fault == "drop_late" else {}
    for number, method in enumerate(sweep.calls(), start=1):
        replication = sweep.start_over()
        before = len(sweep.shop.sandbox.calls())
        sweep.shop.sandbox.faults({"method": "*", "call": number, "do": fault, **late})
        point = f"{fault} at {method} ({number})"
        sweep.recovers(replication, point)
        if late:
            wait_until(partial(has_landed, sweep.shop, before + number))  # only now can a second one be seen
            sweep.holds(point)
