from __future__ import annotations

from datetime import datetime

import pytest

from tests.sandbox.conftest import Wire

JANUARY = (datetime(2026, 1, 1), datetime(2026, 1, 31))


@pytest.fixture
def affiliate(crm: Wire) -> int:
    row = {"AffName": "Ann", "AffCode": "ann", "Password": "secret", "Status": 1}
    return crm.sandbox.seed(Affiliate=[row])["Affiliate"][0]


def entry(affiliate: int, kind: str, amount: float, day: str) -> dict[str, object]:
    return {"AffiliateId": affiliate, "Kind": kind, "Amount": amount, "DateEarned": day}


def test_reports_add_up_the_entries(crm: Wire, affiliate: int) -> None:
    crm.sandbox.seed(
        AffiliateEntry=[
            entry(affiliate, "commission", 10, "2026-01-05"),
            entry(affiliate, "commission", 4, "2026-02-05"),
            entry(affiliate, "clawback", 2.5, "2026-01-06"),
            entry(affiliate, "payout", 7.5, "2026-01-31"),
        ]
    )
    [total] = crm("APIAffiliateService.affRunningTotals", [affiliate])
    assert total == {
        "AffiliateId": affiliate,
        "AmountEarned": 14.0,
        "Clawbacks": 2.5,
        "Payments": 7.5,
        "RunningBalance": 4.0,
    }
    [january] = crm("APIAffiliateService.affSummary", [affiliate], *JANUARY)
    assert (january["AmountEarned"], january["Clawbacks"], january["Balance"]) == (10.0, 2.5, 7.5)
    for report, amount in (("affCommissions", 10.0), ("affClawbacks", 2.5), ("affPayouts", 7.5)):
        [row] = crm(f"APIAffiliateService.{report}", affiliate, *JANUARY)
        assert row["Amount"] == amount


def test_an_affiliate_without_entries_has_empty_reports(crm: Wire, affiliate: int) -> None:
    assert crm("APIAffiliateService.affCommissions", affiliate, *JANUARY) == []
    [total] = crm("APIAffiliateService.affRunningTotals", [affiliate])
    assert total["RunningBalance"] == 0
    assert crm.fault("APIAffiliateService.affRunningTotals", [9999])[0] == 5


def test_a_commission_on_an_order_is_earned(crm: Wire, affiliate: int) -> None:
    [contact] = crm.sandbox.seed(Contact=[{"Email": "bob@example.com"}])["Contact"]
    invoice = crm("InvoiceService.createBlankOrder", contact, "t", JANUARY[0], 0, affiliate)
    crm("InvoiceService.addOrderItem", invoice, 0, 3, 80.0, 1, "t", "")
    for percentage, amount in ((10, 0.0), (0, 5.0)):
        arguments = (invoice, affiliate, 0, percentage, amount, 5, "by hand", JANUARY[0])
        assert crm("InvoiceService.addOrderCommissionOverride", *arguments) is True
    [total] = crm("APIAffiliateService.affRunningTotals", [affiliate])
    assert total["AmountEarned"] == 13.0
    assert len(crm.sandbox.effects("commission.added")) == 2


def test_programs_members_resources_and_links(crm: Wire, affiliate: int) -> None:
    crm.sandbox.seed(
        AffiliateProgram=[{"Id": 70, "Name": "Partners"}],
        AffiliateProgramMember=[{"ProgramId": 70, "AffiliateId": affiliate}],
        AffiliateRedirect=[
            {"AffiliateId": affiliate, "LocalUrlCode": "ann", "RedirectUrl": "https://x.example"}
        ],
        AffResource=[{"Title": "Banner", "ProgramIds": "70,71"}, {"Title": "Other", "ProgramIds": "7"}],
    )
    assert [p["Name"] for p in crm("AffiliateProgramService.getAffiliatePrograms")] == ["Partners"]
    assert [p["Id"] for p in crm("AffiliateProgramService.getProgramsForAffiliate", affiliate)] == [70]
    [member] = crm("AffiliateProgramService.getAffiliatesByProgram", 70)
    assert (member["AffCode"], "Password" in member) == ("ann", False)
    [resource] = crm("AffiliateProgramService.getResourcesForAffiliateProgram", 70)
    assert resource["Title"] == "Banner"
    [link] = crm("AffiliateService.getRedirectLinksForAffiliate", affiliate)
    assert link["LocalUrlCode"] == "ann"


def test_a_referral_is_added_and_stays(crm: Wire, affiliate: int) -> None:
    [contact] = crm.sandbox.seed(Contact=[{"Email": "bob@example.com"}])["Contact"]
    values = {"ContactId": contact, "AffiliateId": affiliate, "Type": 1, "DateSet": "2026-01-02"}
    referral = crm("DataService.add", "Referral", values)
    assert crm.sandbox.effects("referral.created")[0]["ids"] == {"referral": referral}
    assert crm.fault("DataService.update", "Referral", referral, {"Type": 2})[0] == 7
    assert crm.fault("DataService.delete", "Referral", referral)[0] == 7
