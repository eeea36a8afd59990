from __future__ import annotations

from datetime import datetime

import pytest

from tests.sandbox.conftest import Wire

WHEN = datetime(2026, 1, 2)


@pytest.fixture
def pair(crm: Wire) -> tuple[int, int]:
    people = [
        {"Email": "a@example.com", "FirstName": "Ann"},
        {"Email": "b@example.com", "FirstName": "Anna", "City": "Bonn"},
    ]
    first, second = crm.sandbox.seed(Contact=people)["Contact"]
    return first, second


@pytest.mark.parametrize("fills", [True, False])
def test_the_first_survives_with_the_orders_and_tags_of_both(
    crm: Wire, pair: tuple[int, int], fills: bool
) -> None:
    crm.sandbox.options(merge_fills_blanks=fills)
    tags = crm.sandbox.seed(ContactGroup=[{"GroupName": "A"}, {"GroupName": "B"}])["ContactGroup"]
    for contact, tag in ((pair[0], tags[0]), (pair[1], tags[0]), (pair[1], tags[1])):
        crm("ContactService.addToGroup", contact, tag)
    invoice = crm("InvoiceService.createBlankOrder", pair[1], "shop order 7", WHEN, 0, 0)
    assert crm("ContactService.merge", *pair) is True
    [person] = crm.sandbox.rows("Contact")
    assert (person["Id"], person["FirstName"], person["City"]) == (pair[0], "Ann", "Bonn" if fills else None)
    assert person["Groups"] == f"{tags[0]},{tags[1]}"
    rows = crm("DataService.query", "Job", 10, 0, {"JobTitle": "shop order 7"}, ["ContactId", "InvoiceId"])
    assert rows == [{"ContactId": pair[0], "InvoiceId": invoice}]
    assert crm.sandbox.effects("contact.merged")[0]["ids"] == {"contact": pair[0], "duplicate": pair[1]}


def test_a_contact_is_not_merged_with_itself_or_nobody(crm: Wire, pair: tuple[int, int]) -> None:
    assert crm.fault("ContactService.merge", pair[0], pair[0])[0] == 12
    assert crm.fault("ContactService.merge", pair[0], 9999)[0] == 5
    assert len(crm.sandbox.rows("Contact")) == 2


def test_linked_contacts_know_each_other(crm: Wire, pair: tuple[int, int]) -> None:
    [kind] = crm.sandbox.seed(LinkedContactType=[{"TypeName": "Spouse"}])["LinkedContactType"]
    for answer in (True, False):
        assert crm("ContactService.linkContacts", *pair, kind) is answer
    for one, other in (pair, pair[::-1]):
        assert crm("ContactService.listLinkedContacts", one) == [
            {"LinkedContactId": other, "LinkTypeId": kind}
        ]
    for answer in (True, False):
        assert crm("ContactService.unlinkContacts", *pair[::-1], kind) is answer
    assert crm("ContactService.listLinkedContacts", pair[0]) == []
    assert crm.fault("ContactService.linkContacts", *pair, 9999)[0] == 5
    assert [effect["kind"] for effect in crm.sandbox.effects()] == ["contact.linked", "contact.unlinked"]


def test_a_link_between_merged_contacts_ends(crm: Wire, pair: tuple[int, int]) -> None:
    [kind] = crm.sandbox.seed(LinkedContactType=[{"TypeName": "Spouse"}])["LinkedContactType"]
    crm("ContactService.linkContacts", *pair, kind)
    crm("ContactService.merge", *pair)
    assert crm("ContactService.listLinkedContacts", pair[0]) == []
