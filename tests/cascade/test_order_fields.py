"""Custom fields and notes of the order: sent along where that can be, and written anew when they change."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from carts.models import Order
from cascade.models import JournalEntry, Replication
from cascade.services import replication_changed, replication_open
from tests.cascade.cart_shop import by_hand, set_up
from tests.cascade.conftest import Shop

State = Replication.State
CHANGE = {"xmlrpc": "DataService.update", "rest": "PATCH /v2/orders/{order_id}"}


@pytest.fixture
def mapped(shop: Shop) -> Shop:
    """An order over REST, with a custom field of ours and one that the merchant fills."""
    set_up(shop, "rest", creation_method="blank_order")
    shop.sandbox.seed(
        DataFormField=[
            {"FormId": -9, "Name": name, "Label": name, "DataType": 15} for name in ("AdSource", "Internal")
        ]
    )
    shop.connection.field_mappings.create(
        shop_field="advertising_source", target="order", crm_field="_AdSource"
    )
    return shop


def sent(shop: Shop) -> Order:
    order = shop.order(custom_fields={"advertising_source": "Google"})
    assert shop.drive(replication_open(order)).state == State.SUCCEEDED
    return order


def change(shop: Shop, order: Order, source: str, protocol: str) -> None:
    """Let a newer version come, with another source, after the merchant chose a protocol."""
    shop.connection.protocol = protocol
    shop.connection.save()
    shop.change(order, replace(order.order_data, custom_fields={"advertising_source": source}))
    replication_changed(order)
    ended = shop.drive(Replication.objects.latest("id"))
    assert (ended.state, ended.level) == (State.SUCCEEDED, "info"), ended.reason


def told(shop: Shop) -> tuple[str, str]:
    (job,) = shop.sandbox.rows("Job")
    return job["_AdSource"], job["JobNotes"]


def test_they_went_along_with_the_order_and_cost_no_call(mapped):
    sent(mapped)
    assert told(mapped) == ("Google", "Coupons: SPRING")
    entry = JournalEntry.objects.get(kind="set_order_fields")
    assert (entry.state, entry.result) == ("done", "unchanged")
    assert not mapped.sandbox.effects("order.updated")


@pytest.mark.parametrize("protocol", list(CHANGE))
def test_a_newer_version_writes_them_over_either_protocol(mapped, protocol):
    order = sent(mapped)
    change(mapped, order, "Bing", protocol)
    assert told(mapped) == ("Bing", "Coupons: SPRING")
    assert len(mapped.sandbox.calls(CHANGE[protocol])) == 1
    assert len(mapped.sandbox.rows("Payment")) == len(mapped.sandbox.rows("Invoice")) == 1


@pytest.mark.parametrize("protocol", list(CHANGE))
def test_a_value_that_returns_to_what_the_order_was_made_with_is_written_too(mapped, protocol):
    order = sent(mapped)
    change(mapped, order, "Bing", protocol)
    change(mapped, order, "Google", protocol)
    assert told(mapped) == ("Google", "Coupons: SPRING")


def test_what_the_merchant_filled_stays(mapped):
    order = sent(mapped)
    (job,) = mapped.sandbox.rows("Job")
    by_hand(mapped, "DataService.update", "Job", job["Id"], {"_Internal": "VIP"})
    change(mapped, order, "Bing", "rest")
    assert mapped.sandbox.rows("Job")[0]["_Internal"] == "VIP"


def test_a_change_of_the_money_writes_the_notes_and_shows_the_difference(mapped):
    order = sent(mapped)
    mapped.connection.protocol = "xmlrpc"
    mapped.connection.save()
    mapped.change(order, replace(order.order_data, total=Decimal("60.00"), is_test=True))
    replication_changed(order)
    ended = mapped.drive(Replication.objects.latest("id"))
    assert (ended.state, ended.level) == (State.SUCCEEDED, "warning")
    assert "now 60.00 USD, the CRM order was sent as 56.85 USD" in ended.reason
    assert told(mapped) == ("Google", "TEST ORDER\nCoupons: SPRING")


def test_a_lost_reply_to_the_order_is_found_and_the_fields_are_written(mapped):
    mapped.sandbox.faults({"method": "POST /v2/orders", "call": 1, "do": "drop_after"})
    sent(mapped)
    assert told(mapped) == ("Google", "Coupons: SPRING")
    assert len(mapped.sandbox.rows("Job")) == 1
