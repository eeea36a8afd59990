"""The contract of the CRM on the life of a tag, and on categories, judged by its tables."""

from __future__ import annotations

import pytest

from crm.contract import Crm
from crm.errors import MissingInCrm
from tests.crm.contract_helpers import add_contact
from tests.sandbox_client import Sandbox


def names(sandbox: Sandbox) -> dict[int, str]:
    return {row["Id"]: row["GroupName"] for row in sandbox.rows("ContactGroup")}


def test_a_tag_is_renamed_and_keeps_whom_it_has_and_its_category(crm: Crm, sandbox: Sandbox) -> None:
    category = crm.create_tag_category("Bookings")
    tag, contact = crm.create_tag("Scheduled", category), add_contact(sandbox)
    crm.apply_tags(contact, [tag])
    for _ in range(2):
        crm.rename_tag(tag, "Canceled; by *Customer*")
    (row,) = sandbox.rows("ContactGroup")
    assert (row["Id"], row["GroupName"], row["GroupCategoryId"]) == (tag, "Canceled; by *Customer*", category)
    assert crm.list_contact_tags(contact) == [tag]
    with pytest.raises(MissingInCrm):
        crm.rename_tag(tag + 99, "Another")


@pytest.mark.needs("delete_tag")
def test_a_deleted_tag_is_gone_from_everybody_and_twice_is_once(crm: Crm, sandbox: Sandbox) -> None:
    kept, tag, contact = crm.create_tag("Kept"), crm.create_tag("Scheduled"), add_contact(sandbox)
    for each in (kept, tag):
        crm.apply_tags(contact, [each])
    for _ in range(2):
        crm.delete_tag(tag)
    assert names(sandbox) == {kept: "Kept"} and crm.list_contact_tags(contact) == [kept]
    assert len(sandbox.effects("tag.deleted")) == 1


def test_the_tags_of_a_contact_are_its_own_and_all(crm: Crm, sandbox: Sandbox) -> None:
    contact, other = add_contact(sandbox), add_contact(sandbox)
    assert crm.list_contact_tags(contact) == []
    ids = sandbox.seed(ContactGroup=[{"GroupName": f"tag {n}"} for n in range(1002)])["ContactGroup"]
    sandbox.seed(ContactGroupAssign=[{"ContactId": contact, "GroupId": tag} for tag in ids[:-1]])
    crm.apply_tags(other, ids[-1:])
    assert crm.list_contact_tags(contact) == ids[:-1]
    with pytest.raises(MissingInCrm):
        crm.list_contact_tags(contact + 99)


@pytest.mark.parametrize("name", ["OnceHub", "50% off", "a*b;c", "~x"])
def test_categories_are_found_by_their_exact_names(crm: Crm, sandbox: Sandbox, name: str) -> None:
    sandbox.seed(
        ContactGroupCategory=[{"CategoryName": name.swapcase()}, {"CategoryName": f"{name} 2"}],
        LeadSourceCategory=[{"Name": name.swapcase()}, {"Name": f"a {name}"}],
    )
    category, source_category = crm.create_tag_category(name), crm.create_lead_source_category(name)
    assert [(found.id, found.name) for found in crm.find_tag_categories(name)][-1] == (category, name)
    found = crm.find_lead_source_categories(name)
    assert [(each.id, each.name) for each in found][-1] == (source_category, name)
    assert {each.name for each in found} == {name}
    source = crm.create_lead_source("Page > Type", source_category)
    assert [row["LeadSourceCategoryId"] for row in sandbox.rows("LeadSource") if row["Id"] == source] == [
        source_category
    ]
