"""The contract of the CRM on lead sources and referral partners, judged by its tables."""

from __future__ import annotations

import pytest

from crm.contract import Crm
from crm.errors import OutcomeUnknown
from tests.crm.contract_helpers import add_contact
from tests.sandbox_client import Sandbox


def test_a_lead_source_is_created_and_found_by_its_exact_name(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(LeadSource=[{"Name": "spring 10%", "Status": "Active"}])
    assert crm.find_lead_sources("SPRING 10%") == []
    source_id = crm.create_lead_source("SPRING 10%")
    assert [(source.id, source.name) for source in crm.find_lead_sources("SPRING 10%")] == [
        (source_id, "SPRING 10%")
    ]
    row = next(row for row in sandbox.rows("LeadSource") if row["Id"] == source_id)
    assert (row["Name"], str(row["Status"]).lower()) == ("SPRING 10%", "active")
    assert len(sandbox.effects("lead_source.created")) == 1


def test_a_partner_is_created_and_found_by_its_code(crm: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    sandbox.seed(Affiliate=[{"AffCode": "rita1", "AffName": "Other", "Status": 1}])
    partner_id = crm.create_affiliate(contact_id, "Rita", "Rita Roe")
    (partner,) = crm.find_affiliates("RITA")
    assert (partner.id, partner.code, partner.name) == (partner_id, "Rita", "Rita Roe")
    assert (partner.contact_id, partner.active) == (contact_id, True)
    row = next(row for row in sandbox.rows("Affiliate") if row["Id"] == partner_id)
    assert (row["AffCode"], row["ContactId"], row["Status"]) == ("Rita", contact_id, 1)
    assert crm.find_affiliates("nobody") == []


def test_an_inactive_partner_is_shown_as_such(crm: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    sandbox.seed(Affiliate=[{"AffCode": "old", "AffName": "Old", "Status": 0, "ContactId": contact_id}])
    (partner,) = crm.find_affiliates("old")
    assert not partner.active


def test_a_partner_whose_reply_is_lost_is_looked_up(crm: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox)
    sandbox.faults({"method": "*", "do": "drop_after"})
    with pytest.raises(OutcomeUnknown):
        crm.create_affiliate(contact_id, "rita", "Rita Roe")
    assert len(crm.find_affiliates("rita")) == len(sandbox.effects("affiliate.created")) == 1


def test_whether_a_partner_exists_is_told(crm: Crm, sandbox: Sandbox) -> None:
    contact = add_contact(sandbox)
    (there,) = sandbox.seed(Affiliate=[{"ContactId": contact, "AffCode": "code", "Status": 1}])["Affiliate"]
    assert (crm.affiliate_exists(there), crm.affiliate_exists(there + 9)) == (True, False)
