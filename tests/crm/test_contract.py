"""The contract of the CRM on account, contacts, tags and products, judged by the effects in the sandbox."""

from __future__ import annotations

import dataclasses

import pytest

from crm.contract import (
    Address,
    ContactData,
    Crm,
    DuplicateCheck,
    OrderRef,
)
from crm.errors import (
    CredentialsRejected,
    MissingInCrm,
)
from tests.crm.contract_rig import ANN, add_contact, connect
from tests.crm.doubles import Recorder
from tests.sandbox_client import Sandbox


def test_a_valid_key_shows_the_app(crm: Crm, recorder: Recorder) -> None:
    assert crm.probe_credentials().name == "demo"
    assert [outcome.app_name for outcome in recorder.outcomes] == ["demo"]


def test_a_wrong_key_is_rejected(adapter: str, kind: str, sandbox: Sandbox) -> None:
    with connect(adapter, kind, sandbox, key="wrong-key") as crm:
        for call in (crm.probe_credentials, lambda: crm.create_tag("a")):
            with pytest.raises(CredentialsRejected) as caught:
                call()
            assert caught.value.setting == "credentials"
    assert sandbox.effects() == []


def test_payment_types_are_listed(crm: Crm) -> None:
    assert {"Credit Card (Manual)", "Cash", "Check"} <= set(crm.list_payment_types())


# -- contacts ----------------------------------------------------------------------------------------------


def test_a_new_contact_has_all_columns(crm: Crm, sandbox: Sandbox) -> None:
    data = ContactData(
        email="zoe@example.com",
        first_name="Zoë 😀",
        last_name="O'Neil & Söhne <x>",
        title="Dr.",
        company="Acme",
        phones=("555-1", "", "555-2"),
        address1=Address(
            street1="1 Main St", street2="Apt 2", city="Bonn", region="NW", postal_code="5", country="KR"
        ),
        address2=Address(street1="2 Side St", city="Paris", country="FR"),
    )
    contact_id = crm.upsert_contact(data, DuplicateCheck.EMAIL)
    (effect,) = sandbox.effects("contact.created")
    assert effect["ids"] == {"contact": contact_id}
    assert effect["values"] == {
        "Email": "zoe@example.com",
        "FirstName": "Zoë 😀",
        "LastName": "O'Neil & Söhne <x>",
        "Title": "Dr.",
        "Company": "Acme",
        "Phone1": "555-1",
        "Phone2": "555-2",
        "StreetAddress1": "1 Main St",
        "StreetAddress2": "Apt 2",
        "City": "Bonn",
        "State": "NW",
        "PostalCode": "5",
        "Country": "South Korea",
        "Address2Street1": "2 Side St",
        "City2": "Paris",
        "Country2": "France",
    }


@pytest.mark.parametrize("check", [DuplicateCheck.EMAIL, DuplicateCheck.EMAIL_AND_NAME])
def test_an_upsert_of_a_known_contact_updates_it(crm: Crm, sandbox: Sandbox, check: DuplicateCheck) -> None:
    known = add_contact(sandbox, FirstName="Ann", LastName="Lee", City="Bonn")
    assert crm.upsert_contact(dataclasses.replace(ANN, company="Acme"), check) == known
    assert sandbox.effects("contact.created") == []
    (row,) = sandbox.rows("Contact")
    assert (row["Company"], row["City"]) == ("Acme", "Bonn")


def test_an_update_wipes_nothing(crm: Crm, sandbox: Sandbox) -> None:
    known = add_contact(sandbox, FirstName="Ann", City="Bonn", Phone1="(555) 111-2222")
    crm.update_contact(known, ContactData(first_name="Anna"))
    (row,) = sandbox.rows("Contact")
    assert (row["FirstName"], row["City"], row["Phone1"]) == ("Anna", "Bonn", "(555) 111-2222")


def test_an_update_of_nothing_sends_nothing(crm: Crm, recorder: Recorder) -> None:
    crm.update_contact(1, ContactData())
    crm.set_contact_fields(1, {})
    crm.set_order_fields(OrderRef(invoice_id=1), {})
    assert recorder.calls == []


def test_a_contact_that_is_gone_is_missing(crm: Crm) -> None:
    with pytest.raises(MissingInCrm):
        crm.update_contact(987654, ANN)


def test_contacts_are_found_in_any_address_column(crm: Crm, sandbox: Sandbox) -> None:
    ids = sandbox.seed(
        Contact=[
            {"Email": "x@example.com", "FirstName": "A"},
            {"Email": "y@example.com", "EmailAddress2": "x@example.com", "Company": "Acme"},
            {"Email": "z@example.com"},
        ]
    )["Contact"]
    found = crm.find_contacts_by_email(" x@example.com ")
    assert [contact.id for contact in found] == ids[:2]
    assert (found[0].first_name, found[0].company, found[1].company) == ("A", "", "Acme")
    assert crm.find_contacts_by_email("nobody@example.com") == crm.find_contacts_by_email("") == []


def test_custom_fields_are_written(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=[{"Name": "Source", "FormId": -1, "DataType": 15, "Label": "Source"}])
    contact_id = add_contact(sandbox)
    crm.set_contact_fields(contact_id, {"_Source": "a & b"})
    assert sandbox.rows("Contact")[0]["_Source"] == "a & b"
    with pytest.raises(MissingInCrm) as caught:
        crm.set_contact_fields(contact_id, {"_Unknown": "x"})
    assert caught.value.setting == "custom-fields"


# -- tags --------------------------------------------------------------------------------------------------


def test_a_tag_is_applied_and_removed(crm: Crm, sandbox: Sandbox) -> None:
    contact_id, tag_id = add_contact(sandbox), crm.create_tag("Gold")
    assert crm.apply_tag(contact_id, tag_id)
    crm.apply_tag(contact_id, tag_id)
    assert crm.remove_tag(contact_id, tag_id)
    assert not crm.remove_tag(contact_id, tag_id)
    assert [effect["kind"] for effect in sandbox.effects()] == [
        "tag.created",
        "contact.tagged",
        "contact.untagged",
    ]


def test_either_reply_for_a_tag_already_there_is_taken(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.options(add_to_group_again=True)
    contact_id, tag_id = add_contact(sandbox), crm.create_tag("Gold")
    assert crm.apply_tag(contact_id, tag_id) and crm.apply_tag(contact_id, tag_id)
    assert len(sandbox.effects("contact.tagged")) == 1


def test_a_tag_or_contact_that_is_gone_is_missing(crm: Crm, sandbox: Sandbox) -> None:
    with pytest.raises(MissingInCrm):
        crm.apply_tag(add_contact(sandbox), 987654)


ODD_NAMES = [
    "50%",
    "%",
    "~null~",
    "~>~ a",
    " ~x",
    "100\\% \\_",
    "a_c",
    "Gold",
    "<&>\"'",
    "Zoë 😀 שלום",
    " pad ",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_is_found_exactly(crm: Crm, sandbox: Sandbox, name: str) -> None:
    others = [name.upper() + "x", "x" + name, name.swapcase() + "%", "500", "gold", "abc", ""]
    rows = [{"GroupName": other} for other in others]
    wanted = sandbox.seed(ContactGroup=[*rows, {"GroupName": name}, {"GroupName": name}])["ContactGroup"][-2:]
    assert [(tag.id, tag.name) for tag in crm.find_tags(name)] == [(number, name) for number in wanted]


def test_more_than_a_page_of_tags_is_read(crm: Crm, sandbox: Sandbox, recorder: Recorder) -> None:
    ids = sandbox.seed(ContactGroup=[{"GroupName": f"tag {n} %"} for n in range(1005)])["ContactGroup"]
    last = crm.find_tags("tag 1004 %")
    assert [tag.id for tag in last] == ids[-1:]
    assert [tag.id for tag in crm.load_tags([*ids, 987654, ids[0]])] == ids
    assert len(recorder.calls) <= 5


def test_no_ids_are_no_call(crm: Crm, recorder: Recorder) -> None:
    assert not any((crm.load_tags([]), crm.load_products([]), crm.find_tags(""), crm.find_orders(" ")))
    assert recorder.calls == []


# -- products ----------------------------------------------------------------------------------------------


def test_products_are_found_active_first(crm: Crm, sandbox: Sandbox) -> None:
    ids = sandbox.seed(
        Product=[
            {"ProductName": "MUG", "Status": 0},
            {"ProductName": "Mug", "Status": 1},
            {"ProductName": "MUG", "Status": 1, "Sku": "m-1"},
            {"ProductName": "MUG"},
        ]
    )["Product"]
    found = crm.find_products("MUG")
    assert [product.id for product in found] == [ids[2], ids[3], ids[0]]
    assert (found[0].sku, found[0].active, found[-1].active) == ("m-1", True, False)
    assert [product.id for product in crm.load_products([ids[3], ids[1]])] == [ids[1], ids[3]]
