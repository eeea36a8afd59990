"""New and Repeat Customer Tag: by the time of the order, in the merchant's whole history."""

from __future__ import annotations

import pytest

from carts.ingest.history import orders_import_history
from tests.factories import SourceFactory
from tests.ultracart import deliveries

FIRST, SECOND, THIRD = (f"2026-03-0{day}T10:00:00-05:00" for day in (1, 2, 3))


@pytest.fixture
def merchant(merchant):
    merchant.make_tags("New", "Repeat")
    merchant.set(new_customer_tag="New", repeat_customer_tag="Repeat")
    return merchant


def tagged(merchant) -> list[str]:
    """The names of the tags that were applied, in order."""
    names = {row["Id"]: row["GroupName"] for row in merchant.sandbox.rows("ContactGroup")}
    return [names[effect["ids"]["tag"]] for effect in merchant.sandbox.effects("contact.tagged")]


def test_a_buyer_without_another_order_is_a_new_customer(merchant):
    merchant.sends(deliveries.order("A"))
    assert merchant.tags() == {"New"}


def test_the_next_order_of_the_same_address_is_a_repeat(merchant):
    merchant.sends(deliveries.order("A", creation_dts=FIRST))
    merchant.sends(deliveries.order("B", creation_dts=SECOND, billing={"email": " ADA@example.com"}))
    assert tagged(merchant) == ["New", "Repeat"]
    merchant.sends(deliveries.order("C", creation_dts=THIRD, billing={"email": "bob@example.com"}))
    assert merchant.tags("bob@example.com") == {"New"}


def test_an_earliest_order_that_arrives_late_gives_both_tags(merchant):
    merchant.sends(deliveries.order("B", creation_dts=SECOND))
    assert merchant.tags() == {"New"}
    merchant.sends(deliveries.order("A", creation_dts=FIRST))
    assert merchant.tags() == {"New", "Repeat"}


def test_orders_in_the_wrong_sequence_but_sent_together_are_told_apart_by_their_time(merchant):
    merchant.sends(deliveries.order("B", creation_dts=SECOND), deliveries.order("A", creation_dts=FIRST))
    assert sorted(tagged(merchant)) == ["New", "Repeat"]


def test_a_test_order_is_counted_by_nobody_and_gets_neither_tag(merchant):
    merchant.sends(deliveries.order("T", creation_dts=FIRST, payment={"test_order": True}))
    assert merchant.tags() == set()
    merchant.sends(deliveries.order("A", creation_dts=SECOND))
    assert merchant.tags() == {"New"}


@pytest.mark.parametrize("stage", ["Accounts Receivable", "Rejected"])
def test_an_order_that_was_never_paid_is_not_counted(merchant, stage):
    merchant.deliver(deliveries.merged(deliveries.unpaid("A", creation_dts=FIRST), {"current_stage": stage}))
    merchant.sends(deliveries.order("B", creation_dts=SECOND))
    assert merchant.tags() == {"New"}


def test_an_order_of_the_imported_history_is_counted(merchant):
    lines = ["order_id,email,placed_at,total", "OLD-1,Ada@Example.com,2020-05-01T10:00:00Z,10.00"]
    report = orders_import_history(merchant.source, lines)
    assert report.imported == 1, report.problems
    merchant.sends(deliveries.order("A"))
    assert merchant.tags() == {"Repeat"}


def test_an_order_of_the_merchants_other_shop_is_counted(merchant):
    merchant.sends(deliveries.order("A", creation_dts=FIRST))
    other_shop = SourceFactory(connection=merchant.connection, slug="coffee")
    other = type(merchant)(merchant.sandbox, merchant.connection, other_shop)
    other.sends(deliveries.order("A", creation_dts=SECOND))
    assert merchant.tags() == {"New", "Repeat"}
