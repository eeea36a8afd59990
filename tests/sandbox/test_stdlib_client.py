"""The sandbox under a client that knows nothing of it: the stdlib's, unmodified."""

from __future__ import annotations

import xmlrpc.client
from datetime import datetime
from typing import Any

import pytest

from tests.sandbox_client import Sandbox


def test_an_order_from_contact_to_payment(sandbox: Sandbox) -> None:
    ids = sandbox.seed(
        Product=[{"ProductName": "Mug", "ProductPrice": 12.5}], ContactGroup=[{"GroupName": "VIP"}]
    )
    key, [mug], [tag] = sandbox.key, ids["Product"], ids["ContactGroup"]
    when = datetime(2026, 1, 2, 3, 4, 5)
    with xmlrpc.client.ServerProxy(f"{sandbox.url}/api/xmlrpc", use_builtin_types=True) as proxy:
        crm: Any = proxy
        contact = crm.ContactService.addWithDupCheck(key, {"Email": "ann@example.com"}, "Email")
        invoice = crm.InvoiceService.createBlankOrder(key, contact, "shop order 7", when, 0, 0)
        assert crm.InvoiceService.addOrderItem(key, invoice, mug, 4, 12.5, 2, "Mug", "") is True
        assert crm.InvoiceService.calculateAmountOwed(key, invoice) == 25.0
        assert (
            crm.InvoiceService.addManualPayment(key, invoice, 25.0, when, "Cash", "shop order 7", False)
            is True
        )
        assert crm.ContactService.addToGroup(key, contact, tag) is True
        [payment] = crm.InvoiceService.getPayments(key, invoice)
        jobs = crm.DataService.query(key, "Job", 10, 0, {"JobTitle": "shop order 7"}, ["Id", "InvoiceId"])
    assert (payment["PayAmt"], payment["PayDate"]) == (25.0, datetime(2026, 1, 2))
    assert jobs[0]["InvoiceId"] == invoice
    assert [effect["kind"] for effect in sandbox.effects()] == [
        "contact.created",
        "order.created",
        "line.added",
        "payment.recorded",
        "contact.tagged",
    ]


def test_what_surrounds_an_order_by_its_other_services(sandbox: Sandbox) -> None:
    """The strictest reading of a goal that was reached, empty values without a type, included."""
    sandbox.options(goal_flow="untyped")
    ids = sandbox.seed(
        Product=[{"ProductName": "Mug", "ProductPrice": 12.5}],
        FunnelCampaign=[{"Id": 40, "Published": 1}],
        FunnelGoal=[{"CampaignId": 40, "Integration": "shop", "CallName": "bought"}],
        ActionSequence=[{"TemplateName": "Welcome"}],
        Affiliate=[{"AffCode": "bob"}],
    )
    key, [mug], [action_set], [bob] = sandbox.key, ids["Product"], ids["ActionSequence"], ids["Affiliate"]
    with xmlrpc.client.ServerProxy(f"{sandbox.url}/api/xmlrpc", use_builtin_types=True) as proxy:
        crm: Any = proxy
        contact = crm.ContactService.add(key, {"Email": "ann@example.com"})
        placed = crm.OrderService.placeOrder(key, contact, 0, 0, [mug, mug], [], True, [], 0, bob)
        [goal] = crm.FunnelService.achieveGoal(key, "shop", "bought", contact)
        [action] = crm.ContactService.runActionSequence(key, contact, action_set)
        opted = [crm.APIEmailService.optIn(key, "ann@example.com", "shop") for _ in range(2)]
        referral = crm.DataService.add(key, "Referral", {"ContactId": contact, "AffiliateId": bob})
        [row] = crm.DataService.query(
            key, "Invoice", 1, 0, {"Id": int(placed["InvoiceId"])}, ["InvoiceTotal", "AffiliateId"]
        )
        with pytest.raises(xmlrpc.client.Fault, match="RecordNotFound"):
            crm.OrderService.placeOrder(key, 9999, 0, 0, [mug], [], False, [], 0, 0)
    assert row == {"InvoiceTotal": 25.0, "AffiliateId": bob}
    assert (goal["success"], goal["flowStart"], action["IsError"], opted) == (True, "", False, [True, False])
    assert referral > contact
    assert [effect["kind"] for effect in sandbox.effects()] == [
        "contact.created",
        "order.created",
        "line.added",
        "goal.achieved",
        "action_set.run",
        "email.opted_in",
        "referral.created",
    ]


def test_its_transport_resends_after_a_lost_reply_which_makes_two_contacts(sandbox: Sandbox) -> None:
    """The trap the product avoids by not sending with it; here it shows that a drop looks real."""
    with xmlrpc.client.ServerProxy(f"{sandbox.url}/api/xmlrpc") as proxy:
        crm: Any = proxy
        crm.ContactService.echo("warm the connection")
        sandbox.faults({"method": "ContactService.add", "do": "drop_after"})
        crm.ContactService.add(sandbox.key, {"Email": "ann@example.com"})
    assert len(sandbox.effects("contact.created")) == 2
