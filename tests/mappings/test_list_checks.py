"""Owners, referral partners and action sets, given by id, are looked up when a connection is tested."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mappings.checks.check import connection_test
from mappings.checks.findings import Finding, FindingLevel
from mappings.models import (
    AffiliateMapping,
    Connection,
    DirectoryList,
    DirectoryRow,
    ProductActionSet,
    SalesRepOwner,
)
from tests.mappings.pages import stored
from tests.sandbox_client import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.embedded]
NOWHERE = 987_654


def found(connection: Connection, *fields: str) -> list[Finding]:
    return [finding for finding in connection_test(stored(connection)).findings if finding.field in fields]


def copied(connection: Connection, kind: str, crm_id: int, **values: Any) -> None:
    """A row of our copy of a list, read a moment ago."""
    now = timezone.now()
    DirectoryList.objects.create(connection=connection, kind=kind, refreshed_at=now, due_at=now)
    DirectoryRow.objects.create(connection=connection, kind=kind, crm_id=crm_id, seen_at=now, **values)


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest", "automatic"])
def test_owners_are_users_of_the_crm(connection: Connection, crm: Sandbox, protocol: str) -> None:
    [uma] = crm.seed(User=[{"FirstName": "Uma", "LastName": "Orr", "Email": "uma@example.com"}])["User"]
    Connection.objects.update(protocol=protocol, affiliate_owner_id=uma)
    SalesRepOwner.objects.create(connection=connection, code="SUE", user_id=uma)
    assert {f.level for f in found(connection, "sales_reps", "affiliate_owner_id")} == {FindingLevel.OK}
    Connection.objects.update(affiliate_owner_id=NOWHERE)
    SalesRepOwner.objects.create(connection=connection, code="BOB", user_id=NOWHERE)
    wrong = [
        f for f in found(connection, "sales_reps", "affiliate_owner_id") if f.level == FindingLevel.ERROR
    ]
    assert {(f.field, f.row) for f in wrong} == {("sales_reps", "BOB"), ("affiliate_owner_id", "")}
    assert "has no user with the id 987654, the owner for the sales rep BOB." in wrong[1].sentence


def test_an_inactive_owner_is_a_warning(connection: Connection) -> None:
    copied(connection, "user", 7, name="Uma Orr", active=False)
    SalesRepOwner.objects.create(connection=connection, code="SUE", user_id=7)
    (told,) = found(connection, "sales_reps")
    assert (told.level, told.row) == (FindingLevel.WARNING, "SUE")
    assert "The user 7 (Uma Orr), the owner for the sales rep SUE is inactive" in told.sentence


@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_referral_partners_are_found_by_id(connection: Connection, crm: Sandbox, protocol: str) -> None:
    [zoe] = crm.seed(Affiliate=[{"AffName": "Zoe", "AffCode": "zoe1", "Status": 1}])["Affiliate"]
    Connection.objects.update(protocol=protocol)
    for shop, partner in (("zoe", zoe), ("max", NOWHERE)):
        AffiliateMapping.objects.create(connection=connection, shop_affiliate=shop, crm_affiliate_id=partner)
    (told,) = found(connection, "affiliate_mappings")
    assert (told.level, told.row) == (FindingLevel.ERROR, "max")


def test_action_sets_are_found_where_the_protocol_lists_them(connection: Connection, crm: Sandbox) -> None:
    [welcome] = crm.seed(ActionSequence=[{"TemplateName": "Welcome"}])["ActionSequence"]
    Connection.objects.update(contact_action_set_id=welcome)
    ProductActionSet.objects.create(connection=connection, item_id="BONE", action_set_id=NOWHERE)
    fields = ("contact_action_set_id", "product_action_sets")
    told = {f.field: (f.level, f.row) for f in found(connection, *fields)}
    assert told == {
        "contact_action_set_id": (FindingLevel.OK, ""),
        "product_action_sets": (FindingLevel.ERROR, "BONE"),
    }
    Connection.objects.update(protocol="rest")
    assert all("REST" in f.sentence for f in found(connection, *fields))


def test_a_fresh_copy_saves_the_call_and_an_old_one_does_not(connection: Connection, crm: Sandbox) -> None:
    copied(connection, "user", 7, name="Uma Orr")
    SalesRepOwner.objects.create(connection=connection, code="SUE", user_id=7)
    before = len(crm.calls())
    assert [f.level for f in found(connection, "sales_reps")] == [FindingLevel.OK]
    calls = len(crm.calls()) - before
    DirectoryList.objects.update(refreshed_at=timezone.now() - timedelta(hours=1))
    assert [f.level for f in found(connection, "sales_reps")] == [FindingLevel.ERROR]
    assert len(crm.calls()) - before == 2 * calls + 1


def test_what_a_fresh_copy_lacks_is_asked_for(connection: Connection, crm: Sandbox) -> None:
    copied(connection, "user", 7, name="Uma Orr")
    [vic] = crm.seed(User=[{"FirstName": "Vic"}])["User"]
    SalesRepOwner.objects.create(connection=connection, code="VIC", user_id=vic)
    assert [f.level for f in found(connection, "sales_reps")] == [FindingLevel.OK]
