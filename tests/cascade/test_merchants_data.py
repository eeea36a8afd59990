"""No order is lost to the merchant's own stale data, to a length, a region, or a partner that is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from carts.ingest.records import shipment_ingest
from cascade.models import Replication
from intake.party import Party
from mappings.models import DirectoryList
from tests.cascade.cart_shop import by_hand
from tests.cascade.conftest import Shop
from tests.cascade.test_identity import LATER, both, sent, told  # noqa: F401
from tests.cascade.test_races import newest, parcel
from tests.factories import order_data

State = Replication.State
ADA = "ada@example.com"
BILLING = order_data().billing


def the_contact(shop: Shop) -> dict[str, Any]:
    (contact,) = shop.sandbox.rows("Contact")
    return contact


def place(row: dict[str, Any], end: str = "") -> tuple[str, ...]:
    lines = "StreetAddress" if not end else f"Address{end}Street"
    names = (f"{lines}1", f"{lines}2", f"City{end}", f"State{end}", f"PostalCode{end}", f"ZipFour{end or 1}")
    return tuple(str(row[name] or "") for name in names)


# -- the merchant's stale data ---------------------------------------------------------------------------

STALE = [
    {"StreetAddress1": "1 Old Road", "State": "Texas"},
    {"Address2Street1": "1 Old Road", "State2": "Kent", "Country2": "UK"},
    {"Address3Street1": "1 Old Road", "City3": "x" * 101, "Country3": "Italy"},
    {"Address2Street1": "1 Old Road", "State2": "13", "Country2": "Japan"},
    {"Address2Street1": "1 Old Road", "State2": "Somewhere", "Country2": "Atlantis"},
    {"Phone2": "5" * 41, "Address2Street1": "y" * 101},
]


@pytest.mark.parametrize("stale", STALE, ids=lambda row: " ".join(row))
def test_an_old_address_of_the_merchants_holds_no_order_up(both, stale):  # noqa: F811
    both.sandbox.options(rest_region_text="refuse")
    both.sandbox.seed(Contact=[{"Email": ADA, **stale}])
    row = sent(both, "A", ADA, shipping=Party())
    assert row.state == State.SUCCEEDED
    assert place(the_contact(both))[0] == "1 Main Street"
    kept = "Address2Street1" if "Address2Street1" in stale else "Address3Street1"
    assert str(the_contact(both)[kept] or "")[:100] == stale.get(kept, "")[:100]


# -- lengths ---------------------------------------------------------------------------------------------


def test_text_beyond_the_documented_lengths_is_cut_and_shown_whole(both):  # noqa: F811
    long = Party(
        first_name="F" * 41, last_name="L" * 50, street1="S" * 84, street2="T" * 80, city="C" * 60,
        region="GA", postal_code="1" * 16, country="US", phones=("5" * 41, "6", "7", "8" * 21),
    )  # fmt: skip
    far = replace(long, street1="S" * 101, city="C" * 101, postal_code="2" * 21)
    row = sent(both, "A", ADA, billing=long, shipping=far)
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    contact = the_contact(both)
    names = ("FirstName", "LastName", "StreetAddress1", "City", "PostalCode")
    assert [len(contact[name]) for name in names] == [40, 40, 75, 50, 15]
    assert [len(contact[name]) for name in ("Address2Street1", "City2", "PostalCode2")] == [100, 100, 20]
    assert (len(contact["Phone1"]), len(contact["Phone4"])) == (40, 20)
    said = " ".join(decision["text"] for decision in row.plan["decisions"])
    assert "Street has 84 characters" in said and "S" * 84 in said


def test_an_address_too_long_for_the_crm_is_never_cut_to_somebody_elses(both):  # noqa: F811
    told(both, "A", f"{'a' * 70}@example.com")
    row = both.drive(Replication.objects.get())
    assert (row.state, "75 characters" in row.reason) == (State.PARKED, True)
    assert both.sandbox.rows("Contact") == []


# -- regions and countries -------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["accept", "words", "refuse"])
@pytest.mark.parametrize(
    ("region", "country", "left_out"),
    [("JP13", "JP", ""), ("AK", "NZ", "AK"), ("75", "FR", "75"), ("n/a", "DE", "n/a"), ("12", "XK", "XK"),
     ("", "AN", "AN")],
)  # fmt: skip
def test_a_region_or_country_without_a_code_costs_no_order(shop, region, country, left_out, answer):
    shop.connection.protocol = "rest"
    shop.connection.save()
    shop.sandbox.options(rest_region_text=answer)
    there = replace(BILLING, region=region, country=country)
    row = sent(shop, "A", ADA, billing=there, shipping=there)
    said = " ".join(text["text"] for text in row.plan["decisions"] if text["level"] == "warning")
    assert (f"“{left_out}”" in said) is bool(left_out), said
    assert place(the_contact(shop))[0] == "1 Main Street"
    assert region != "JP13" or the_contact(shop)["State"] == "Tokyo"


def test_a_change_of_protocol_rewrites_no_region(shop):
    sent(shop, "A", ADA)
    shop.connection.protocol = "rest"
    shop.connection.save()
    sent(shop, "B", ADA, billing=replace(BILLING, company="New Ltd"))
    assert (the_contact(shop)["State"], the_contact(shop)["Company"]) == ("GA", "New Ltd")


# -- an address is one value -----------------------------------------------------------------------------


def test_nothing_of_an_old_address_stays_beside_the_new(both):  # noqa: F811
    both.sandbox.options(rest_lists="merge")
    old = {"StreetAddress1": "5 Elm Street", "StreetAddress2": "Apt 9", "City": "Dallas", "State": "Texas"}
    both.sandbox.seed(
        Contact=[
            {"Email": ADA, **old, "PostalCode": "75001", "ZipFour1": "1234", "Country": "United States",
             "Phone1": "555-1", "Phone1Ext": "12"}
        ]
    )  # fmt: skip
    moved = Party(street1="5 Orchard Road", city="Singapore", country="SG", phones=("6555-0100",))
    sent(both, "A", ADA, billing=moved, shipping=moved)
    contact = the_contact(both)
    assert place(contact) == ("5 Orchard Road", "", "Singapore", "", "", "")
    assert (contact["Country"], contact["Phone1"], contact["Phone1Ext"] or "") == (
        "Singapore",
        "6555-0100",
        "",
    )


def test_an_address_without_a_street_wipes_none(both):  # noqa: F811
    both.sandbox.seed(Contact=[{"Email": ADA, "StreetAddress1": "5 Elm Street", "PostalCode": "75001"}])
    sent(both, "A", ADA, billing=Party(first_name="Ada", country="US"), shipping=Party())
    assert place(the_contact(both))[::4] == ("5 Elm Street", "75001")


# -- referral partners -----------------------------------------------------------------------------------


@pytest.fixture
def mapped(both: Shop) -> Shop:  # noqa: F811
    both.connection.affiliate_mappings.create(shop_affiliate="AFF-7", crm_affiliate_id=4711)
    both.sandbox.options(unknown_affiliate="fault")
    return both


@pytest.mark.parametrize("read", [True, False], ids=["list read", "list not read"])
def test_a_mapped_partner_that_is_gone_costs_no_order(mapped, read):
    if read:
        now = datetime.now(UTC)
        DirectoryList.objects.create(
            connection=mapped.connection, kind="affiliate", refreshed_at=now, due_at=now
        )
    row = sent(mapped, "A", ADA, affiliates=("AFF-7",))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "no referral partner 4711" in row.reason and "Affiliate → Contact" in row.reason
    (invoice,) = mapped.sandbox.rows("Invoice")
    assert not invoice["AffiliateId"] and float(invoice["TotalDue"]) == 0


# -- what is gone ----------------------------------------------------------------------------------------


def test_a_refund_finds_a_deleted_contact_again_by_itself(both):  # noqa: F811
    both.sandbox.seed(
        ContactGroup=[{"GroupName": "Refunded"}], User=[{"FirstName": "Olga", "Email": "o@x.de"}]
    )
    both.connection.refund_tags = "Refunded"
    both.connection.save()
    sent(both, "A", ADA)
    by_hand(both, "DataService.delete", "Contact", the_contact(both)["Id"])
    told(both, "A", ADA, version_at=LATER, refunded_total=Decimal(5))
    row = both.drive(Replication.objects.latest("id"))
    assert row.state == State.SUCCEEDED, row.reason
    (tagged,) = both.sandbox.rows("ContactGroupAssign")
    assert tagged["ContactId"] == the_contact(both)["Id"]


def test_an_order_deleted_in_the_crm_is_named_as_that(both):  # noqa: F811
    both.sandbox.seed(DataFormField=[{"FormId": -9, "Name": "Tracking", "Label": "Tracking", "DataType": 15}])
    both.connection.shipping_fields.create(shipping_key="tracking_numbers", crm_field="_Tracking")
    sent(both, "DEMO-1001", ADA)
    for payment in both.sandbox.rows("Payment"):
        by_hand(both, "InvoiceService.deleteInvoice", payment["InvoiceId"])
    shipment_ingest(both.source, parcel("1Z1"))
    row = both.drive(newest("shipment"))
    assert row.state == State.FAILED
    assert "no longer has this order" in row.reason and "tags" not in row.reason
    assert row.setting == ""


def test_an_opt_in_that_a_bounce_forbids_promises_no_way_back(both):  # noqa: F811
    both.connection.mailing_list_opt_in = True
    both.connection.save()
    both.sandbox.seed(EmailAddStatus=[{"Email": ADA, "Type": "HardBounce"}])
    row = sent(both, "A", ADA, mailing_list=True)
    assert "mail to it came back" in row.reason and "corrected in the shop" in row.reason


# -- the account's clock ---------------------------------------------------------------------------------


def test_dates_are_the_accounts(both):  # noqa: F811
    both.sandbox.clock(zone="Europe/Berlin")
    both.connection.told_time_zone = "Europe/Berlin"
    both.connection.save()
    sent(both, "A", ADA, placed_at=datetime(2026, 3, 2, 2, 0, tzinfo=UTC))
    (job,) = both.sandbox.rows("Job")
    assert str(job["StartDate"])[:10] == "2026-03-02"
    both.connection.crm_time_zone = "America/New_York"
    both.connection.save()
    assert both.connection.zone_name == "America/New_York"
