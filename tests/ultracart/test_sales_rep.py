"""Sales Rep → Contact Owner."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from cascade.models import Replication
from mappings.models import DirectoryList, DirectoryRow
from tests.ultracart import deliveries

State = Replication.State


def seed_user(merchant) -> int:
    users = [{"FirstName": "Olga", "LastName": "Owner", "Email": "olga@example.com"}]
    (user_id,) = merchant.sandbox.seed(User=users)["User"]
    return user_id


def test_a_matching_sales_rep_code_makes_the_user_the_contacts_owner(merchant):
    user_id = seed_user(merchant)
    merchant.connection.sales_reps.create(code="REP7", user_id=user_id)
    row = merchant.sends(deliveries.order(internal={"sales_rep_code": " rep7 "}))
    assert (row.state, row.level) == (State.SUCCEEDED, "info"), row.reason
    assert merchant.contact()["OwnerID"] == user_id


def test_an_unmatched_sales_rep_code_is_a_warning_in_the_log(merchant):
    merchant.connection.sales_reps.create(code="REP7", user_id=seed_user(merchant))
    row = merchant.sends(deliveries.order(internal={"sales_rep_code": "REP8"}))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning")
    assert "REP8" in row.reason and "Sales Rep → Contact Owner" in row.reason
    assert not merchant.contact()["OwnerID"]


def test_an_order_without_a_sales_rep_leaves_the_owner_as_it_is(merchant):
    user_id = seed_user(merchant)
    merchant.sandbox.seed(Contact=[{"Email": "ada@example.com", "OwnerID": user_id}])
    merchant.connection.sales_reps.create(code="REP7", user_id=1)
    row = merchant.sends(deliveries.order())
    assert (row.level, merchant.contact()["OwnerID"]) == ("info", user_id)


def test_the_owner_is_set_although_no_order_is_created(merchant):
    user_id = seed_user(merchant)
    merchant.set(skip_order_creation=True)
    merchant.connection.sales_reps.create(code="REP7", user_id=user_id)
    merchant.sends(deliveries.order(internal={"sales_rep_code": "REP7"}))
    assert merchant.contact()["OwnerID"] == user_id


def test_a_user_id_that_the_crm_refuses_is_named_and_the_order_is_there(merchant_on):
    merchant = merchant_on("rest")  # XML-RPC takes any id; saving the settings refuses it
    merchant.sandbox.options(rest_unknown_owner="refused")
    merchant.connection.sales_reps.create(code="REP7", user_id=99_999)
    row = merchant.sends(deliveries.order(internal={"sales_rep_code": "REP7"}))
    assert (row.state, row.level, row.setting) == (State.SUCCEEDED, "error", "sales-reps")
    assert "User ID 99999" in row.reason
    assert len(merchant.sandbox.rows("Payment")) == 1


@pytest.mark.parametrize("inactive", [False, True])
def test_a_user_id_that_is_not_in_the_crms_list_leaves_the_owner_alone(merchant, inactive):
    """XML-RPC writes any number as the owner, and says nothing."""
    now = timezone.now()
    mine = {"connection": merchant.connection, "kind": "user"}
    due = now + timedelta(days=1)
    DirectoryList.objects.update_or_create(
        **mine, defaults={"refreshed_at": now - timedelta(hours=1), "due_at": due, "wanted_at": None}
    )
    if inactive:
        DirectoryRow.objects.create(**mine, crm_id=99_999, name="Olga", active=False, seen_at=now)
    merchant.connection.sales_reps.create(code="REP7", user_id=99_999)
    row = merchant.sends(deliveries.order(internal={"sales_rep_code": "REP7"}))
    assert (row.state, row.level) == (State.SUCCEEDED, "warning"), row.reason
    assert "User 99999 is no active user" in row.reason
    assert not merchant.contact()["OwnerID"]
    assert DirectoryList.objects.get(**mine).due_at < due  # somebody new may have been added
