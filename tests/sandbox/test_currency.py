from __future__ import annotations

from datetime import datetime

import pytest

from tests.sandbox.conftest import Wire

DAY = datetime(2026, 1, 2)


@pytest.mark.parametrize(
    ("currency", "price", "total"),
    [("USD", 1.234, "3.70"), ("JPY", 100.2, "301"), ("KWD", 1.2345, "3.704")],
)
def test_amounts_are_rounded_to_the_currencys_smallest_unit(
    crm: Wire, currency: str, price: float, total: str
) -> None:
    crm.sandbox.options(currency=currency)
    [contact] = crm.sandbox.seed(Contact=[{"Email": "ann@example.com"}])["Contact"]
    invoice = crm("InvoiceService.createBlankOrder", contact, "t", DAY, 0, 0)
    crm("InvoiceService.addOrderItem", invoice, 0, 3, price, 3, "t", "")
    crm("InvoiceService.addManualPayment", invoice, float(total), DAY, "Cash", "", False)
    [row] = crm.sandbox.rows("Invoice")
    assert (row["InvoiceTotal"], row["TotalPaid"], float(row["TotalDue"])) == (total, total, 0)


@pytest.mark.parametrize("wrong", ["usd", "EURO", "", 7, True])
def test_a_currency_is_three_capitals(crm: Wire, wrong: object) -> None:
    with pytest.raises(RuntimeError, match="three capitals"):
        crm.sandbox.options(currency=wrong)
