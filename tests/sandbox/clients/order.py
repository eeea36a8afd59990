"""The order of the client tests, through the package infusionsoft-client. Prints its answers as JSON."""

from __future__ import annotations

import json
import ssl
import sys
import xmlrpc.client
from collections.abc import Callable
from datetime import datetime
from typing import Any

import infusionsoft

DAY = datetime(2026, 1, 2, 3, 4, 5)
FIELDS = {"Email": "ann@example.com", "FirstName": "Ann", "LastName": "Zoë & <Co>"}


def refusal(call: Callable[[], Any]) -> tuple[int, str]:
    try:
        call()
    except xmlrpc.client.Fault as fault:
        return fault.faultCode, fault.faultString
    raise RuntimeError("the call was not refused")


def order(url: str, key: str, facts: dict[str, int], trust: ssl.SSLContext) -> dict[str, Any]:
    crm, product = infusionsoft, facts["product"]
    crm.initialize(url, key, context=trust)
    contact = crm.ContactService.addWithDupCheck(FIELDS, "Email")
    again = crm.ContactService.addWithDupCheck(FIELDS, "Email")
    tagged = crm.ContactService.addToGroup(contact, facts["tag"])
    invoice = crm.InvoiceService.createBlankOrder(contact, "shop order 7", DAY, 0, 0)
    added = crm.InvoiceService.addOrderItem(invoice, product, 4, 12.5, 2, "Mug", "")
    paid = crm.InvoiceService.addManualPayment(invoice, 25.0, DAY, "Cash", "shop order 7", False)
    [job] = crm.DataService.query("Job", 10, 0, {"JobTitle": "shop order 7"}, ["Id", "InvoiceId"])
    goals = crm.FunnelService.achieveGoal("shop", "bought", contact)
    placed = crm.OrderService.placeOrder(contact, 0, 0, [product, product], [], False, [], 0, 0)
    answers = {
        "same": contact == again,
        "tagged": tagged,
        "added": added,
        "paid": paid,
        "owed": crm.InvoiceService.calculateAmountOwed(invoice),
        "found": job["InvoiceId"] == invoice,
        "person": crm.ContactService.load(contact, ["FirstName", "LastName", "Groups"]),
        "goals": goals,
        "placed": [placed["Successful"], placed["Code"]],
        "missing": refusal(lambda: crm.ContactService.load(999999, ["Id"])),
    }
    crm.initialize(url, "wrong", context=trust)
    return {**answers, "rejected": refusal(lambda: crm.ContactService.load(contact, ["Id"]))}


if __name__ == "__main__":
    url, key, facts, certificate = sys.argv[1:]
    trust = ssl.create_default_context(cafile=certificate)
    trust.check_hostname = False  # the certificate is the played host's
    json.dump(order(url, key, json.loads(facts), trust), sys.stdout)
