"""InvoiceService: cards and charging them, which only a live merchant account does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.account import Work
from sandbox.clock import crm_now
from sandbox.problems import record_not_found
from sandbox.records import CARD_OK, existing
from sandbox.services.invoice import money, record_payment
from sandbox.services.registry import method
from sandbox.values import Row, Wire

CARD_INACTIVE = 4
PAYMENT_TYPE = "Credit Card"


@dataclass(frozen=True)
class Charge:
    """`code` is APPROVED, DECLINED, ERROR or SKIPPED, or empty where there was no card."""

    successful: bool
    code: str
    reference: str
    message: str


NO_CARD = Charge(False, "", "None", "None")
TEST_MODE = Charge(False, "ERROR", "0", "(TESTMODE) The merchant account is not live, nothing was charged")


def charge_card(
    work: Work, invoice_id: int, card_id: int, note: str, merchant_id: int = 0, bypass: bool = False
) -> Charge:
    """Take what is due from the card: effect `card.charged`.

    Only a live merchant account does, the one named or the default one; no account at all counts as test.
    """
    invoice = existing(work.store, "Invoice", invoice_id)
    card = existing(work.store, "CreditCard", card_id)
    if card["ContactId"] != invoice["ContactId"]:
        raise record_not_found(f"CreditCard was not found for Id:{card_id}")
    due = money(invoice, "TotalDue")
    if due <= 0:
        return Charge(False, "SKIPPED", "0", "Nothing is due")
    accounts = work.store.rows("MerchantAccount")
    wanted = [row for row in accounts if (row["Id"] == merchant_id if merchant_id else row["IsDefault"])]
    if not wanted or wanted[0]["IsTest"]:
        return TEST_MODE
    if card["Status"] != CARD_OK:
        return Charge(False, "DECLINED", "0", "The card is not valid")
    payment_id = record_payment(work, invoice_id, due, crm_now(), PAYMENT_TYPE, note, bypass)
    values: Row = {"Amt": due, "CCId": card_id, "PaymentId": payment_id, "ApprCode": "APPROVED"}
    charge_id = work.store.insert("CCharge", {**values, "MerchantId": merchant_id})
    reference = f"S{charge_id}"
    work.store.change("CCharge", charge_id, {"RefNum": reference})
    work.store.change("Payment", payment_id, {"ChargeId": charge_id})
    ids = {"card": card_id, "payment": payment_id, "invoice": invoice_id}
    work.note("card.charged", ids, {"amount": due})
    return Charge(True, "APPROVED", reference, "APPROVED")


@method("InvoiceService.chargeInvoice", "int string int int boolean")
def charge_invoice(
    work: Work, invoice_id: int, notes: str, card_id: int, merchant_id: int, bypass_commissions: bool
) -> dict[str, Any]:
    charge = charge_card(work, invoice_id, card_id, notes, merchant_id, bypass_commissions)
    return {
        "Successful": charge.successful,
        "Code": charge.code,
        "RefNum": charge.reference,
        "Message": charge.message,
    }


@method("InvoiceService.locateExistingCard", "int string")
def locate_existing_card(work: Work, contact_id: int, last4: str) -> int:
    """The contact's newest card that ends so, 0 without one."""
    existing(work.store, "Contact", contact_id)
    keys = work.store.find("CreditCard", "ContactId", contact_id)
    return max((key for key in keys if work.store.row("CreditCard", key)["Last4"] == last4), default=0)


@method("InvoiceService.validateCreditCard", "int", "struct")
def validate_credit_card(work: Work, card: int | dict[str, Wire]) -> dict[str, str]:
    """Valid is text. Only the expiry is looked at; numbers are never asked of a bank here."""
    row: Any = existing(work.store, "CreditCard", card) if isinstance(card, int) else card
    expiry = (str(row.get("ExpirationYear") or ""), str(row.get("ExpirationMonth") or "").zfill(2))
    now = crm_now()
    if expiry < (str(now.year), f"{now.month:02d}"):
        return {"Valid": "false", "Message": "Card has expired"}
    return {"Valid": "true", "Message": ""}


@method("ProductService.deactivateCreditCard", "int")
def deactivate_credit_card(work: Work, card_id: int) -> bool:
    existing(work.store, "CreditCard", card_id)
    work.store.change("CreditCard", card_id, {"Status": CARD_INACTIVE})
    work.note("card.updated", {"card": card_id}, {"Status": CARD_INACTIVE})
    return True
