"""Abandoned Cart → Contact: who left a cart is tagged, and no longer once the cart was bought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from carts.models import AbandonedCart
from cascade.models import JournalEntry, Replication
from cascade.services import replication_resend
from cascade.shop.names import ShopKind as Kind
from tests.ultracart import deliveries
from tests.ultracart.conftest import Merchant

State = Replication.State
LEFT, DOGS, BOWLS = "Left a cart", "Likes dogs", "Likes bowls"


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    merchant.make_tags(LEFT, DOGS, BOWLS)
    merchant.set(cart_tags=LEFT)
    merchant.connection.product_tags.create(item_id="BONE", tag_name=DOGS)
    merchant.connection.product_tags.create(item_id="BOWL", tag_name=BOWLS)
    return merchant


def leaves(shop: Merchant, *carts: dict[str, Any]) -> Replication:
    """Deliver carts, work, and give the latest replication of a cart."""
    shop.deliver(*({"checkout_cart_abandon": each} for each in carts or (deliveries.cart(),)))
    shop.work()
    return shop.latest(Kind.CART)


def ago(**since: float) -> str:
    return (datetime.now(UTC) - timedelta(**since)).isoformat()


def test_whoever_leaves_a_cart_becomes_a_contact_with_the_tag(shop):
    row = leaves(shop)
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert (shop.contact()["FirstName"], shop.contact()["LastName"]) == ("Ada", "Example")
    assert shop.tags() == {LEFT}
    assert shop.sandbox.rows("Job") == shop.sandbox.rows("Invoice") == []


def test_without_a_contact_tag_carts_are_not_sent(shop):
    shop.set(cart_tags="")
    row = leaves(shop)
    assert row.state == State.SKIPPED and "no Contact Tag is set" in row.reason
    assert shop.sandbox.rows("Contact") == []
    shop.set(cart_tags=LEFT)
    replication_resend(row, user=None)
    shop.work()
    assert shop.tags() == {LEFT}


def test_a_tag_that_the_crm_lacks_is_named_and_the_others_are_given(shop):
    shop.set(cart_tags=f"{LEFT}, No such tag")
    row = leaves(shop)
    assert (row.state, row.level) == (State.SUCCEEDED, "error")
    assert "“No such tag” is not in the CRM" in row.reason
    assert shop.tags() == {LEFT}


def test_ticked_products_gives_the_product_tags_too(shop):
    shop.set(cart_product_tags=True)
    leaves(shop, deliveries.cart(items=[{"item_id": "BONE"}, {"item_id": "BOWL"}, {"item_id": "OTHER"}]))
    assert shop.tags() == {LEFT, DOGS, BOWLS}


def test_a_cart_bought_before_it_is_told_gives_no_tag(shop):
    shop.sends(deliveries.order(cart_id="CART-1"))
    row = leaves(shop)
    assert row.state == State.SKIPPED and "the cart was bought by order" in row.reason
    assert shop.tags() == {DOGS, BOWLS}


@pytest.mark.parametrize(
    ("order", "bought"),
    [
        ({"cart_id": "CART-1"}, True),
        ({"creation_dts": ago(minutes=30)}, True),
        ({"creation_dts": ago(minutes=30), "billing": {"email": " ADA@Example.com "}}, True),
        ({"creation_dts": ago(minutes=30), "billing": {"email": "bob@example.com"}}, False),
        ({"creation_dts": ago(hours=20)}, True),
        ({"creation_dts": ago(hours=20), **deliveries.priced([deliveries.item("LEASH")])}, False),
        ({"creation_dts": ago(hours=27)}, False),
        ({"creation_dts": ago(minutes=30), "current_stage": "Accounts Receivable"}, True),
        ({"creation_dts": ago(minutes=30), "current_stage": "Rejected"}, False),
    ],
    ids=[
        "the same cart", "placed after it was left", "e-mail in other letters", "another buyer",
        "a shared item the day before", "no shared item the day before", "longer ago", "not paid yet",
        "rejected by the shop",
    ],
)  # fmt: skip
def test_what_buys_a_cart(shop, order, bought):
    leaves(shop)
    shop.sends(deliveries.order(**order))
    assert (AbandonedCart.objects.get().bought_at is not None) is bought
    assert (LEFT in shop.tags(shop.sandbox.rows("Contact")[0]["Email"])) is not bought


def test_buying_the_cart_withdraws_its_tags_but_none_that_the_order_gives(shop):
    shop.set(cart_product_tags=True)
    items = [{"item_id": "BONE"}, {"item_id": "BOWL"}]
    leaves(shop, deliveries.cart(items=items))
    assert shop.tags() == {LEFT, DOGS, BOWLS}
    shop.sends(deliveries.order(cart_id="CART-1", **deliveries.priced([deliveries.item("BONE")])))
    row = shop.latest(Kind.CART)
    assert row.state == State.SUCCEEDED and shop.tags() == {DOGS}
    assert len(shop.sandbox.rows("Contact")) == len(shop.sandbox.rows("Job")) == 1


def test_a_tag_that_the_contact_had_before_is_not_taken_away(shop):
    known = shop.sandbox.seed(Contact=[{"Email": "ada@example.com"}])["Contact"][0]
    tag = next(row["Id"] for row in shop.sandbox.rows("ContactGroup") if row["GroupName"] == LEFT)
    shop.sandbox.seed(ContactGroupAssign=[{"ContactId": known, "GroupId": tag}])
    leaves(shop)
    shop.sends(deliveries.order(cart_id="CART-1"))
    assert AbandonedCart.objects.get().bought_at and LEFT in shop.tags()


def test_a_cart_bought_while_it_is_sent_is_withdrawn(shop):
    shop.deliver({"checkout_cart_abandon": deliveries.cart()})

    def buy(moment: str) -> None:
        if moment == "after apply_tags" and not AbandonedCart.objects.get().bought_at:
            shop.deliver(deliveries.order(cart_id="CART-1"))

    shop.drive(shop.latest(Kind.CART), watch=buy)
    shop.work()
    assert AbandonedCart.objects.get().bought_at and LEFT not in shop.tags()


def test_a_cart_without_a_usable_e_mail_is_skipped_with_the_reason(shop):
    row = leaves(shop, deliveries.cart(billing={"email": ""}))
    assert row.state == State.SKIPPED and "no e-mail address" in row.reason
    row = leaves(shop, deliveries.cart("CART-2", billing={"email": "ada"}))
    assert row.state == State.SKIPPED and "not a usable address" in row.reason
    assert shop.sandbox.rows("Contact") == []


def test_the_e_mail_may_come_with_a_later_version_of_the_cart(shop):
    leaves(shop, deliveries.cart(billing={"email": ""}))
    row = leaves(shop)
    assert row.state == State.SUCCEEDED and shop.tags() == {LEFT}


def test_the_mailing_list_filter_holds_for_carts_too(shop):
    shop.set(mailing_list_filter=True)
    row = leaves(shop)
    assert row.state == State.SKIPPED and "did not tick the mailing list box" in row.reason
    row = leaves(shop, deliveries.cart("CART-2", marketing={"mailing_list_opt_in": True}))
    assert row.state == State.SUCCEEDED and shop.tags() == {LEFT}


def test_a_cart_delivered_twice_is_tagged_once(shop):
    leaves(shop, deliveries.cart(), deliveries.cart())
    leaves(shop)
    assert Replication.objects.filter(kind=Kind.CART).count() == 1
    assert len(shop.sandbox.effects("contact.tagged")) == 1


def test_two_carts_of_one_buyer_are_one_contact_and_both_are_bought(shop):
    shop.set(cart_product_tags=True)
    leaves(shop, deliveries.cart(), deliveries.cart("CART-2", items=[{"item_id": "BOWL"}]))
    assert len(shop.sandbox.rows("Contact")) == 1 and shop.tags() == {LEFT, DOGS, BOWLS}
    bought = deliveries.priced([deliveries.item("BONE")])
    shop.sends(deliveries.order(creation_dts=ago(minutes=5), **bought))
    assert AbandonedCart.objects.filter(bought_at__isnull=False).count() == 2
    assert shop.tags() == {DOGS}


def test_a_cart_that_is_still_left_keeps_the_tag_that_it_shares_with_a_bought_one(shop):
    leaves(shop)
    leaves(shop, deliveries.cart("CART-2", items=[{"item_id": "BOWL"}]))
    bought = deliveries.priced([deliveries.item("BONE")])
    shop.sends(deliveries.order(cart_id="CART-1", **bought))  # placed long before the second was left
    assert [cart.cart_id for cart in AbandonedCart.objects.filter(bought_at=None)] == ["CART-2"]
    assert shop.tags() == {LEFT, DOGS}
    shop.sends(deliveries.order("SHOP-2", cart_id="CART-2", **bought))
    assert shop.tags() == {DOGS}


def test_while_the_integration_is_off_nothing_is_tagged_or_withdrawn(shop):
    leaves(shop)
    shop.set(enabled=False)
    row = leaves(shop, deliveries.cart("CART-2", billing={"email": "bob@example.com"}))
    assert row.state == State.SKIPPED and "integration is off" in row.reason
    shop.sends(deliveries.order(cart_id="CART-1"))
    row = shop.latest(Kind.CART)
    assert row.state == State.SKIPPED and "tags stay for now" in row.reason
    assert shop.tags() == {LEFT} and len(shop.sandbox.rows("Contact")) == 1
    shop.set(enabled=True)
    replication_resend(row, user=None)
    shop.work()
    assert LEFT not in shop.tags()


def test_the_withdrawal_is_sent_once(shop):
    leaves(shop)
    shop.sends(deliveries.order(cart_id="CART-1"))
    shop.sends(deliveries.order(cart_id="CART-1", billing={"company": "Example Ltd"}))
    leaves(shop)
    assert len(shop.sandbox.effects("contact.untagged")) == 1
    assert JournalEntry.objects.filter(kind="remove_tag").count() == 1
