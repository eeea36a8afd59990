"""Whose contact it is: an address that is corrected takes nobody else's contact along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from carts.ingest.orders import order_ingest
from carts.ingest.records import cart_ingest
from cascade.engine.replicate import replication_run
from cascade.models import ContactLink, JournalEntry, Replication
from cascade.services import replication_calls, replication_preview, replication_work
from cascade.shop.names import ShopKind as Kind
from intake.party import Party
from tests.cascade.cart_shop import by_hand
from tests.cascade.conftest import Shop
from tests.cascade.test_crash_sweep import Killed, kill_at, lease_end
from tests.cascade.test_races import cart
from tests.factories import PLACED_AT, order_data

State = Replication.State
ADA, BOB = "ada@example.com", "bob@example.com"
LATER = PLACED_AT + timedelta(days=1)
BOBS = {"billing": Party(first_name="Bob", last_name="Builder", street1="9 Bob Road", city="Boston",
                         region="MA", postal_code="02108", country="US"), "shipping": Party()}  # fmt: skip


@pytest.fixture(params=["xmlrpc", "rest", "automatic"])
def both(shop: Shop, request: Any) -> Shop:
    shop.connection.protocol = request.param
    shop.connection.save()
    return shop


def drive_all(shop: Shop) -> None:
    for row in Replication.objects.filter(state__in=Replication.OPEN).order_by("id"):
        ended = shop.drive(row)
        assert ended.state in (State.SUCCEEDED, State.SKIPPED), ended.reason


def told(shop: Shop, number: str, email: str, **changes: Any) -> None:
    order_ingest(shop.source, order_data(shop_order_id=number, number=number, email=email, **changes))


def sent(shop: Shop, number: str, email: str, **changes: Any) -> Replication:
    told(shop, number, email, **changes)
    drive_all(shop)
    return Replication.objects.filter(kind=Kind.ORDER, subject_key=f"tea/{number}").latest("id")


def corrected(shop: Shop, number: str = "A", email: str = ADA, **changes: Any) -> Replication:
    return sent(shop, number, email, version_at=LATER, **changes)


def people(shop: Shop) -> dict[str, list[str]]:
    """The orders of each address; each address once."""
    contacts = {row["Id"]: row["Email"] for row in shop.sandbox.rows("Contact")}
    assert len(set(contacts.values())) == len(contacts), contacts
    found: dict[str, list[str]] = {email: [] for email in contacts.values()}
    for job in shop.sandbox.rows("Job"):
        found[contacts[job["ContactId"]]].append(str(job["JobTitle"]).removeprefix("tea order "))
    return {email: sorted(jobs) for email, jobs in found.items()}


def contact_of(shop: Shop, email: str) -> dict[str, Any]:
    (found,) = [row for row in shop.sandbox.rows("Contact") if row["Email"] == email]
    return found


def tags_of(shop: Shop, email: str) -> int:
    contact = contact_of(shop, email)["Id"]
    return sum(row["ContactId"] == contact for row in shop.sandbox.rows("ContactGroupAssign"))


# -- an address that is corrected -----------------------------------------------------------------------


def test_a_contact_that_only_this_order_made_gets_the_new_address(both):
    sent(both, "A", "ada@example.con")
    (before,) = both.sandbox.rows("Contact")
    corrected(both)
    (after,) = both.sandbox.rows("Contact")
    assert (after["Id"], after["Email"]) == (before["Id"], ADA)
    assert people(both) == {ADA: ["A"]}


def test_a_contact_on_which_another_order_of_ours_hangs_is_left_alone(both):
    sent(both, "A", BOB)
    sent(both, "B", BOB, **BOBS)
    corrected(both)
    assert people(both) == {ADA: ["A"], BOB: ["B"]}
    bob = contact_of(both, BOB)
    assert (bob["FirstName"], bob["StreetAddress1"]) == ("Bob", "9 Bob Road")
    assert tags_of(both, ADA) == tags_of(both, BOB) == 2
    step = JournalEntry.objects.get(subject_key="tea/A", step="contact")
    assert "is left as it is" in step.note


def test_a_contact_that_was_there_before_is_left_alone(both):
    there = {"Email": BOB, "FirstName": "Bob", "DateCreated": "2026-01-02 03:04:05"}
    both.sandbox.seed(Contact=[there])
    sent(both, "A", BOB, billing=Party(), shipping=Party())
    corrected(both)
    assert people(both) == {ADA: ["A"], BOB: []}
    assert contact_of(both, BOB)["FirstName"] == "Bob"


def test_a_contact_with_an_order_of_the_merchants_own_is_left_alone(both):
    sent(both, "A", BOB)
    invoice = by_hand(
        both, "InvoiceService.createBlankOrder", contact_of(both, BOB)["Id"], "By phone", PLACED_AT, 0, 0
    )
    assert invoice
    corrected(both)
    assert people(both) == {ADA: ["A"], BOB: ["By phone"]}


def test_a_contact_whose_cart_is_known_is_left_alone(both):
    both.connection.cart_tags = "Customer"
    both.connection.save()
    cart_ingest(both.source, cart(email=BOB))
    drive_all(both)
    sent(both, "A", BOB, placed_at=PLACED_AT - timedelta(days=30))
    corrected(both)
    assert people(both) == {ADA: ["A"], BOB: []}


def test_an_address_that_has_a_contact_leads_there(both):
    both.sandbox.seed(Contact=[{"Email": ADA, "FirstName": "Ada", "City": "London"}])
    sent(both, "A", BOB)
    corrected(both)
    assert people(both) == {ADA: ["A"], BOB: []}
    assert tags_of(both, ADA) == 2


def test_an_address_that_somebody_corrected_in_the_crm_is_not_taken_back(both):
    sent(both, "A", BOB)
    by_hand(both, "ContactService.update", contact_of(both, BOB)["Id"], {"Email": "robert@example.com"})
    corrected(both, email=BOB, billing=replace(order_data().billing, company="Builders"))
    assert list(people(both)) == ["robert@example.com"]
    assert contact_of(both, "robert@example.com")["Company"] == "Builders"


def test_there_and_back_again_ends_where_it_began(both):
    sent(both, "A", BOB)
    sent(both, "B", BOB, **BOBS)
    corrected(both)
    corrected(both, email=BOB)
    sent(both, "A", BOB, version_at=LATER + timedelta(days=1))
    assert people(both)[BOB] == ["A", "B"]
    sent(both, "A", ADA, version_at=LATER + timedelta(days=2))
    assert people(both) == {ADA: ["A"], BOB: ["B"]}


def test_an_order_of_before_this_was_told_follows_too(both):
    """Journals of an earlier release say neither which address nor which contact an order was sent for."""
    sent(both, "A", BOB)
    sent(both, "B", BOB, **BOBS)
    for entry in JournalEntry.objects.all():
        told_since = ("email", "made_between", "order_contact_id")
        entry.external = {name: value for name, value in entry.external.items() if name not in told_since}
        entry.save()
    corrected(both)
    assert people(both) == {ADA: ["A"], BOB: ["B"]}


def test_the_preview_tells_whose_contact_it_will_be(both):
    sent(both, "A", BOB)
    sent(both, "B", BOB, **BOBS)
    told(both, "A", ADA, version_at=LATER)
    order = both.source.orders.get(shop_order_id="A")
    calls = [call.operation for call in replication_calls(order, replication_preview(order))]
    assert "upsert_contact" in calls and "move_order" in calls and "update_contact" not in calls


def test_an_order_the_crm_does_not_let_go_stays_and_says_so(shop):
    shop.connection.protocol = "rest"
    shop.connection.save()
    sent(shop, "A", BOB)
    sent(shop, "B", BOB, **BOBS)
    shop.sandbox.faults(
        {
            "method": "PATCH /v2/orders/{order_id}",
            "do": "http",
            "status": 400,
            "headers": {"Content-Type": "application/json"},
            "body": '{"code": "3", "message": "contact_id cannot be changed"}',
        }
    )
    row = corrected(shop)
    assert (row.state, row.level) == (State.SUCCEEDED, "warning"), row.reason
    assert "could not be given to contact" in JournalEntry.objects.get(step="order_contact").note
    assert people(shop) == {ADA: [], BOB: ["A", "B"]}


# -- whatever comes when, and whatever dies --------------------------------------------------------------


def events() -> dict[str, Callable[[Shop], None]]:
    return {
        "first": lambda shop: told(shop, "A", BOB, **BOBS),
        "corrected": lambda shop: told(shop, "A", ADA, version_at=LATER),
        "bob's": lambda shop: told(shop, "B", BOB, **BOBS),
        "ada's": lambda shop: told(shop, "C", ADA),
    }


@pytest.mark.parametrize("order", list(permutations(events())), ids=" ".join)
def test_corrections_and_orders_end_alike_in_any_order(shop, order):
    for name in order:
        events()[name](shop)
        drive_all(shop)
    assert people(shop) == {ADA: ["A", "C"], BOB: ["B"]}
    assert contact_of(shop, BOB)["FirstName"] == "Bob"
    assert contact_of(shop, ADA)["FirstName"] == "Ada"
    assert tags_of(shop, ADA) == tags_of(shop, BOB) == 2


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "shared"])
@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
def test_a_worker_that_dies_while_the_address_is_corrected_changes_nothing(shop, protocol, alone, settings):
    settings.SETTLE_SECONDS = 0.2
    shop.connection.protocol = protocol
    shop.connection.save()
    expected = {ADA: ["A"]} if alone else {ADA: ["A"], BOB: ["B"]}

    def before() -> Replication:
        for model in (Replication, JournalEntry, ContactLink):
            model.objects.all().delete()
        shop.source.orders.all().delete()
        for contact in shop.sandbox.rows("Contact"):
            by_hand(shop, "DataService.delete", "Contact", contact["Id"])
        for invoice in shop.sandbox.rows("Invoice"):
            by_hand(shop, "InvoiceService.deleteInvoice", invoice["Id"])
        sent(shop, "A", BOB)
        if not alone:
            sent(shop, "B", BOB, **BOBS)
        told(shop, "A", ADA, version_at=LATER)
        return Replication.objects.filter(subject_key="tea/A").latest("id")

    moments: list[str] = []
    replication_run(before().pk, watch=moments.append)
    assert people(shop) == expected

    def vanish() -> None:
        raise Killed

    for number, moment in enumerate(moments, start=1):
        replication = before()
        with pytest.raises(Killed):
            replication_run(replication.pk, watch=kill_at(number, vanish))
        lease_end(replication)
        shop.drive(replication)
        assert people(shop) == expected, f"vanishing {moment} ({number})"
        replication.refresh_from_db()
        assert replication.contact_key in (ADA, BOB)


def test_an_order_in_doubt_is_looked_for_where_it_was_made(shop):
    """placeOrder leaves no marker: it is found among the orders of the contact it was sent for."""
    shop.connection.creation_method = "place_order"
    shop.connection.protocol = "xmlrpc"
    shop.connection.price_differences = True
    shop.connection.save()
    sent(shop, "B", BOB, **BOBS)
    told(shop, "A", BOB)
    shop.sandbox.faults({"method": "OrderService.placeOrder", "call": 1, "do": "drop_after"})
    row = Replication.objects.get(subject_key="tea/A")
    replication_work(row.pk)
    shop.sandbox.clear_faults()
    told(shop, "A", ADA, version_at=LATER)
    shop.drive(row)
    drive_all(shop)
    assert people(shop) == {ADA: ["A"], BOB: ["B"]}


def test_nobody_lands_on_a_contact_while_its_address_is_changed(shop):
    """Bob's first order comes in at each moment of the correction; he never ends on Ada's contact."""
    sent(shop, "A", BOB)
    told(shop, "A", ADA, version_at=LATER)
    correction = Replication.objects.filter(subject_key="tea/A").latest("id")

    def meanwhile(moment: str) -> None:
        if moment == "before update_contact":
            told(shop, "B", BOB, **BOBS)
            replication_work(Replication.objects.get(subject_key="tea/B").pk)

    replication_run(correction.pk, watch=meanwhile)
    drive_all(shop)
    assert people(shop) == {ADA: ["A"], BOB: ["B"]}
    assert (contact_of(shop, ADA)["FirstName"], contact_of(shop, BOB)["FirstName"]) == ("Ada", "Bob")


# -- further addresses ----------------------------------------------------------------------------------


def test_somebody_who_has_the_address_as_a_second_one_is_never_taken_for_the_buyer(both):
    both.sandbox.seed(
        Contact=[{"Email": "carol@example.com", "FirstName": "Carol", "EmailAddress2": "ada@example.com"}]
    )
    methods = ("ContactService.addWithDupCheck", "POST /v2/contacts")
    both.sandbox.faults(*({"method": method, "call": 1, "do": "drop_before"} for method in methods))
    row = sent(both, "A", ADA)
    assert row.state == State.SUCCEEDED, row.reason
    carol = contact_of(both, "carol@example.com")
    assert (carol["FirstName"], carol["EmailAddress2"]) == ("Carol", ADA)
    assert people(both) == {ADA: ["A"], "carol@example.com": []}
