"""The contract of the CRM on orders and payments, judged by the effects in the sandbox."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.contract import (
    Crm,
    Line,
    LineType,
    Money,
    OrderHead,
    OrderRef,
)
from crm.errors import (
    ExceedsAmountDue,
    MissingInCrm,
    PermanentError,
    TransientError,
)
from tests.crm.contract_rig import MARKER, MUG, PLACED, add_contact, new_order, pay, usd
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox


def test_an_order_carries_title_time_and_affiliates(crm: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    affiliates = {"lead_affiliate_id": 3, "sale_affiliate_id": 4}
    ref = crm.create_order(OrderHead(contact_id=contact_id, title=MARKER, placed_at=PLACED, **affiliates))
    (effect,) = sandbox.effects("order.created")
    assert (effect["ids"]["invoice"], effect["ids"]["contact"]) == (ref.invoice_id, contact_id)
    assert effect["values"] == {"title": MARKER, "order_date": "2026-02-28T21:30:00"}
    (invoice,) = sandbox.rows("Invoice")
    assert (invoice["LeadAffiliateId"], invoice["AffiliateId"]) == (3, 4)


def test_an_order_is_found_by_its_exact_title(crm: Crm, sandbox: Sandbox) -> None:
    first, _, second = (new_order(crm, sandbox, title) for title in (MARKER, MARKER.upper(), MARKER))
    found = crm.find_orders(MARKER)
    assert [order.ref.invoice_id for order in found] == [first.invoice_id, second.invoice_id]
    assert all(order.title == MARKER and order.contact_id and order.ref.order_id for order in found)
    assert crm.find_orders("shop order 100") == []


def test_an_order_without_its_invoice_is_not_taken_for_absent(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(Job=[{"JobTitle": MARKER}])
    with pytest.raises(TransientError):
        crm.find_orders(MARKER)


@pytest.mark.parametrize("title_in_description", [True, False])
def test_lines_are_added_and_read_back(crm: Crm, sandbox: Sandbox, title_in_description: bool) -> None:
    sandbox.options(title_in_description=title_in_description)
    (product_id,) = sandbox.seed(Product=[{"ProductName": "Mug", "ProductPrice": 12.5}])["Product"]
    order = new_order(crm, sandbox)
    lines = [
        Line(type=LineType.PRODUCT, title="Mug", quantity=2, unit_price=usd("11.48"), product_id=product_id),
        Line(
            type=LineType.SHIPPING,
            title="Shipping & more",
            quantity=1,
            unit_price=usd("0"),
            description="air",
        ),
        Line(type=LineType.TAX, title="Tax", quantity=1, unit_price=usd("1.1")),
        Line(type=LineType.SERVICE, title="Wrap", quantity=3, unit_price=usd("0.33")),
        Line(type=LineType.FINANCE_CHARGE, title="Fee", quantity=1, unit_price=usd("2.00")),
        Line(type=LineType.DISCOUNT, title="Coupon", quantity=1, unit_price=usd("-4.05")),
    ]
    for line in lines:
        crm.add_line(order, line)
    assert [effect["values"]["type"] for effect in sandbox.effects("line.added")] == [4, 1, 2, 3, 6, 7]
    read = crm.read_lines(order)
    assert [(r.type, r.product_id, r.title, r.quantity, r.unit_price) for r in read] == [
        (line.type, line.product_id, line.title, line.quantity, line.unit_price.amount) for line in lines
    ]
    invoice = crm.read_invoice(order)
    assert (invoice.total, invoice.paid, invoice.due) == (Decimal("23.0000"), Decimal(0), Decimal("23.0000"))


def test_a_line_type_we_do_not_write_is_read_as_none(crm: Crm, sandbox: Sandbox) -> None:
    order = new_order(crm, sandbox)
    order_id = crm.read_invoice(order).ref.order_id
    sandbox.seed(OrderItem=[{"OrderId": order_id, "ItemType": 9, "Qty": 1, "PPU": 5, "ItemName": "Plan"}])
    (line,) = crm.read_lines(order)
    assert (line.type, line.product_id, line.title) == (None, 0, "Plan")


def test_an_amount_too_fine_for_its_currency_is_not_sent(
    crm: Crm, sandbox: Sandbox, recorder: Recorder
) -> None:
    price = Money(amount=Decimal("100.5"), currency="JPY")
    with pytest.raises(PermanentError):
        crm.add_line(OrderRef(invoice_id=1), Line(type=LineType.TAX, title="t", quantity=1, unit_price=price))
    assert (recorder.calls, sandbox.calls()) == ([], [])


def test_a_payment_is_recorded_and_read_back(crm: Crm, sandbox: Sandbox) -> None:
    order = new_order(crm, sandbox)
    crm.add_line(order, MUG)
    crm.record_payment(order, pay("20.00"))
    crm.record_payment(order, pay("2.96"))
    amounts = [effect["values"]["amount"] for effect in sandbox.effects("payment.recorded")]
    assert amounts == ["20.00", "2.96"]
    first, second = crm.read_payments(order)
    assert (first.amount, first.type, first.note) == (Decimal("20.0000"), "Credit Card (Manual)", MARKER)
    assert first.id < second.id
    invoice = crm.read_invoice(order)
    assert (invoice.total, invoice.paid, invoice.due) == (Decimal("22.9600"), Decimal("22.9600"), Decimal(0))
    assert invoice.ref == OrderRef(
        invoice_id=order.invoice_id, order_id=crm.find_orders(MARKER)[0].ref.order_id
    )


def test_a_payment_above_the_amount_due_says_so(crm: Crm, sandbox: Sandbox) -> None:
    order = new_order(crm, sandbox)
    crm.add_line(order, MUG)
    with pytest.raises(ExceedsAmountDue):
        crm.record_payment(order, pay("22.97"))
    assert crm.read_payments(order) == [] == sandbox.effects("payment.recorded")


def test_an_invoice_that_is_gone_is_missing(crm: Crm) -> None:
    gone = OrderRef(invoice_id=987654)
    for call in (
        lambda: crm.read_invoice(gone),
        lambda: crm.read_lines(gone),
        lambda: crm.add_line(gone, MUG),
        lambda: crm.record_payment(gone, pay("1.00")),
        lambda: crm.set_order_fields(gone, {}, notes="x"),
    ):
        with pytest.raises(MissingInCrm):
            call()


def test_order_fields_and_notes_are_written(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=[{"Name": "Ship", "FormId": -9, "DataType": 15, "Label": "Ship"}])
    order = new_order(crm, sandbox)
    crm.set_order_fields(order, {"_Ship": "1Z, 2Z"}, notes="Paid 5 €\nthanks")
    (row,) = sandbox.rows("Job")
    assert (row["_Ship"], row["JobNotes"], row["JobTitle"]) == ("1Z, 2Z", "Paid 5 €\nthanks", MARKER)
