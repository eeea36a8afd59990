"""An order of which the shop told too little, and one without items: its contact gets what it is due."""

from __future__ import annotations

from decimal import Decimal

import pytest

from carts.order_data import Charge, ChargeKind
from cascade.models import Replication
from cascade.services import replication_open
from tests.cascade.conftest import Shop, assert_delivered_once, crm_lines
from tests.factories import order_data

State = Replication.State
TROUBLES = {
    "no items": {"lines": None},
    "no total": {"total": None},
    "doubt": {"doubt": "Two readings of this order add up: enter it by hand."},
    "unexplained": {"total": Decimal("41.00")},
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_contact_is_brought_up_to_date_at_once_and_nothing_twice_once_the_order_is_whole(shop, trouble):
    shop.connection.contact_action_set_id = 7
    shop.connection.save()
    shop.sandbox.seed(ActionSequence=[{"Id": 7, "TemplateName": "Thank the buyer"}])
    order = shop.order(**TROUBLES[trouble])
    parked = shop.drive(replication_open(order))
    assert (parked.state, parked.error_class) == (State.PARKED, "permanent")
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2
    assert shop.sandbox.rows("Job") == []

    shop.change(order, order_data())
    assert shop.drive(replication_open(order)).state == State.SUCCEEDED
    assert_delivered_once(shop.sandbox)
    kinds = [effect["kind"] for effect in shop.sandbox.effects()]
    assert kinds.count("action_set.run") == 1
    assert kinds.count("contact.tagged") == 2


FEES = (
    Charge(key="repair", kind=ChargeKind.SERVICE, title="Repair of a chair", amount=Decimal("60.00")),
    Charge(key="shipping", kind=ChargeKind.SHIPPING, title="Flat rate", amount=Decimal("3.00")),
    Charge(key="tax", kind=ChargeKind.TAX, title="Tax", amount=Decimal("12.00")),
)


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_an_order_of_fees_alone_reaches_the_crm_with_its_contact(shop: Shop, protocol: str):
    shop.connection.protocol = protocol
    shop.connection.save()
    ended = shop.drive(shop.replication(lines=(), charges=FEES, subtotal=Decimal(0), total=Decimal(75)))
    assert ended.state == State.SUCCEEDED, ended.reason
    assert sum(crm_lines(shop.sandbox).values()) == 3
    (invoice,) = shop.sandbox.rows("Invoice")
    assert (float(invoice["InvoiceTotal"]), float(invoice["TotalDue"])) == (75.0, 0.0)
    assert len(shop.sandbox.rows("ContactGroupAssign")) == 2
