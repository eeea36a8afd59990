from __future__ import annotations

from datetime import datetime

import pytest

from tests.sandbox.conftest import Wire

WHEN = datetime(2026, 1, 2, 3, 4, 5)


@pytest.fixture
def contact(crm: Wire) -> int:
    return crm.sandbox.seed(Contact=[{"Email": "ann@example.com"}])["Contact"][0]


@pytest.fixture
def mug(crm: Wire) -> int:
    return crm.sandbox.seed(Product=[{"ProductName": "Mug", "ProductPrice": 12.5}])["Product"][0]


@pytest.fixture
def invoice(crm: Wire, contact: int) -> int:
    crm.sandbox.seed(Affiliate=[{"Id": number, "AffCode": f"A{number}"} for number in (5, 6)])
    invoice: int = crm("InvoiceService.createBlankOrder", contact, "shop order 7", WHEN, 5, 6)
    return invoice


def test_a_blank_order_is_a_job_and_an_invoice_and_answers_with_the_invoice(
    crm: Wire, contact: int, invoice: int
) -> None:
    [row] = crm.sandbox.rows("Invoice")
    [job] = crm.sandbox.rows("Job")
    assert (row["Id"], row["JobId"], job["InvoiceId"]) == (invoice, job["Id"], invoice)
    assert job["Id"] != invoice
    assert (job["JobTitle"], job["ContactId"], job["StartDate"]) == (
        "shop order 7",
        contact,
        "2026-01-02T00:00:00",
    )
    assert (row["Description"], row["LeadAffiliateId"], row["AffiliateId"]) == ("shop order 7", 5, 6)
    assert (row["InvoiceTotal"], row["TotalDue"], row["PayStatus"]) == ("0.00", "0.00", 0)
    [effect] = crm.sandbox.effects("order.created")
    assert effect["ids"] == {"order": job["Id"], "invoice": invoice, "contact": contact}


def test_a_line_is_an_order_item_with_an_invoice_item_and_raises_the_total(
    crm: Wire, invoice: int, mug: int
) -> None:
    assert crm("InvoiceService.addOrderItem", invoice, mug, 4, 11.1, 3, "Blue mug", "handmade") is True
    [item], [invoice_item] = crm.sandbox.rows("OrderItem"), crm.sandbox.rows("InvoiceItem")
    assert (item["ItemName"], item["ItemDescription"], item["Notes"]) == ("Mug", "Blue mug", "handmade")
    assert (item["ProductId"], item["ItemType"], item["Qty"], item["PPU"]) == (mug, 4, 3, "11.1")
    assert (invoice_item["OrderItemId"], invoice_item["InvoiceAmt"]) == (item["Id"], "33.30")
    assert crm("InvoiceService.calculateAmountOwed", invoice) == 33.3


def test_sums_stay_exact(crm: Wire, invoice: int) -> None:
    for _ in range(10):
        crm("InvoiceService.addOrderItem", invoice, 0, 3, 0.1, 1, "fee", "")
    crm("InvoiceService.addOrderItem", invoice, 0, 7, -0.3, 1, "discount", "")
    assert crm.sandbox.rows("Invoice")[0]["InvoiceTotal"] == "0.70"


def test_a_payment_lowers_the_balance_to_paid(crm: Wire, invoice: int) -> None:
    crm("InvoiceService.addOrderItem", invoice, 0, 3, 30.0, 1, "work", "")
    assert crm("InvoiceService.addManualPayment", invoice, 10.0, WHEN, "Cash", "first", False) is True
    assert crm.sandbox.rows("Invoice")[0]["PayStatus"] == 0
    assert crm("InvoiceService.addManualPayment", invoice, 20.0, WHEN, "Check", "rest", True) is True
    [row] = crm.sandbox.rows("Invoice")
    assert (row["TotalPaid"], row["TotalDue"], row["PayStatus"]) == ("30.00", "0.00", 1)
    payments = crm("InvoiceService.getPayments", invoice)
    assert [(p["PayAmt"], p["PayType"], p["PayNote"], p["InvoiceId"]) for p in payments] == [
        (10.0, "Cash", "first", invoice),
        (20.0, "Check", "rest", invoice),
    ]
    assert [p["SkipCommission"] for p in crm.sandbox.rows("InvoicePayment")] == [0, 1]


def test_more_than_the_balance_is_refused(crm: Wire, invoice: int) -> None:
    crm("InvoiceService.addOrderItem", invoice, 0, 3, 30.0, 1, "work", "")
    code, text = crm.fault("InvoiceService.addManualPayment", invoice, 30.01, WHEN, "Cash", "", False)
    assert code == 4
    assert "manual payment amount exceeds the amount due" in text
    assert crm.sandbox.rows("Payment") == []


def test_deleting_an_invoice_takes_the_whole_order(crm: Wire, invoice: int) -> None:
    crm("InvoiceService.addOrderItem", invoice, 0, 3, 30.0, 1, "work", "")
    crm("InvoiceService.addManualPayment", invoice, 10.0, WHEN, "Cash", "", False)
    assert crm("InvoiceService.deleteInvoice", invoice) is True
    for table in ("Job", "Invoice", "OrderItem", "InvoiceItem", "Payment", "InvoicePayment"):
        assert crm.sandbox.rows(table) == []
    assert crm.fault("InvoiceService.deleteInvoice", invoice)[0] == 5


def test_missing_records_and_unknown_types_are_refused(crm: Wire, invoice: int) -> None:
    assert crm.fault("InvoiceService.createBlankOrder", 9999, "t", WHEN, 0, 0)[0] == 5
    assert crm.fault("InvoiceService.addOrderItem", 9999, 0, 3, 1.0, 1, "t", "")[0] == 5
    assert crm.fault("InvoiceService.addOrderItem", invoice, 9999, 4, 1.0, 1, "t", "")[0] == 5
    assert crm.fault("InvoiceService.addOrderItem", invoice, 0, 15, 1.0, 1, "t", "")[0] == 12
    assert crm.fault("InvoiceService.getPayments", 9999)[0] == 5


def test_payment_options_are_named_by_themselves(crm: Wire) -> None:
    options = crm("InvoiceService.getAllPaymentOptions")
    assert options["Credit Card (Manual)"] == "Credit Card (Manual)"
    assert len(options) == 8
