"""Product → Contacts: what was bought gives its tags to the contact."""

from __future__ import annotations

from cascade.models import Replication
from tests.ultracart import deliveries
from tests.ultracart.deliveries import item, priced

State = Replication.State


def map_tags(merchant, **tags: str) -> None:
    merchant.make_tags(*dict.fromkeys(tags.values()))
    for item_id, name in tags.items():
        merchant.connection.product_tags.create(item_id=item_id, tag_name=name)


def test_each_item_with_a_tag_mapping_gives_its_tag(merchant):
    map_tags(merchant, BONE="Dog owner", LEASH="Walks", CATNIP="Cat owner")
    row = merchant.sends(deliveries.order())
    assert (row.level, merchant.tags()) == ("info", {"Dog owner", "Walks"})


def test_an_item_may_have_several_tags_and_two_items_the_same(merchant):
    map_tags(merchant, BONE="Dog owner", LEASH="Dog owner")
    merchant.make_tags("Chews")
    merchant.connection.product_tags.create(item_id="BONE", tag_name="Chews")
    merchant.sends(deliveries.order())
    assert merchant.tags() == {"Dog owner", "Chews"}
    assert len(merchant.sandbox.effects("contact.tagged")) == 2


def test_the_item_id_is_compared_case_sensitively(merchant):
    map_tags(merchant, bone="Dog owner")
    merchant.sends(deliveries.order())
    assert merchant.tags() == set()


def test_a_kit_and_its_components_give_their_tags(merchant):
    map_tags(merchant, PUPPY="Starter kit", BOWL="Has a bowl")
    merchant.sandbox.seed(Product=[{"ProductName": "PUPPY", "ProductPrice": "20.00", "Status": 1}])
    items = [
        item("PUPPY", 1, 20, index=1, kit=True),
        item("BOWL", 1, 0, index=2, kit_component=True, parent_item_index=1),
    ]
    row = merchant.sends(deliveries.order(**priced(items)))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert merchant.tags() == {"Starter kit", "Has a bowl"}


def test_the_tags_come_although_no_item_has_a_product(merchant):
    map_tags(merchant, UNKNOWN="Dog owner")
    row = merchant.sends(deliveries.order(**priced([item("UNKNOWN", 1, 10)])))
    assert (row.state, row.setting) == (State.FAILED, "products")
    assert merchant.tags() == {"Dog owner"}
