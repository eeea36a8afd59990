"""By what an item finds its CRM product: its name, then, where they are on, its SKU and its title."""

from __future__ import annotations

import pytest

from cascade.models import Replication
from cascade.services import replication_resend
from tests.cascade.conftest import Shop

State = Replication.State


@pytest.fixture(params=["xmlrpc", "rest"])
def rungs(request: pytest.FixtureRequest, shop: Shop) -> Shop:
    """BONE is a product of that name, LEASH the SKU of one, Bowl the name of one that is the line's title."""
    shop.connection.protocol = request.param
    shop.connection.save()
    shop.sandbox.reset()
    shop.sandbox.seed(
        ContactGroup=[{"GroupName": "Customer"}, {"GroupName": "Dog owner"}],
        Product=[
            {"Id": 31, "ProductName": "BONE", "Sku": "LEASH-OLD", "Status": 1},
            {"Id": 32, "ProductName": "A long leash", "Sku": "LEASH", "Status": 1},
            {"Id": 33, "ProductName": "Bowl", "Sku": "B-1", "Status": 1},
        ],
    )
    return shop


def sold(shop: Shop) -> set[int]:
    return {row["ProductId"] for row in shop.sandbox.rows("OrderItem")} - {0}


def test_without_the_switches_the_name_alone_counts(rungs):
    ended = rungs.drive(rungs.replication())
    assert (ended.state, ended.level) == (State.SUCCEEDED, "error")
    assert sold(rungs) == {31}
    assert "no CRM product has exactly this name. Map it" in ended.reason


@pytest.mark.parametrize(
    ("by_sku", "by_title", "found"),
    [(True, False, {31, 32}), (False, True, {31, 33}), (True, True, {31, 32, 33})],
)
def test_each_switch_is_a_rung_of_its_own(rungs, by_sku, by_title, found):
    rungs.connection.products_by_sku, rungs.connection.products_by_title = by_sku, by_title
    rungs.connection.save()
    ended = rungs.drive(rungs.replication())
    assert ended.state == State.SUCCEEDED, ended.reason
    assert sold(rungs) == found
    if found == {31, 32}:
        assert "exactly this name or SKU. Map it" in ended.reason


def test_switched_on_later_a_resend_adds_what_was_left_out(rungs):
    ended = rungs.drive(rungs.replication())
    rungs.connection.products_by_sku = rungs.connection.products_by_title = True
    rungs.connection.save()
    assert rungs.drive(replication_resend(ended, user=None)).level == "info"
    assert sold(rungs) == {31, 32, 33}
    (invoice,) = rungs.sandbox.rows("Invoice")
    assert (float(invoice["InvoiceTotal"]), float(invoice["TotalDue"])) == (56.85, 0.0)
