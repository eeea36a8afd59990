"""Amounts through every operation of the contract, in currencies of two, no and three decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from crm.contract import Crm
from crm.errors import ExceedsAmountDue
from crm.list_records import DirectoryKind
from crm.records import CartOrder, LineType, OrderHead
from tests.crm.contract_helpers import (
    MARKER,
    PLACED,
    add_contact,
    add_product,
    line,
    order_rows,
    pay,
    whole_order,
)
from tests.sandbox_client import Sandbox

# Price of two mugs each, tax, discount; what they add up to; the smallest unit.
AMOUNTS = [
    ("USD", "11.48", "1.10", "-4.05", "20.01", "0.01"),
    ("JPY", "1148", "110", "-405", "2001", "1"),
    ("KWD", "11.485", "1.101", "-4.052", "20.019", "0.001"),
]


@pytest.mark.parametrize(("currency", "price", "tax", "discount", "total", "unit"), AMOUNTS)
def test_amounts_keep_their_decimals(
    crm: Crm,
    sandbox: Sandbox,
    currency: str,
    price: str,
    tax: str,
    discount: str,
    total: str,
    unit: str,
) -> None:
    sandbox.options(currency=currency)
    lines = [
        line(LineType.PRODUCT, "Mug", 2, price, currency, product_id=add_product(sandbox, "Mug", price)),
        line(LineType.TAX, "Tax", 1, tax, currency),
    ]
    head = OrderHead(contact_id=add_contact(sandbox), title=MARKER, placed_at=PLACED)
    created = whole_order(crm, head, lines)
    crm.add_line(created.ref, line(LineType.DISCOUNT, "Coupon", 1, discount, currency))
    assert [each.unit_price for each in crm.read_lines(created.ref)] == [
        Decimal(price),
        Decimal(tax),
        Decimal(discount),
    ]
    assert crm.read_invoice(created.ref).total == Decimal(total)
    with pytest.raises(ExceedsAmountDue):
        crm.record_payment(created.ref, pay(str(Decimal(total) + Decimal(unit)), currency))
    crm.record_payment(created.ref, pay(str(Decimal(total) - Decimal(unit)), currency))
    crm.record_payment(created.ref, pay(unit, currency))
    assert [each.amount for each in crm.read_payments(created.ref)] == [
        Decimal(total) - Decimal(unit),
        Decimal(unit),
    ]
    invoice = crm.read_invoice(created.ref)
    assert (invoice.paid, invoice.due) == (Decimal(total), Decimal(0))
    (row,) = order_rows(sandbox, "Invoice", created.ref)
    assert (Decimal(row["InvoiceTotal"]), Decimal(row["TotalPaid"])) == (Decimal(total), Decimal(total))


@pytest.mark.parametrize(
    ("currency", "price"), [("USD", "11.48"), ("JPY", "1148"), ("KWD", "11.485"), ("USD", "0")]
)
def test_catalogue_prices_keep_their_decimals(crm: Crm, sandbox: Sandbox, currency: str, price: str) -> None:
    sandbox.options(currency=currency)
    product_id = add_product(sandbox, "Mug", price)
    (listed,) = crm.list_directory(DirectoryKind.PRODUCT).records
    assert (listed.id, Decimal(listed.detail["price"])) == (product_id, Decimal(price))
    cart = CartOrder(
        contact_id=add_contact(sandbox), title=MARKER, placed_at=PLACED, product_ids=(product_id, product_id)
    )
    placed = crm.place_order(cart)
    assert crm.read_invoice(placed.ref).total == 2 * Decimal(price)
    assert [each.unit_price for each in crm.read_lines(placed.ref)] == [Decimal(price)]
