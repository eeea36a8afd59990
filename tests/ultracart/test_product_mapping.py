"""Order → Product mapping: the merchant's table, then the CRM product of the item's exact name."""

from __future__ import annotations

import pytest

from cascade.models import Replication
from cascade.services import replication_resend
from tests.ultracart import deliveries
from tests.ultracart.deliveries import item, priced

State = Replication.State


def make_product(merchant, name: str, **values) -> int:
    row = {"ProductName": name, "ProductPrice": "10.00", "Status": 1, **values}
    (product_id,) = merchant.sandbox.seed(Product=[row])["Product"]
    return product_id


def products(merchant) -> list[int]:
    return [row["ProductId"] for row in merchant.sandbox.rows("OrderItem")]


def paid(merchant) -> list[str]:
    return [row["PayAmt"] for row in merchant.sandbox.rows("Payment")]


def test_a_mapped_item_is_its_product_whatever_their_names(merchant):
    product_id = make_product(merchant, "Chew bone, large")
    merchant.connection.product_mappings.create(item_id="BONE", crm_product_id=product_id)
    row = merchant.sends(deliveries.order(**priced([item("BONE")])))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert products(merchant) == [product_id]


def test_a_mapped_product_that_is_gone_stops_before_the_payment_and_is_cured_by_mapping_anew(merchant):
    merchant.connection.product_mappings.create(item_id="BONE", crm_product_id=99_999)
    row = merchant.sends(deliveries.order(**priced([item("BONE"), item("BOWL", 1, 5, index=2)])))
    assert (row.state, row.setting, paid(merchant)) == (State.FAILED, "products", [])
    assert ("“tea order SHOP-0000000101”" if merchant.rest else "“Bone” (product 99999)") in row.reason
    merchant.connection.product_mappings.update(crm_product_id=make_product(merchant, "Chew bone"))
    row = merchant.drive(replication_resend(row, user=None))
    assert (row.state, paid(merchant)) == (State.SUCCEEDED, ["15.00"]), row.reason
    assert len(merchant.sandbox.rows("Job")) == 1


def test_without_a_mapping_the_product_of_the_items_name_is_used(merchant):
    product_id = make_product(merchant, "PUPPY")
    row = merchant.sends(deliveries.order(**priced([item("PUPPY")])))
    assert (row.level, products(merchant)) == ("info", [product_id])


def test_the_search_is_case_sensitive_and_an_item_without_a_match_is_left_out_with_an_error(merchant):
    make_product(merchant, "puppy")
    row = merchant.sends(deliveries.order(**priced([item("BONE"), item("PUPPY", 1, 5, index=2)])))
    assert (row.state, row.level) == (State.SUCCEEDED, "error")
    assert "Item PUPPY was left out (5.00 USD)" in row.reason
    assert (len(products(merchant)), paid(merchant)) == (1, ["10.00"])


def test_an_item_mapped_later_gets_its_line_and_its_own_payment_by_a_resend(merchant):
    row = merchant.sends(deliveries.order(**priced([item("BONE"), item("PUPPY", 1, 5, index=2)])))
    product_id = make_product(merchant, "Puppy food")
    merchant.connection.product_mappings.create(item_id="PUPPY", crm_product_id=product_id)
    row = merchant.drive(replication_resend(row, user=None))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert (products(merchant)[1], paid(merchant)) == (product_id, ["10.00", "5.00"])


def test_an_item_without_a_product_can_be_sent_as_a_named_line(merchant):
    merchant.set(unresolved_lines="named_line")
    row = merchant.sends(deliveries.order(**priced([item("BONE"), item("PUPPY", 1, 5, index=2)])))
    assert (row.state, row.level, paid(merchant)) == (State.SUCCEEDED, "warning", ["15.00"])


@pytest.mark.parametrize("skips", [False, True])
def test_without_any_product_the_order_is_an_error_but_the_contacts_tags_come(merchant, skips):
    merchant.make_tags("Customer", "Dog owner")
    merchant.set(contact_tags="Customer", skip_order_creation=skips)
    merchant.connection.product_tags.create(item_id="PUPPY", tag_name="Dog owner")
    row = merchant.sends(deliveries.order(**priced([item("PUPPY")])))
    if skips:
        assert (row.state, row.level) == (State.SUCCEEDED, "info")
    else:
        assert (row.state, row.level, row.setting) == (State.FAILED, "error", "products")
        assert "None of the order's items has a product" in row.reason
    assert merchant.tags() == {"Customer", "Dog owner"}
    assert merchant.sandbox.rows("Job") == merchant.sandbox.rows("Payment") == []


def test_the_one_sentence_of_the_log_is_the_worst(merchant_on):
    """Not the first: a missing custom field or action set is less than an order or a line that is missing."""
    merchant = merchant_on("rest")
    merchant.connection.field_mappings.create(target="order", shop_field="currency", crm_field="_Nowhere")
    row = merchant.sends(deliveries.order("A", **priced([item("BONE"), item("NOWHERE", index=2)])))
    assert (row.state, row.level) == (State.SUCCEEDED, "error")
    assert "NOWHERE" in row.reason and "_Nowhere" not in row.reason
    merchant.set(contact_action_set_id=7)
    row = merchant.sends(deliveries.order("B", **priced([item("NOWHERE")])))
    assert (row.state, row.setting) == (State.FAILED, "products"), row.reason
    assert "action sets" not in row.reason
