from __future__ import annotations

import pytest

from tests.sandbox.conftest import Wire


@pytest.fixture
def contact_and_tag(crm: Wire) -> tuple[int, int]:
    ids = crm.sandbox.seed(
        Contact=[{"Email": "a@example.com", "FirstName": "Ann"}], ContactGroup=[{"GroupName": "VIP"}]
    )
    return ids["Contact"][0], ids["ContactGroup"][0]


def test_a_tag_shows_in_groups_and_as_an_assignment(crm: Wire, contact_and_tag: tuple[int, int]) -> None:
    contact, tag = contact_and_tag
    assert crm("ContactService.addToGroup", contact, tag) is True
    assert crm("ContactService.load", contact, ["Groups"]) == {"Groups": str(tag)}
    fields = ["GroupId", "ContactGroup", "Contact.FirstName"]
    rows = crm("DataService.query", "ContactGroupAssign", 10, 0, {"ContactId": contact}, fields)
    assert rows == [{"GroupId": tag, "ContactGroup": "VIP", "Contact.FirstName": "Ann"}]


@pytest.mark.parametrize("again", [False, True])
def test_a_tag_already_there_is_no_effect_and_answers_by_option(
    crm: Wire, contact_and_tag: tuple[int, int], again: bool
) -> None:
    crm.sandbox.options(add_to_group_again=again)
    crm("ContactService.addToGroup", *contact_and_tag)
    assert crm("ContactService.addToGroup", *contact_and_tag) is again
    assert len(crm.sandbox.effects("contact.tagged")) == 1


def test_a_tag_can_be_taken_off_once(crm: Wire, contact_and_tag: tuple[int, int]) -> None:
    crm("ContactService.addToGroup", *contact_and_tag)
    assert crm("ContactService.removeFromGroup", *contact_and_tag) is True
    assert crm("ContactService.removeFromGroup", *contact_and_tag) is False
    assert crm("ContactService.load", contact_and_tag[0], ["Groups"]) == {}


def test_an_unknown_tag_or_contact_is_fault_5(crm: Wire, contact_and_tag: tuple[int, int]) -> None:
    contact, tag = contact_and_tag
    assert crm.fault("ContactService.addToGroup", contact, 9999)[0] == 5
    assert crm.fault("ContactService.addToGroup", 9999, tag)[0] == 5


def test_deleting_a_contact_takes_its_tags_along(crm: Wire, contact_and_tag: tuple[int, int]) -> None:
    crm("ContactService.addToGroup", *contact_and_tag)
    assert crm("DataService.delete", "Contact", contact_and_tag[0]) is True
    assert crm.sandbox.rows("ContactGroupAssign") == []
