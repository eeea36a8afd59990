"""The contract of the CRM on orders it prices itself, judged by its tables."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from crm.contract import Crm
from crm.errors import MissingInCrm, OutcomeUnknown
from crm.records import CartOrder
from tests.crm.contract_helpers import MARKER, PLACED, add_contact, add_product, order_rows
from tests.sandbox_client import Sandbox

CODE = {"Code": "SAVE10", "Name": "Ten off", "Percent": 10}


def cart(sandbox: Sandbox, *product_ids: int, **more: Any) -> CartOrder:
    contact_id = add_contact(sandbox)
    return CartOrder(contact_id=contact_id, title=MARKER, placed_at=PLACED, product_ids=product_ids, **more)


@pytest.mark.parametrize("repeated_ids", ["quantity", "lines"])
def test_the_crm_prices_the_order(crm: Crm, sandbox: Sandbox, repeated_ids: str) -> None:
    sandbox.options(repeated_ids=repeated_ids)
    sandbox.seed(MerchantAccount=[{"Name": "Shop", "Type": "Authorize", "IsTest": 0, "IsDefault": 1}])
    mug, pot = add_product(sandbox, "Mug", "11.48"), add_product(sandbox, "Pot", "30.00")
    placed = crm.place_order(cart(sandbox, mug, pot, mug))
    assert placed.has_lines and placed.ref.order_id
    items = order_rows(sandbox, "OrderItem", placed.ref)
    assert sum(item["Qty"] for item in items if item["ProductId"] == mug) == 2
    assert sum(item["Qty"] for item in items if item["ProductId"] == pot) == 1
    assert placed.total in (None, Decimal("52.96"))
    invoice = crm.read_invoice(placed.ref)
    assert (invoice.total, invoice.paid, invoice.due) == (Decimal("52.96"), Decimal(0), Decimal("52.96"))
    assert len(sandbox.effects("order.created")) == 1
    assert sandbox.effects("card.charged") == [] == sandbox.effects("payment.recorded")


def test_affiliates_go_along(crm: Crm, sandbox: Sandbox) -> None:
    lead, sale = sandbox.seed(Affiliate=[{"AffCode": "a", "Status": 1}, {"AffCode": "b", "Status": 1}])[
        "Affiliate"
    ]
    order = cart(sandbox, add_product(sandbox), lead_affiliate_id=lead, sale_affiliate_id=sale)
    (invoice,) = order_rows(sandbox, "Invoice", crm.place_order(order).ref)
    assert (invoice["LeadAffiliateId"], invoice["AffiliateId"]) == (lead, sale)


def test_a_promo_code_lowers_the_total(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(PromoCode=[CODE])
    order = cart(sandbox, add_product(sandbox, "Pot", "30.00"), promo_codes=("SAVE10",))
    assert crm.read_invoice(crm.place_order(order).ref).total == Decimal("27.00")


@pytest.mark.needs("place_order(specials)")
@pytest.mark.parametrize(("specials", "total"), [(True, "25.00"), (False, "30.00")])
def test_automatic_discounts_apply_where_wanted(
    crm: Crm, sandbox: Sandbox, specials: bool, total: str
) -> None:
    sandbox.seed(PromoCode=[{"Name": "Five off", "Amount": 5, "Automatic": 1}])
    order = cart(sandbox, add_product(sandbox, "Pot", "30.00"), specials=specials)
    assert crm.read_invoice(crm.place_order(order).ref).total == Decimal(total)


@pytest.mark.parametrize("own_title", ["fixed", "product", "none"])
def test_a_placed_order_can_be_given_our_title(crm: Crm, sandbox: Sandbox, own_title: str) -> None:
    sandbox.options(placed_order_title=own_title)
    placed = crm.place_order(cart(sandbox, add_product(sandbox)))
    crm.set_order_fields(placed.ref, {}, title=MARKER)
    assert [order.ref for order in crm.find_orders(MARKER)] == [placed.ref]


def test_a_placed_order_whose_reply_is_lost_is_found_by_contact_and_time(crm: Crm, sandbox: Sandbox) -> None:
    order, before = cart(sandbox, add_product(sandbox)), datetime.now(UTC)
    sandbox.faults({"method": "*", "do": "drop_after"})
    with pytest.raises(OutcomeUnknown):
        crm.place_order(order)
    (found,) = crm.list_orders(order.contact_id, before)
    (read,) = crm.read_lines(found.ref)
    assert (read.product_id, read.quantity) == (order.product_ids[0], 1)


def test_a_product_that_is_gone_makes_no_order(crm: Crm, sandbox: Sandbox) -> None:
    with pytest.raises(MissingInCrm):
        crm.place_order(cart(sandbox, 987654))
    assert sandbox.rows("Job") == []
