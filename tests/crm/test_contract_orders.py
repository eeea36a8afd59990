"""The contract of the CRM on orders and payments, judged by the CRM's tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from crm.contract import Crm
from crm.errors import ExceedsAmountDue, MissingInCrm, OutcomeUnknown, PermanentError
from crm.records import Line, LineType, OrderHead, OrderRef
from tests.crm.contract_helpers import (
    ANN,
    MARKER,
    MUG,
    PLACED,
    PLACED_DAY,
    add_contact,
    add_product,
    line,
    money,
    new_order,
    order_rows,
    pay,
    title_of,
    whole_order,
)
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox

ORDER_FIELD = {"Name": "Ship", "FormId": -9, "DataType": 15, "Label": "Ship"}
OTHERS = [
    line(LineType.SHIPPING, "Shipping & more", 1, "0", description="air"),
    line(LineType.TAX, "Tax", 1, "1.1"),
    line(LineType.SERVICE, "Wrap", 3, "0.33"),
    line(LineType.FINANCE_CHARGE, "Fee", 1, "2.00"),
    line(LineType.DISCOUNT, "Coupon", 1, "-4.05"),
]


def all_lines(sandbox: Sandbox) -> list[Line]:
    product_id = add_product(sandbox, "Mug", "12.50")
    return [line(LineType.PRODUCT, "Mug", 2, "11.48", product_id=product_id), *OTHERS]


def assert_has_lines(crm: Crm, sandbox: Sandbox, order: OrderRef, lines: list[Line]) -> None:
    """Read them over the protocol, and look at the tables behind it."""
    wanted = [(each.type, each.product_id, each.quantity, each.unit_price.amount) for each in lines]
    read = crm.read_lines(order)
    assert [(each.type, each.product_id, each.quantity, each.unit_price) for each in read] == wanted
    assert [each.title for each in read] == [each.title for each in lines]
    items = order_rows(sandbox, "OrderItem", order)
    assert [
        (item["ProductId"] or 0, item["Qty"], abs(Decimal(item["PPU"])), title_of(item)) for item in items
    ] == [(each.product_id, each.quantity, abs(each.unit_price.amount), each.title) for each in lines]


def test_an_order_carries_title_day_and_affiliates(crm: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    lead, sale = sandbox.seed(
        Affiliate=[{"AffCode": code, "ContactId": contact_id, "Status": 1} for code in ("a", "b")]
    )["Affiliate"]
    affiliates = {"lead_affiliate_id": lead, "sale_affiliate_id": sale}
    created = crm.create_order(OrderHead(contact_id=contact_id, title=MARKER, placed_at=PLACED, **affiliates))
    assert len(sandbox.effects("order.created")) == 1
    (job,) = order_rows(sandbox, "Job", created.ref)
    assert (job["JobTitle"], job["ContactId"], job["StartDate"][:10]) == (MARKER, contact_id, PLACED_DAY)
    (invoice,) = order_rows(sandbox, "Invoice", created.ref)
    assert (invoice["LeadAffiliateId"], invoice["AffiliateId"]) == (lead, sale)
    assert created.ref.order_id in (None, job["Id"])


@pytest.mark.parametrize("title_in_description", [True, False])
def test_a_whole_order_is_made(crm: Crm, sandbox: Sandbox, title_in_description: bool) -> None:
    sandbox.options(title_in_description=title_in_description)
    sandbox.seed(DataFormField=[ORDER_FIELD])
    lines = all_lines(sandbox)
    head = OrderHead(contact_id=add_contact(sandbox), title=MARKER, placed_at=PLACED)
    created = whole_order(crm, head, lines, {"_Ship": "1Z"}, "Paid 5 €\nthanks")
    assert_has_lines(crm, sandbox, created.ref, lines)
    (job,) = order_rows(sandbox, "Job", created.ref)
    assert (job["JobTitle"], job["_Ship"], job["JobNotes"]) == (MARKER, "1Z", "Paid 5 €\nthanks")
    assert created.total in (None, Decimal("23.00"))
    invoice = crm.read_invoice(created.ref)
    assert (invoice.total, invoice.paid, invoice.due) == (Decimal("23.00"), Decimal(0), Decimal("23.00"))
    assert len(sandbox.effects("order.created")) == 1


def test_lines_are_added_one_by_one(crm: Crm, sandbox: Sandbox) -> None:
    lines, order = all_lines(sandbox), new_order(crm, sandbox)
    for each in lines:
        crm.add_line(order, each)
    assert len(sandbox.effects("line.added")) == len(lines)
    assert_has_lines(crm, sandbox, order, lines)
    assert crm.read_invoice(order).total == Decimal("23.00")


def test_a_line_type_we_do_not_write_is_read_as_none(crm: Crm, sandbox: Sandbox) -> None:
    order = new_order(crm, sandbox)
    order_id = crm.read_invoice(order).ref.order_id
    sandbox.seed(OrderItem=[{"OrderId": order_id, "ItemType": 9, "Qty": 1, "PPU": 5, "ItemName": "Plan"}])
    (read,) = crm.read_lines(order)
    assert (read.type, read.product_id, read.title) == (None, 0, "Plan")


def test_an_amount_too_fine_for_its_currency_is_not_sent(
    crm: Crm, sandbox: Sandbox, recorder: Recorder
) -> None:
    with pytest.raises(PermanentError):
        crm.add_line(OrderRef(invoice_id=1), line(LineType.TAX, "t", 1, "100.5", "JPY"))
    with pytest.raises(PermanentError):
        crm.record_payment(OrderRef(invoice_id=1), pay("0.005"))
    assert (recorder.calls, sandbox.calls()) == ([], [])


# -- finding them again ------------------------------------------------------------------------------------


def test_an_order_is_found_by_its_exact_title(crm: Crm, sandbox: Sandbox) -> None:
    first, _, second = (new_order(crm, sandbox, title) for title in (MARKER, MARKER.upper(), MARKER))
    found = crm.find_orders(MARKER)
    assert [order.ref.invoice_id for order in found] == [first.invoice_id, second.invoice_id]
    assert all(order.title == MARKER and order.contact_id and order.ref.order_id for order in found)
    assert crm.find_orders("shop order 100") == []


def test_a_contact_given_with_a_title_hides_nothing(crm: Crm, sandbox: Sandbox) -> None:
    order = new_order(crm, sandbox)
    merged_into = add_contact(sandbox)
    (found,) = crm.find_orders(MARKER, contact_id=merged_into)
    assert found.ref.invoice_id == order.invoice_id
    assert crm.find_orders("shop order 9", contact_id=merged_into) == []


def test_a_contact_s_orders_are_listed_since_a_moment(crm: Crm, sandbox: Sandbox) -> None:
    before = datetime.now(UTC)
    contact_id = add_contact(sandbox)
    heads = [OrderHead(contact_id=contact_id, title=title, placed_at=PLACED) for title in ("one", "two")]
    made = [crm.create_order(head).ref.invoice_id for head in heads]
    new_order(crm, sandbox, "somebody else's")
    old = {"ContactId": contact_id, "JobTitle": "old", "DateCreated": "2020-01-01T00:00:00"}
    (old_id,) = sandbox.seed(Job=[old])["Job"]
    sandbox.seed(Invoice=[{"JobId": old_id, "ContactId": contact_id}])
    found = crm.list_orders(contact_id, before)
    assert [order.ref.invoice_id for order in found] == made
    assert [order.title for order in found] == ["one", "two"]
    for order in found:
        assert order.contact_id == contact_id and order.ref.order_id and order.created_at
        assert timedelta(seconds=-1) <= order.created_at - before <= timedelta(hours=1)
    assert len(crm.list_orders(contact_id, datetime(2019, 1, 1, tzinfo=UTC))) == 3
    assert crm.list_orders(contact_id, before + timedelta(days=1)) == []


# -- payments ----------------------------------------------------------------------------------------------


def test_a_payment_is_recorded_and_read_back(crm: Crm, sandbox: Sandbox) -> None:
    order = new_order(crm, sandbox)
    crm.add_line(order, MUG)
    crm.record_payment(order, pay("20.00"))
    crm.record_payment(order, pay("2.96"))
    rows = order_rows(sandbox, "Payment", order)
    assert [(row["PayAmt"], row["PayType"], row["PayNote"]) for row in rows] == [
        ("20.00", "Credit Card (Manual)", MARKER),
        ("2.96", "Credit Card (Manual)", MARKER),
    ]
    assert {row["PayDate"][:10] for row in rows} == {PLACED_DAY}
    first, second = crm.read_payments(order)
    assert (first.amount, first.note) == (Decimal("20.00"), MARKER)
    assert first.type in ("Credit Card (Manual)", "")  # REST does not tell it
    assert first.id < second.id and second.amount == Decimal("2.96")
    invoice = crm.read_invoice(order)
    assert (invoice.total, invoice.paid, invoice.due) == (Decimal("22.96"), Decimal("22.96"), Decimal(0))
    assert invoice.ref == OrderRef(
        invoice_id=order.invoice_id, order_id=crm.find_orders(MARKER)[0].ref.order_id
    )
    assert sandbox.effects("card.charged") == []


def test_a_payment_above_the_amount_due_says_so(crm: Crm, sandbox: Sandbox) -> None:
    order = new_order(crm, sandbox)
    crm.add_line(order, MUG)
    with pytest.raises(ExceedsAmountDue):
        crm.record_payment(order, pay("22.97"))
    assert crm.read_payments(order) == [] == order_rows(sandbox, "Payment", order)


@pytest.mark.parametrize("operation", ["add_line", "record_payment"])
def test_a_lost_reply_is_seen_by_reading_back(crm: Crm, sandbox: Sandbox, operation: str) -> None:
    order = new_order(crm, sandbox)
    known = crm.read_invoice(order).ref
    crm.add_line(known, MUG)
    sandbox.faults({"method": "*", "do": "drop_after"})
    with pytest.raises(OutcomeUnknown):
        if operation == "add_line":
            crm.add_line(known, line(LineType.TAX, "Tax", 1, "1.00"))
        else:
            crm.record_payment(known, pay("1.00"))
    assert len(crm.read_lines(known)) == (2 if operation == "add_line" else 1)
    assert len(crm.read_payments(known)) == (1 if operation == "record_payment" else 0)


# -- fields ------------------------------------------------------------------------------------------------


def test_order_fields_notes_and_title_are_written(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=[ORDER_FIELD, {**ORDER_FIELD, "Name": "Via", "Label": "Via"}])
    order = new_order(crm, sandbox, "Online Order")
    crm.set_order_fields(order, {"_Ship": "1Z, 2Z"}, notes="Paid 5 €\nthanks")
    crm.set_order_fields(order, {"_Via": "UPS"}, title=MARKER)
    (job,) = order_rows(sandbox, "Job", order)
    assert (job["_Ship"], job["_Via"], job["JobNotes"]) == ("1Z, 2Z", "UPS", "Paid 5 €\nthanks")
    assert job["JobTitle"] == MARKER and len(crm.find_orders(MARKER)) == 1
    with pytest.raises(MissingInCrm) as caught:
        crm.set_order_fields(order, {"_Unknown": "x"})
    assert caught.value.setting == "custom-fields"


def test_an_order_that_is_gone_is_missing(crm: Crm) -> None:
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


def test_an_order_for_a_contact_that_is_gone_is_refused(crm: Crm, sandbox: Sandbox) -> None:
    head = OrderHead(contact_id=987654, title=ANN.email, placed_at=PLACED)
    with pytest.raises(MissingInCrm):
        crm.create_order(head)
    assert sandbox.rows("Job") == []


def test_money_of_a_line_is_exact(crm: Crm, sandbox: Sandbox) -> None:
    order = new_order(crm, sandbox)
    for _ in range(3):
        crm.add_line(order, line(LineType.TAX, "Tax", 1, "0.10"))
    assert crm.read_invoice(order).due == money("0.30").amount


def test_an_order_moves_to_another_contact(crm: Crm, sandbox: Sandbox) -> None:
    bob, ada = add_contact(sandbox), add_contact(sandbox, FirstName="Ada")
    order = crm.create_order(OrderHead(contact_id=bob, title=MARKER, placed_at=PLACED)).ref
    (order_id,) = crm.order_ids(bob)
    went_along = crm.move_order(order, ada)
    assert (crm.order_ids(bob), crm.order_ids(ada)) == ([], [order_id])
    (invoice,) = sandbox.rows("Invoice")
    assert went_along is (invoice["ContactId"] == ada)


def test_an_order_that_is_gone_cannot_move(crm: Crm, sandbox: Sandbox) -> None:
    with pytest.raises(MissingInCrm):
        crm.move_order(OrderRef(invoice_id=99, order_id=99), add_contact(sandbox))
