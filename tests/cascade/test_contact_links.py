"""A returning buyer with nothing changed costs no contact call; whatever may have changed is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from cascade.engine.contact_links import TRUSTED_FOR
from cascade.engine.replicate import replication_run
from cascade.models import ContactLink, Replication
from cascade.services import replication_resend
from intake.party import Party
from mappings.models import ApiCall
from tests.cascade.cart_shop import by_hand, set_up
from tests.cascade.conftest import Shop
from tests.factories import order_data

State = Replication.State
CONTACT_CALLS = ("upsert_contact", "update_contact", "find_contacts_by_email")
BILLING = order_data().billing
MOVED = {"billing": replace(BILLING, street1="2 Side Street"), "shipping": BILLING}


@pytest.fixture(params=["xmlrpc", "rest"])
def protocol(request: pytest.FixtureRequest, shop: Shop) -> str:
    set_up(shop, request.param, creation_method="blank_order")
    return request.param


def send(shop: Shop, number: str, **changes: object) -> int:
    """Replicate an order; how many calls its contact took."""
    before = ApiCall.objects.filter(operation__in=CONTACT_CALLS).count()
    ended = shop.drive(shop.replication(shop_order_id=number, **changes))
    assert (ended.state, ended.level) == (State.SUCCEEDED, "info"), ended.reason
    return ApiCall.objects.filter(operation__in=CONTACT_CALLS).count() - before


def streets(shop: Shop) -> list[str]:
    return [row["StreetAddress1"] for row in shop.sandbox.rows("Contact")]


def test_unchanged_costs_nothing_and_changed_is_written(shop, protocol):
    assert send(shop, "A") > 0
    assert send(shop, "B") == 0
    assert send(shop, "C", **MOVED) > 0
    assert streets(shop) == ["2 Side Street"]
    assert send(shop, "D") > 0
    assert streets(shop) == ["1 Main Street"]
    assert len({job["ContactId"] for job in shop.sandbox.rows("Job")}) == 1


def test_another_duplicate_check_looks_again(shop):
    send(shop, "A")
    shop.connection.duplicate_check = "EmailAndName"
    shop.connection.save()
    assert send(shop, "B") == 1


def test_after_a_month_the_values_are_written_again(shop):
    send(shop, "A")
    ContactLink.objects.update(written_at=timezone.now() - TRUSTED_FOR + timedelta(minutes=1))
    assert send(shop, "B") == 0
    ContactLink.objects.update(written_at=timezone.now() - TRUSTED_FOR)
    assert send(shop, "C") == 1
    assert send(shop, "D") == 0


@pytest.mark.parametrize("method", ["blank_order", "skip", "place_order"])
def test_a_contact_that_is_gone_is_made_again_in_the_same_run(shop, protocol, method):
    send(shop, "A")
    by_hand(shop, "DataService.delete", "Contact", shop.sandbox.rows("Contact")[0]["Id"])
    if method == "skip":
        shop.connection.skip_order_creation = True
    else:
        shop.connection.creation_method = method
    shop.connection.save()
    assert send(shop, "B") > 0
    (contact,) = shop.sandbox.rows("Contact")
    assert {row["ContactId"] for row in shop.sandbox.rows("ContactGroupAssign")} >= {contact["Id"]}
    assert [job["ContactId"] for job in shop.sandbox.rows("Job")][1:] == [contact["Id"]] * (method != "skip")
    assert ContactLink.objects.get().contact_id == contact["Id"]


def test_two_buyers_who_share_an_address_never_write_over_each_other(shop, protocol):
    shop.connection.duplicate_check = "EmailAndName"
    shop.connection.save()
    ben = {"billing": Party(first_name="Ben", last_name="Example"), "shipping": Party()}
    send(shop, "A")
    send(shop, "B", **ben)
    send(shop, "C")
    assert send(shop, "D") == 0
    ada, other = shop.sandbox.rows("Contact")
    assert (ada["FirstName"], other["FirstName"]) == ("Ada", "Ben")
    assert [job["ContactId"] for job in shop.sandbox.rows("Job")] == [
        ada["Id"], other["Id"], ada["Id"], ada["Id"],
    ]  # fmt: skip


def test_an_older_orders_resend_does_not_hide_what_a_newer_one_wrote(shop):
    send(shop, "A")
    send(shop, "B", **MOVED)
    ended = Replication.objects.get(subject_key="tea/A")
    assert shop.drive(replication_resend(ended, user=None)).state == State.SUCCEEDED
    assert send(shop, "C") > 0
    assert streets(shop) == ["1 Main Street"]


def test_what_was_written_before_the_key_was_refused_is_remembered(shop):
    send(shop, "A")
    shop.sandbox.faults({"method": "InvoiceService.createBlankOrder", "call": 1, "do": "invalid_key"})
    assert replication_run(shop.replication(shop_order_id="B", **MOVED).pk).state == State.RETRYING
    assert send(shop, "C") > 0
    assert streets(shop) == ["1 Main Street"]
