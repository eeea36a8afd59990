"""The contract of the CRM on contacts, judged by what is in the CRM afterwards."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import pycountry
import pytest

from crm.contract import Crm
from crm.errors import MissingInCrm, PermanentError
from crm.records import Address, ContactData, DuplicateCheck
from tests.crm.contract_helpers import ANN, add_contact
from tests.crm.doubles import Recorder
from tests.sandbox_client import Row, Sandbox

FIELDS = [
    {"Name": "Source", "FormId": -1, "DataType": 15, "Label": "Source"},
    {"Name": "Points", "FormId": -1, "DataType": 12, "Label": "Points"},
]


def only_contact(sandbox: Sandbox) -> Row:
    (row,) = sandbox.rows("Contact")
    return row


def country(name: str) -> str:
    """A country's code, whichever of its names the CRM was given."""
    return str(pycountry.countries.lookup(name).alpha_2)


def test_a_new_contact_has_all_columns(crm: Crm, sandbox: Sandbox) -> None:
    data = ContactData(
        email="zoe@example.com",
        first_name="Zoë 😀",
        last_name="O'Neil & Söhne <x>",
        title="Dr.",
        company="Acme",
        phones=("555-1", "", "555-2"),
        address1=Address(
            street1="1 Main St",
            street2="Apt 2",
            city="Phoenix",
            region="AZ",
            postal_code="85001",
            country="US",
        ),
        address2=Address(street1="2 Side St", city="Paris", country="FR"),
    )
    contact_id = crm.upsert_contact(data, DuplicateCheck.EMAIL)
    (effect,) = sandbox.effects("contact.created")
    assert effect["ids"] == {"contact": contact_id}
    row = only_contact(sandbox)
    expected = {
        "Email": "zoe@example.com",
        "FirstName": "Zoë 😀",
        "LastName": "O'Neil & Söhne <x>",
        "Title": "Dr.",
        "Company": "Acme",
        "Phone1": "555-1",
        "Phone2": "555-2",
        "StreetAddress1": "1 Main St",
        "StreetAddress2": "Apt 2",
        "City": "Phoenix",
        "PostalCode": "85001",
        "Address2Street1": "2 Side St",
        "City2": "Paris",
    }
    assert {name: row[name] for name in expected} == expected
    assert (row["State"], country(row["Country"])) in (("AZ", "US"), ("Arizona", "US"))
    assert (row["State2"] or "", country(row["Country2"])) == ("", "FR")


@pytest.mark.parametrize("check", [DuplicateCheck.EMAIL, DuplicateCheck.EMAIL_AND_NAME])
def test_an_upsert_of_a_known_contact_updates_it(crm: Crm, sandbox: Sandbox, check: DuplicateCheck) -> None:
    known = add_contact(sandbox, FirstName="Ann", LastName="Lee", City="Bonn")
    assert crm.upsert_contact(dataclasses.replace(ANN, company="Acme"), check) == known
    assert sandbox.effects("contact.created") == []
    row = only_contact(sandbox)
    assert (row["Company"], row["City"]) == ("Acme", "Bonn")


def test_an_upsert_by_name_tells_people_of_one_address_apart(crm: Crm, sandbox: Sandbox) -> None:
    known = add_contact(sandbox, FirstName="Bob", LastName="Lee")
    assert crm.upsert_contact(ANN, DuplicateCheck.EMAIL_AND_NAME) != known
    assert [row["FirstName"] for row in sandbox.rows("Contact")] == ["Bob", "Ann"]


def test_without_an_address_nobody_is_added(crm: Crm, recorder: Recorder) -> None:
    with pytest.raises(PermanentError):
        crm.upsert_contact(ContactData(first_name="Ann"), DuplicateCheck.EMAIL)
    assert recorder.calls == []


def test_an_update_wipes_nothing(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=FIELDS)
    kept = {
        "City": "Bonn",
        "City2": "Paris",
        "Phone1": "(555) 111-2222",
        "EmailAddress2": "a@example.com",
        "_Points": 7,
    }
    known = add_contact(sandbox, FirstName="Ann", **kept)
    crm.update_contact(known, ContactData(first_name="Anna", fields={"_Source": "x"}))
    crm.upsert_contact(ContactData(email=ANN.email, last_name="Lee"), DuplicateCheck.EMAIL)
    crm.update_contact(known, ContactData(fields={"_Source": "web"}))
    row = only_contact(sandbox)
    assert {name: row[name] for name in kept} == kept
    assert (row["FirstName"], row["LastName"], row["_Source"]) == ("Anna", "Lee", "web")


def test_fields_lead_source_and_owner_go_along(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=FIELDS)
    (source_id,) = sandbox.seed(LeadSource=[{"Name": "SPRING", "Status": "Active"}])["LeadSource"]
    (owner_id,) = sandbox.seed(User=[{"FirstName": "Rita", "Email": "rita@example.com"}])["User"]
    fields = {"_Source": "a & b", "_Points": ""}
    data = dataclasses.replace(ANN, fields=fields, lead_source_id=source_id, owner_id=owner_id)
    contact_id = crm.upsert_contact(data, DuplicateCheck.EMAIL)
    row = only_contact(sandbox)
    assert (row["_Source"], row["LeadSourceId"], row["OwnerID"]) == ("a & b", source_id, owner_id)
    assert row.get("_Points") in (None, "")
    crm.update_contact(contact_id, ContactData(first_name="Anna"))
    (found,) = crm.find_contacts_by_email(ANN.email)
    assert (found.first_name, found.lead_source_id, found.owner_id) == ("Anna", source_id, owner_id)


def test_who_brought_and_who_owns_a_contact_is_read(crm: Crm, sandbox: Sandbox) -> None:
    (source_id,) = sandbox.seed(LeadSource=[{"Name": "SPRING", "Status": "Active"}])["LeadSource"]
    (owner_id,) = sandbox.seed(User=[{"FirstName": "Rita", "Email": "rita@example.com"}])["User"]
    ids = [
        add_contact(sandbox, LeadSourceId=source_id),
        add_contact(sandbox, OwnerID=owner_id),
        add_contact(sandbox, LeadSourceId=source_id, OwnerID=owner_id),
    ]
    found = crm.find_contacts_by_email(ANN.email)
    assert [(contact.id, contact.lead_source_id, contact.owner_id) for contact in found] == [
        (ids[0], source_id, 0),
        (ids[1], 0, owner_id),
        (ids[2], source_id, owner_id),
    ]


@pytest.mark.parametrize(
    ("column", "member"),
    [("OwnerID", "owner_id"), ("LeadSourceId", "lead_source_id")],
    ids=["owner", "source"],
)
def test_an_owner_or_a_lead_source_is_written_alone(
    crm: Crm, sandbox: Sandbox, column: str, member: str
) -> None:
    sandbox.seed(DataFormField=FIELDS)
    source_ids = sandbox.seed(LeadSource=[{"Name": "SPRING"}, {"Name": "AUTUMN"}])["LeadSource"]
    user_ids = sandbox.seed(User=[{"FirstName": "Rita"}, {"FirstName": "Bo"}])["User"]
    kept = {
        "Phone1": "(555) 111-2222",
        "EmailAddress2": "a@example.com",
        "City": "Bonn",
        "_Points": 7,
        "LeadSourceId": source_ids[0],
        "OwnerID": user_ids[0],
    }
    known = add_contact(sandbox, **kept)
    wanted = {"OwnerID": user_ids[1], "LeadSourceId": source_ids[1]}[column]
    crm.update_contact(known, ContactData(**{member: wanted}))
    (effect,) = sandbox.effects("contact.updated")
    assert effect["values"] == {column: wanted}
    row = only_contact(sandbox)
    assert {name: row[name] for name in kept} == {**kept, column: wanted}


def test_a_contact_that_is_gone_is_missing(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=FIELDS)
    with pytest.raises(MissingInCrm):
        crm.update_contact(987654, ANN)
    with pytest.raises(MissingInCrm):
        crm.update_contact(987654, ContactData(fields={"_Source": "x"}))


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
    assert (found[0].lead_source_id, found[0].owner_id) == (0, 0)
    assert crm.find_contacts_by_email("nobody@example.com") == []


def test_custom_fields_are_written(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(DataFormField=FIELDS)
    contact_id = add_contact(sandbox)
    crm.update_contact(contact_id, ContactData(fields={"_Source": "a & b"}))
    crm.update_contact(contact_id, ContactData(fields={"_Points": "12"}))
    row = only_contact(sandbox)
    assert (row["_Source"], str(row["_Points"])) == ("a & b", "12")
    with pytest.raises(MissingInCrm) as caught:
        crm.update_contact(contact_id, ContactData(fields={"_Unknown": "x"}))
    assert caught.value.setting == "custom-fields"


# -- who may be written to ---------------------------------------------------------------------------------


def test_a_fresh_address_is_opted_in_once(crm: Crm, sandbox: Sandbox) -> None:
    add_contact(sandbox)
    assert crm.opt_in(ANN.email, "Bought at the shop")
    assert crm.opt_in(ANN.email, "Bought again")
    (effect,) = sandbox.effects("email.opted_in")
    assert (effect["values"]["email"], effect["values"]["reason"]) == (ANN.email, "Bought at the shop")


def test_an_address_that_opted_out_stays_out(crm: Crm, sandbox: Sandbox) -> None:
    add_contact(sandbox)
    sandbox.seed(EmailAddStatus=[{"Email": ANN.email, "Type": "Manual"}])
    assert not crm.opt_in(ANN.email, "Bought at the shop")
    (status,) = sandbox.rows("EmailAddStatus")
    assert (status["Type"], sandbox.effects("email.opted_in")) == ("Manual", [])


def test_a_contact_tells_when_it_was_made(crm: Crm, sandbox: Sandbox) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    contact_id = crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
    found = crm.read_contact(contact_id)
    assert (found.id, found.email, found.first_name) == (contact_id, ANN.email, "Ann")
    assert found.created_at is not None and began <= found.created_at <= datetime.now(UTC)
    with pytest.raises(MissingInCrm):
        crm.read_contact(contact_id + 99)


def test_a_record_shows_the_contacts_own_address(crm: Crm, sandbox: Sandbox) -> None:
    add_contact(sandbox, Email=None, EmailAddress2=ANN.email)
    assert [found.email for found in crm.find_contacts_by_email(ANN.email)] == [""]


def test_a_contact_is_read_whole_with_the_fields_asked_for(crm: Crm, sandbox: Sandbox) -> None:
    sandbox.seed(
        DataFormField=[
            {"Name": name, "Label": name, "FormId": -1, "DataType": 15} for name in ("BookingKey", "Other")
        ]
    )
    contact_id = add_contact(
        sandbox,
        EmailAddress2="ann@home.example",
        EmailAddress3="ann@work.example",
        Phone2="555 0102",
        Title="Dr.",
        Website="https://ann.example",
        TimeZone="Europe/Berlin",
        ContactType="Lead",
        StreetAddress1="1 Main St",
        City="Bonn",
        Country="Germany",
        City2="Köln",
        Country2="Germany",
        _BookingKey="k-1",
    )
    found = crm.read_contact(contact_id, ["_BookingKey", "_Other"])
    assert (found.email2, found.email3) == ("ann@home.example", "ann@work.example")
    assert found.phones == ("", "555 0102", "", "", "") and found.title == "Dr."
    assert (found.website, found.time_zone, found.contact_type) == (
        "https://ann.example",
        "Europe/Berlin",
        "Lead",
    )
    assert (found.address1.street1, found.address1.city, found.address1.country) == (
        "1 Main St",
        "Bonn",
        "Germany",
    )
    assert found.address2.city == "Köln" and found.fields == {"_BookingKey": "k-1", "_Other": ""}
    with pytest.raises(MissingInCrm):
        crm.read_contact(contact_id, ["_Gone"])


def test_the_other_addresses_type_and_zone_are_written_and_keep_the_rest(crm: Crm, sandbox: Sandbox) -> None:
    contact_id = add_contact(sandbox, EmailAddress2="old@example.com", ContactType="Lead")
    crm.update_contact(contact_id, ContactData(email3="third@example.com", time_zone="Asia/Kathmandu"))
    crm.update_contact(contact_id, ContactData(contact_type="Customer", website="https://ann.example"))
    (row,) = sandbox.rows("Contact")
    assert [row[name] for name in ("Email", "EmailAddress2", "EmailAddress3")] == [
        ANN.email,
        "old@example.com",
        "third@example.com",
    ]
    assert (row["TimeZone"], row["ContactType"], row["Website"]) == (
        "Asia/Kathmandu",
        "Customer",
        "https://ann.example",
    )


def test_a_new_contact_takes_type_zone_and_source(crm: Crm, sandbox: Sandbox) -> None:
    data = dataclasses.replace(
        ANN, contact_type="Prospect", time_zone="Asia/Kolkata", source_type="APPOINTMENT"
    )
    crm.upsert_contact(data, DuplicateCheck.EMAIL)
    (row,) = sandbox.rows("Contact")
    assert (row["ContactType"], row["TimeZone"]) == ("Prospect", "Asia/Kolkata")


def test_a_contact_can_be_made_beside_one_of_the_same_address(crm):
    known = crm.upsert_contact(ANN, DuplicateCheck.EMAIL)
    other = crm.create_contact(ANN)
    assert other != known
    assert {contact.id for contact in crm.find_contacts_by_email(ANN.email)} == {known, other}
