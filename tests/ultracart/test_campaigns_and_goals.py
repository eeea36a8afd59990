"""Product → Campaign and Goal Achievement: what an order's items start in the CRM."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from cascade.models import Replication
from cascade.services import replication_resend
from tests.ultracart import deliveries
from tests.ultracart.conftest import Merchant

State = Replication.State


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    """Action sets 31 and 32; goals of teashop: bone, bowl, any."""
    goals = ("bone", "bowl", "any")
    merchant.sandbox.seed(
        ActionSequence=[{"Id": 31, "TemplateName": "Bones"}, {"Id": 32, "TemplateName": "Bowls"}],
        FunnelCampaign=[{"Id": 7, "Name": "Buyers", "Published": 1}],
        FunnelGoal=[{"CampaignId": 7, "Integration": "teashop", "CallName": name} for name in goals],
    )
    return merchant


def goal(shop: Merchant, trigger: str, value: object, call_name: str = "bone") -> None:
    shop.connection.product_goals.create(
        trigger=trigger, value=str(value), integration="teashop", call_name=call_name
    )


def achieved(shop: Merchant) -> list[str]:
    return [effect["values"]["call_name"] for effect in shop.sandbox.effects("goal.achieved")]


def runs(shop: Merchant) -> list[int]:
    return [effect["ids"]["action_set"] for effect in shop.sandbox.effects("action_set.run")]


def product(shop: Merchant, name: str) -> int:
    return next(row["Id"] for row in shop.sandbox.rows("Product") if row["ProductName"] == name)


def category(shop: Merchant, name: str, *items: str) -> int:
    """A product category of the CRM that holds the products of these names."""
    (made,) = shop.sandbox.seed(ProductCategory=[{"CategoryDisplayName": name}])["ProductCategory"]
    rows = [{"ProductId": product(shop, item), "ProductCategoryId": made} for item in items]
    shop.sandbox.seed(ProductCategoryAssign=rows)
    return made


def read_categories(shop: Merchant) -> None:
    kinds = ["product_category", "product_assignment"]
    call_command("directory_refresh", shop.connection.pk, kind=kinds, verbosity=0, stdout=StringIO())


# -- Product → Campaign ---------------------------------------------------------------------------------


def action_sets(shop: Merchant) -> None:
    for item_id, action_set_id in (("BONE", 31), ("BOWL", 32), ("BOWL", 31), ("OTHER", 32)):
        shop.connection.product_action_sets.create(item_id=item_id, action_set_id=action_set_id)


@pytest.mark.parametrize("protocol", ["xmlrpc", "automatic"])
def test_each_product_triggers_its_action_sets_once_per_order(merchant_on, protocol):
    shop = merchant_on(protocol)
    shop.sandbox.seed(ActionSequence=[{"Id": 31, "TemplateName": "A"}, {"Id": 32, "TemplateName": "B"}])
    action_sets(shop)
    row = shop.sends(deliveries.order())
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert runs(shop) == [31, 31, 32]  # the bone's, then both of the bowl, however many were bought
    shop.sends(deliveries.order(billing={"company": "Example Ltd"}))
    assert len(runs(shop)) == 3
    shop.sends(deliveries.order("SHOP-2"))
    assert len(runs(shop)) == 6


def test_rest_explains_that_it_has_no_action_sets_and_does_the_rest(merchant_on):
    shop = merchant_on("rest")
    action_sets(shop)
    row = shop.sends(deliveries.order())
    assert (row.state, row.level, row.setting) == (State.SUCCEEDED, "error", "credentials")
    assert "REST has no action sets. Use a goal instead" in row.reason
    assert [payment["PayAmt"] for payment in shop.sandbox.rows("Payment")] == ["56.85"]


def test_action_sets_wait_for_the_orders_success_and_follow_the_contact_where_none_is_made(merchant_on):
    shop = merchant_on("xmlrpc")
    shop.sandbox.seed(ActionSequence=[{"Id": 31, "TemplateName": "A"}])
    shop.connection.product_action_sets.create(item_id="UNMAPPED", action_set_id=31)
    unmapped = deliveries.order(**deliveries.priced([deliveries.item("UNMAPPED")]))
    assert (shop.sends(unmapped).state, runs(shop)) == (State.FAILED, [])
    shop.set(skip_order_creation=True)
    replication_resend(shop.latest(), user=None)
    shop.work()
    assert (shop.latest().state, runs(shop)) == (State.SUCCEEDED, [31])


# -- Goal Achievement -----------------------------------------------------------------------------------


def test_a_goal_by_item_id(shop):
    goal(shop, "item", "BONE")
    goal(shop, "item", "bowl", "bowl")  # letter case counts
    row = shop.sends(deliveries.order())
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert achieved(shop) == ["bone"]


def test_a_goal_by_folder_id(shop):
    shop.connection.item_folders.create(item_id="BONE", folder_id="treats")
    shop.connection.item_folders.create(item_id="OTHER", folder_id="other")
    goal(shop, "folder", "treats")
    goal(shop, "folder", "other", "bowl")
    shop.sends(deliveries.order())
    assert achieved(shop) == ["bone"]


def test_an_integer_is_a_products_id_and_anything_else_its_name(shop):
    goal(shop, "product", product(shop, "BONE"))
    goal(shop, "product", "BOWL", "bowl")
    shop.sends(deliveries.order(**deliveries.priced([deliveries.item("BONE")])))
    assert achieved(shop) == ["bone"]
    shop.sends(deliveries.order("SHOP-2", **deliveries.priced([deliveries.item("BOWL")])))
    assert achieved(shop) == ["bone", "bowl"]


def test_a_product_is_the_one_that_the_item_is_mapped_to(shop):
    shop.connection.product_mappings.create(item_id="SKU-9", crm_product_id=product(shop, "BOWL"))
    goal(shop, "product", "BOWL", "bowl")
    shop.sends(deliveries.order(**deliveries.priced([deliveries.item("SKU-9")])))
    assert achieved(shop) == ["bowl"]


def test_a_goal_by_product_category_id_and_name(shop):
    toys = category(shop, "Toys", "BONE")
    category(shop, "Kitchen", "BOWL")
    read_categories(shop)
    goal(shop, "category", toys)
    goal(shop, "category", "Kitchen", "bowl")
    shop.sends(deliveries.order(**deliveries.priced([deliveries.item("BONE")])))
    assert achieved(shop) == ["bone"]
    shop.sends(deliveries.order("SHOP-2", **deliveries.priced([deliveries.item("BOWL")])))
    assert achieved(shop) == ["bone", "bowl"]


def test_categories_that_were_not_read_yet_are_a_warning_and_a_resend_makes_up_for_it(shop):
    category(shop, "Toys", "BONE")
    goal(shop, "category", "Toys")
    row = shop.sends(deliveries.order())
    assert (row.state, row.level, achieved(shop)) == (State.SUCCEEDED, "warning", [])
    assert "product categories have not been read yet" in row.reason
    read_categories(shop)
    replication_resend(row, user=None)
    shop.work()
    assert (shop.latest().level, achieved(shop)) == ("info", ["bone"])


def test_a_goal_that_several_items_call_for_is_achieved_once_per_order(shop):
    for item_id in ("BONE", "BOWL", "LEASH"):
        goal(shop, "item", item_id, "any")
    goal(shop, "product", "BONE", "any")
    shop.sends(deliveries.order())
    shop.sends(deliveries.order(billing={"company": "Example Ltd"}))
    assert achieved(shop) == ["any"]
    shop.sends(deliveries.order("SHOP-2"))
    assert achieved(shop) == ["any", "any"]


def test_no_goals_were_configured_is_a_warning_and_a_resend_asks_again(shop):
    goal(shop, "item", "BONE", "later")
    row = shop.sends(deliveries.order())
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "No goal was achieved for teashop/later. No Goals were configured" in row.reason
    shop.sandbox.seed(FunnelGoal=[{"CampaignId": 7, "Integration": "teashop", "CallName": "later"}])
    for _ in range(2):
        replication_resend(shop.latest(), user=None)
        shop.work()
    assert (shop.latest().level, achieved(shop)) == ("info", ["later"])


def test_goals_wait_for_the_orders_success(shop):
    goal(shop, "item", "UNMAPPED", "any")
    shop.make_tags("Customer")
    shop.set(contact_tags="Customer")
    row = shop.sends(deliveries.order(**deliveries.priced([deliveries.item("UNMAPPED")])))
    assert (row.state, achieved(shop), shop.tags()) == (State.FAILED, [], {"Customer"})
    shop.connection.product_mappings.create(item_id="UNMAPPED", crm_product_id=product(shop, "BONE"))
    replication_resend(row, user=None)
    shop.work()
    assert (shop.latest().state, achieved(shop)) == (State.SUCCEEDED, ["any"])


def test_goals_follow_the_contact_where_no_order_is_made(shop):
    goal(shop, "item", "BONE")
    shop.set(skip_order_creation=True)
    shop.sends(deliveries.order())
    assert (achieved(shop), shop.sandbox.rows("Job")) == (["bone"], [])
