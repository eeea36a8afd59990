from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.conftest import Wire

DAY = datetime(2026, 1, 2)
NUMBER = "4111111111111111"
CARD = {"CardType": "Visa", "CardNumber": NUMBER, "CVV2": "123", "ExpirationMonth": "01"}


@pytest.fixture
def contact(crm: Wire) -> int:
    return crm.sandbox.seed(Contact=[{"Email": "ann@example.com"}])["Contact"][0]


@pytest.fixture
def card(crm: Wire, contact: int) -> int:
    values = {**CARD, "ExpirationYear": "2999", "ContactId": contact}
    answer: int = crm("DataService.add", "CreditCard", values)
    return answer


@pytest.fixture
def invoice(crm: Wire, contact: int) -> int:
    answer: int = crm("InvoiceService.createBlankOrder", contact, "t", DAY, 0, 0)
    crm("InvoiceService.addOrderItem", answer, 0, 3, 100.0, 1, "t", "")
    return answer


def test_a_card_keeps_four_digits_and_nothing_shows_the_number(crm: Wire, contact: int, card: int) -> None:
    crm.sandbox.seed(CreditCard=[{**CARD, "ContactId": contact}])
    for row in crm.sandbox.rows("CreditCard"):
        assert (row["Last4"], row["CardNumber"], row["CVV2"]) == ("1111", None, None)
    assert NUMBER not in str(crm.sandbox.effects())
    assert crm("InvoiceService.locateExistingCard", contact, "1111") > card
    assert crm("InvoiceService.locateExistingCard", contact, "2222") == 0


def test_a_card_is_valid_until_it_expires(crm: Wire, card: int) -> None:
    assert crm("InvoiceService.validateCreditCard", card)["Valid"] == "true"
    expired = {**CARD, "ExpirationYear": "2012"}
    assert crm("InvoiceService.validateCreditCard", expired) == {
        "Valid": "false",
        "Message": "Card has expired",
    }


def charge(crm: Wire, invoice: int, card: int) -> dict[str, Any]:
    answer: dict[str, Any] = crm("InvoiceService.chargeInvoice", invoice, "note", card, 0, False)
    return answer


def test_charging_is_refused_in_test_mode(crm: Wire, invoice: int, card: int) -> None:
    answer = charge(crm, invoice, card)
    assert (answer["Successful"], answer["Code"], answer["RefNum"]) == (False, "ERROR", "0")
    assert answer["Message"].startswith("(TESTMODE)")
    assert crm("InvoiceService.calculateAmountOwed", invoice) == 100.0


def test_a_live_account_charges_once_what_is_due(crm: Wire, invoice: int, card: int) -> None:
    crm.sandbox.seed(MerchantAccount=[{"IsTest": 0, "IsDefault": 1}])
    assert charge(crm, invoice, card)["Code"] == "APPROVED"
    assert charge(crm, invoice, card)["Code"] == "SKIPPED"
    [payment] = crm("InvoiceService.getPayments", invoice)
    assert (payment["PayAmt"], payment["PayType"]) == (100.0, "Credit Card")
    assert len(crm.sandbox.effects("card.charged")) == 1


def test_a_deactivated_card_is_declined(crm: Wire, invoice: int, card: int) -> None:
    crm.sandbox.seed(MerchantAccount=[{"IsTest": 0, "IsDefault": 1}])
    assert crm("ProductService.deactivateCreditCard", card) is True
    assert charge(crm, invoice, card)["Code"] == "DECLINED"


def test_a_payment_plan_adds_up_to_what_is_due(crm: Wire, invoice: int) -> None:
    terms = (False, 0, 0, 3, 2, 10.0, DAY, DAY, 7, 30)
    assert crm("InvoiceService.addPaymentPlan", invoice, *terms) is True
    assert crm("InvoiceService.addPaymentPlan", invoice, *terms) is True
    rows = crm("DataService.query", "PayPlanItem", 10, 0, {}, ["AmtDue", "DateDue"])
    assert [row["AmtDue"] for row in rows] == [10.0] + [12.85] * 6 + [12.9]
    assert rows[2]["DateDue"] == datetime(2026, 2, 1)
    assert len(crm.sandbox.rows("PayPlan")) == 1
    too_much = (False, 0, 0, 3, 2, 100.5, DAY, DAY, 1, 30)
    assert crm.fault("InvoiceService.addPaymentPlan", invoice, *too_much)[0] == 12
    crm("InvoiceService.deleteInvoice", invoice)
    assert crm.sandbox.rows("PayPlan") == crm.sandbox.rows("PayPlanItem") == []


def test_a_subscription_from_start_to_end(crm: Wire, contact: int) -> None:
    program = {"ProgramName": "Tea club", "DefaultCycle": "2", "DefaultFrequency": 1}
    [club] = crm.sandbox.seed(CProgram=[program])["CProgram"]
    terms = (contact, False, club, 1, 9.5, False, 0, 0, 0, 14)
    subscription = crm("InvoiceService.addRecurringOrder", *terms)
    assert crm("InvoiceService.addRecurringOrder", *terms) == subscription
    assert crm("InvoiceService.updateJobRecurringNextBillDate", subscription, DAY) is True
    fields = ["BillingAmt", "NextBillDate", "Status"]
    row = crm("DataService.load", "RecurringOrder", subscription, fields)
    assert row == {"BillingAmt": 9.5, "NextBillDate": DAY, "Status": "Active"}
    assert crm("InvoiceService.deleteSubscription", subscription) is True
    assert crm.fault("InvoiceService.deleteSubscription", subscription)[0] == 5


def test_the_two_ids_of_an_order_lead_to_each_other(crm: Wire, invoice: int) -> None:
    order = crm("InvoiceService.getOrderId", invoice)
    assert crm("InvoiceService.getInvoiceId", order) == invoice
