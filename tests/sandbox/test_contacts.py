from __future__ import annotations

import pytest

from tests.sandbox.conftest import Wire

ANN = {"Email": "ann@example.com", "FirstName": "Ann", "LastName": "Lee"}


def test_ids_step_by_two(crm: Wire) -> None:
    first = crm("ContactService.add", ANN)
    assert crm("ContactService.add", ANN) == first + 2


def test_a_duplicate_by_email_is_updated_whatever_its_case(crm: Wire) -> None:
    contact = crm("ContactService.addWithDupCheck", ANN, "Email")
    again = crm("ContactService.addWithDupCheck", {"Email": "ANN@example.com", "Company": "Acme"}, "Email")
    assert again == contact
    assert crm("ContactService.load", contact, ["FirstName", "Company"]) == {
        "FirstName": "Ann",
        "Company": "Acme",
    }
    assert [e["kind"] for e in crm.sandbox.effects()] == ["contact.created", "contact.updated"]


def test_email_and_name_wants_both_names(crm: Wire) -> None:
    contact = crm("ContactService.addWithDupCheck", ANN, "EmailAndName")
    assert crm("ContactService.addWithDupCheck", {**ANN, "Title": "Dr."}, "EmailAndName") == contact
    assert crm("ContactService.addWithDupCheck", {**ANN, "FirstName": "Anna"}, "EmailAndName") != contact


def test_company_text_alone_never_matches(crm: Wire) -> None:
    data = {**ANN, "Company": "Acme"}
    first = crm("ContactService.addWithDupCheck", data, "EmailAndNameAndCompany")
    assert crm("ContactService.addWithDupCheck", data, "EmailAndNameAndCompany") != first


def test_the_company_record_is_what_matches(crm: Wire) -> None:
    company = crm("DataService.add", "Company", {"Company": "Acme"})
    contact = crm("ContactService.add", {**ANN, "CompanyID": company})
    data = {**ANN, "Company": "ACME"}
    assert crm("ContactService.addWithDupCheck", data, "EmailAndNameAndCompany") == contact


@pytest.mark.parametrize(("blank_names_match", "contacts"), [(True, 1), (False, 2)])
def test_absent_names_are_equal_or_not_by_option(crm: Wire, blank_names_match: bool, contacts: int) -> None:
    crm.sandbox.options(blank_names_match=blank_names_match)
    for _ in range(2):
        crm("ContactService.addWithDupCheck", {"Email": "ann@example.com"}, "EmailAndName")
    assert len(crm.sandbox.rows("Contact")) == contacts


def test_contacts_without_an_address_are_no_duplicates(crm: Wire) -> None:
    first = crm("ContactService.addWithDupCheck", {"FirstName": "Ann", "Email": ""}, "Email")
    assert crm("ContactService.addWithDupCheck", {"FirstName": "Ann", "Email": ""}, "Email") != first


def test_an_unknown_check_is_refused(crm: Wire) -> None:
    assert crm.fault("ContactService.addWithDupCheck", ANN, "Phone")[0] == 12


def test_find_by_email_looks_at_three_columns(crm: Wire) -> None:
    first = crm("ContactService.add", ANN)
    second = crm("ContactService.add", {"Email": "b@example.com", "EmailAddress3": "Ann@Example.com"})
    assert crm("ContactService.findByEmail", "ann@example.com", ["Id"]) == [{"Id": first}, {"Id": second}]
    assert crm("ContactService.findByEmail", "none@example.com", ["Id"]) == []


def test_an_update_changes_only_what_was_sent(crm: Wire) -> None:
    contact = crm("ContactService.add", ANN)
    assert crm("ContactService.update", contact, {"LastName": "Li", "Email": ""}) == contact
    assert crm("ContactService.load", contact, ["FirstName", "LastName", "Email"]) == {
        "FirstName": "Ann",
        "LastName": "Li",
        "Email": "",
    }


def test_a_missing_contact_is_fault_5(crm: Wire) -> None:
    assert crm.fault("ContactService.load", 48872, ["Id"])[0] == 5
    assert crm.fault("ContactService.update", 48872, ANN) == (
        5,
        "[RecordNotFound]Unable to perform update. Record not found for Id:48872",
    )


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("987-654-3211", "(987) 654-3211"),
        ("987.654.3211", "(987) 654-3211"),
        ("+49 30 123456", "+49 30 123456"),
        ("12345", "12345"),
    ],
)
def test_ten_digit_phone_numbers_are_rewritten(crm: Wire, sent: str, stored: str) -> None:
    contact = crm("ContactService.add", {"Phone1": sent})
    assert crm("ContactService.load", contact, ["Phone1"]) == {"Phone1": stored}


def test_notes_are_cut_at_ten_thousand_characters(crm: Wire) -> None:
    contact = crm("ContactService.add", {"ContactNotes": "n" * 10_001})
    assert len(crm("ContactService.load", contact, ["ContactNotes"])["ContactNotes"]) == 10_000


def test_the_lead_source_name_follows_its_id(crm: Wire) -> None:
    source = crm("DataService.add", "LeadSource", {"Name": "SPRING"})
    contact = crm("ContactService.add", {"LeadSourceId": source})
    assert crm("ContactService.load", contact, ["Leadsource"]) == {"Leadsource": "SPRING"}
