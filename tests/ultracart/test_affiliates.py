"""Affiliate → Contact: affiliates come by the REST API, and the orders they sent name them."""

from __future__ import annotations

from typing import Any

import pytest

from cascade.models import Replication
from cascade.services import replication_resend
from cascade.shop.names import ShopKind as Kind
from tests.factories import ApiKeyFactory
from tests.sandbox_client import Row
from tests.ultracart import deliveries
from tests.ultracart.conftest import Merchant

State = Replication.State
SENT_BY_77 = {"affiliates": [{"affiliate_oid": 77, "tier_number": 1}, {"affiliate_oid": 5, "tier_number": 2}]}


@pytest.fixture
def shop(merchant: Merchant) -> Merchant:
    merchant.make_tags("Partner")
    merchant.set(affiliates_enabled=True, affiliate_tags="Partner")
    ApiKeyFactory(plain="shop-key", source=merchant.source)
    return merchant


def registers(shop: Merchant, **changes: Any) -> Replication:
    """Tell an affiliate over the API, work, and give the latest replication of one."""
    party = {"first_name": "Carl", "last_name": "Partner", "city": "Macon"}
    body = {"shop_affiliate_id": "77", "code": "carlcode", "email": "carl@example.com", "party": party}
    answer = shop.client.post(
        "/api/v1/affiliates/",
        data={**body, **changes},
        content_type="application/json",
        headers={"Authorization": "Api-Key shop-key"},
    )
    assert answer.status_code in (200, 201), answer.content
    shop.work()
    return shop.latest(Kind.AFFILIATE)


def partner(shop: Merchant, code: str) -> int:
    contact = shop.sandbox.seed(Contact=[{"Email": "partner@example.com"}])["Contact"][0]
    row = {"AffCode": code, "AffName": code, "ContactId": contact, "Status": 1}
    return shop.sandbox.seed(Affiliate=[row])["Affiliate"][0]


def affiliates_of_invoice(shop: Merchant) -> tuple[int, int]:
    """Lead and sale affiliate, 0 for none."""
    invoice: Row = shop.sandbox.rows("Invoice")[-1]
    return int(invoice["LeadAffiliateId"] or 0), int(invoice["AffiliateId"] or 0)


def test_switched_off_affiliates_are_kept_and_not_sent(shop):
    shop.set(affiliates_enabled=False)
    row = registers(shop)
    assert row.state == State.SKIPPED and "affiliates are not sent" in row.reason
    assert shop.sandbox.rows("Contact") == []
    shop.set(affiliates_enabled=True)
    replication_resend(row, user=None)
    shop.work()
    assert shop.tags("carl@example.com") == {"Partner"}


def test_an_affiliate_becomes_a_contact_with_the_tags_and_no_partner(shop):
    row = registers(shop)
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    contact = shop.contact("carl@example.com")
    assert (contact["FirstName"], contact["LastName"], contact["City"]) == ("Carl", "Partner", "Macon")
    assert shop.tags("carl@example.com") == {"Partner"}
    assert shop.sandbox.rows("Affiliate") == []


def test_the_owner_of_affiliates_is_set(shop):
    (user,) = shop.sandbox.seed(User=[{"FirstName": "Olga", "Email": "olga@example.com"}])["User"]
    shop.set(affiliate_owner_id=user)
    registers(shop)
    assert shop.contact("carl@example.com")["OwnerID"] == user


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"email": ""}, "no usable e-mail"), ({"active": False}, "not active in the shop")],
)
def test_who_is_not_sent(shop, changes, why):
    row = registers(shop, **changes)
    assert row.state == State.SKIPPED and why in row.reason
    assert shop.sandbox.rows("Contact") == []


def test_linking_finds_the_partner_of_the_same_code(shop):
    shop.set(affiliate_partner="link")
    partner(shop, "CarlCode")
    row = registers(shop)
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert len(shop.sandbox.rows("Affiliate")) == 1


def test_linking_never_creates_and_says_so(shop):
    shop.set(affiliate_partner="link")
    row = registers(shop)
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "no referral partner with the code carlcode" in row.reason
    assert shop.sandbox.rows("Affiliate") == []
    assert shop.tags("carl@example.com") == {"Partner"}


def test_creating_makes_the_partner_of_the_contact_once(shop):
    shop.set(affiliate_partner="create")
    registers(shop)
    registers(shop, party={"first_name": "Karl", "last_name": "Partner"})
    (made,) = shop.sandbox.rows("Affiliate")
    contact = shop.contact("carl@example.com")
    assert (made["AffCode"], made["AffName"], made["ContactId"]) == (
        "carlcode", "Carl Partner", contact["Id"],
    )  # fmt: skip
    assert contact["FirstName"] == "Karl"


def test_a_partner_of_ours_is_lead_and_sale_affiliate_of_the_orders_they_sent(shop):
    shop.set(affiliate_partner="create")
    registers(shop, code="")  # known to the shop by their id alone
    (made,) = shop.sandbox.rows("Affiliate")
    row = shop.sends(deliveries.order(**SENT_BY_77))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert affiliates_of_invoice(shop) == (made["Id"], made["Id"])


def test_an_orders_affiliate_is_found_by_the_mapping_first(shop):
    mapped, _ = partner(shop, "mapped"), partner(shop, "aff77")
    shop.connection.affiliate_mappings.create(shop_affiliate="77", crm_affiliate_id=mapped)
    shop.sends(deliveries.order(**SENT_BY_77))
    assert affiliates_of_invoice(shop) == (mapped, mapped)


def test_the_mapping_may_name_the_code(shop):
    mapped = partner(shop, "mapped")
    shop.connection.affiliate_mappings.create(shop_affiliate="CARLCODE", crm_affiliate_id=mapped)
    registers(shop)
    shop.sends(deliveries.order(**SENT_BY_77))
    assert affiliates_of_invoice(shop) == (mapped, mapped)


def test_an_orders_affiliate_is_found_by_the_code_in_the_crm(shop):
    found = partner(shop, "carlcode")
    registers(shop)
    shop.sends(deliveries.order(**SENT_BY_77))
    assert affiliates_of_invoice(shop) == (found, found)


@pytest.mark.parametrize(
    ("role", "lead", "sale"), [("both", True, True), ("lead", True, False), ("sale", False, True)]
)
def test_the_setting_says_what_the_affiliate_becomes(shop, role, lead, sale):
    shop.set(affiliate_role=role)
    found = partner(shop, "aff77")
    shop.sends(deliveries.order(**SENT_BY_77))
    assert affiliates_of_invoice(shop) == (found * lead, found * sale)


def test_with_nothing_to_become_an_unknown_affiliate_is_no_warning(shop):
    shop.set(affiliate_role="none")
    row = shop.sends(deliveries.order(**SENT_BY_77))
    assert (row.level, affiliates_of_invoice(shop)) == ("info", (0, 0))


def test_an_unknown_affiliate_is_a_warning_and_the_order_does_not_wait(shop):
    row = shop.sends(deliveries.order(**SENT_BY_77))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "The affiliate 77 is no referral partner" in row.reason
    assert affiliates_of_invoice(shop) == (0, 0)
    assert [row["PayAmt"] for row in shop.sandbox.rows("Payment")] == ["56.85"]


def test_a_rebill_is_an_ordinary_order_of_its_affiliate(shop):
    found = partner(shop, "aff77")
    shop.sends(deliveries.order("SHOP-1", **SENT_BY_77))
    rebill = {"creation_dts": "2026-04-02T10:04:05-04:00", "auto_order": {"original_order_id": "SHOP-1"}}
    row = shop.sends(deliveries.order("SHOP-2", **SENT_BY_77, **rebill))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert affiliates_of_invoice(shop) == (found, found)
    assert len(shop.sandbox.rows("Job")) == len(shop.sandbox.rows("Payment")) == 2
