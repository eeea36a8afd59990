"""Contacts over REST: nothing the merchant has is wiped, whatever the CRM does with lists."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from crm.errors import CrmRejected
from crm.records import Address, ContactData, DuplicateCheck
from crm.rest.addresses import country_code, region_code
from tests.crm.doubles import Recorder
from tests.crm.rest.rest_helpers import methods, rest_on
from tests.sandbox_client import Sandbox

FIELDS = [
    {"Name": "Size", "FormId": -1, "DataType": 15, "Label": "Size"},
    {"Name": "Born", "FormId": -1, "DataType": 13, "Label": "Born on"},
]
KNOWN: dict[str, Any] = {
    "Email": "ann@example.com",
    "EmailAddress2": "ann@work.example",
    "FirstName": "Ann",
    "LastName": "Lee",
    "Title": "Ms.",
    "JobTitle": "Baker",
    "Phone1": "555-1",
    "Phone1Type": "Home",
    "Phone2": "555-2",
    "Phone3": "555-3",
    "StreetAddress1": "1 Main St",
    "StreetAddress2": "Apt 2",
    "City": "Phoenix",
    "State": "Arizona",
    "PostalCode": "85001",
    "Country": "United States",
    "Address2Street1": "2 Side St",
    "City2": "Bonn",
    "Country2": "Germany",
    "Address3Street1": "3 Far St",
    "City3": "Rome",
    "Country3": "Italy",
    "_Size": "XL",
}
NEW = ContactData(
    email="Ann@Example.com",
    first_name="Ann",
    last_name="Lee",
    phones=("555-9",),
    address1=Address(street1="9 New St", city="Mesa", region="AZ", country="US"),
    fields={"_Born": "1980-05-04"},
)
# Which of them the new data change: a new street takes the whole address with it.
CHANGED = {
    "Phone1": "555-9",
    "StreetAddress1": "9 New St",
    "StreetAddress2": None,
    "City": "Mesa",
    "PostalCode": None,
    "_Born": "1980-05-04",
}
LISTS = list(itertools.product(("replace", "merge"), ("keep", "clear")))


@pytest.mark.parametrize("by", ["upsert", "update"])
@pytest.mark.parametrize(("given", "absent"), LISTS)
def test_a_write_wipes_nothing(sandbox: Sandbox, given: str, absent: str, by: str) -> None:
    sandbox.options(rest_lists=given, rest_absent_lists=absent)
    ids = sandbox.seed(DataFormField=FIELDS, Contact=[KNOWN])["Contact"]
    with rest_on(sandbox) as crm:
        if by == "upsert":
            assert crm.upsert_contact(NEW, DuplicateCheck.EMAIL_AND_NAME) == ids[0]
        else:
            crm.update_contact(ids[0], NEW)
    (row,) = sandbox.rows("Contact")
    shown = {name: row[name] or None for name in {**KNOWN, **CHANGED}}
    shown["_Born"] = str(shown["_Born"])[:10]
    assert shown == {**KNOWN, **CHANGED}


@pytest.mark.parametrize(("given", "absent"), LISTS)
def test_custom_fields_leave_each_other_alone(sandbox: Sandbox, given: str, absent: str) -> None:
    sandbox.options(rest_lists=given, rest_absent_lists=absent)
    ids = sandbox.seed(DataFormField=FIELDS, Contact=[KNOWN])["Contact"]
    with rest_on(sandbox) as crm:
        crm.update_contact(ids[0], ContactData(fields={"_Born": "1980-05-04"}))
    (row,) = sandbox.rows("Contact")
    assert (row["_Size"], row["_Born"][:10], row["Phone1"]) == ("XL", "1980-05-04", "555-1")


def test_an_upsert_takes_two_calls(sandbox: Sandbox) -> None:
    with rest_on(sandbox) as crm:
        crm.upsert_contact(ContactData(email="a@b.co", phones=("1",)), DuplicateCheck.EMAIL)
        crm.upsert_contact(ContactData(email="a@b.co", phones=("2",)), DuplicateCheck.EMAIL)
    assert methods(sandbox) == [
        "GET /v2/contacts",
        "POST /v2/contacts",
        "GET /v2/contacts",
        "PATCH /v2/contacts/{contact_id}",
    ]


def test_what_does_not_change_is_not_sent(sandbox: Sandbox) -> None:
    data = ContactData(
        email="a@b.co",
        first_name="Ann",
        company="Acme",
        phones=("555-1",),
        address1=Address(street1="1 Main St", city="Phoenix", region="AZ", country="US"),
        address2=Address(city="Bonn", country="DE"),
    )
    with rest_on(sandbox) as crm:
        first = crm.upsert_contact(data, DuplicateCheck.EMAIL)
        assert crm.upsert_contact(data, DuplicateCheck.EMAIL) == first
        crm.update_contact(first, ContactData(owner_id=0, company=" "))
    assert methods(sandbox) == ["GET /v2/contacts", "POST /v2/contacts", "GET /v2/contacts"]


def test_only_what_changes_is_named(sandbox: Sandbox) -> None:
    ids = sandbox.seed(DataFormField=FIELDS, Contact=[KNOWN], LeadSource=[{"Name": "Ads"}])
    recorder = Recorder()
    with rest_on(sandbox, observer=recorder) as crm:
        crm.update_contact(
            ids["Contact"][0], ContactData(first_name="Anna", lead_source_id=ids["LeadSource"][0])
        )
    (call,) = recorder.calls
    assert '"update_mask": "given_name,leadsource_id"' in call.request
    assert sandbox.rows("Contact")[0]["LeadSourceId"] == ids["LeadSource"][0]


CHECKS = [
    (DuplicateCheck.EMAIL, {"first_name": "Bob"}, True),
    (DuplicateCheck.EMAIL_AND_NAME, {"first_name": "ANN ", "last_name": "lee"}, True),
    (DuplicateCheck.EMAIL_AND_NAME, {"first_name": "Bob", "last_name": "Lee"}, False),
]


@pytest.mark.parametrize(("check", "names", "same"), CHECKS)
def test_the_check_finds_who_is_meant(
    sandbox: Sandbox, check: DuplicateCheck, names: dict[str, str], same: bool
) -> None:
    known = sandbox.seed(DataFormField=FIELDS, Contact=[KNOWN])["Contact"][0]
    with rest_on(sandbox) as crm:
        contact_id = crm.upsert_contact(ContactData(email="ann@example.com", **names), check)
    assert (contact_id == known) is same
    assert len(sandbox.rows("Contact")) == (1 if same else 2)


def test_an_address_found_by_a_sign_of_the_filter_is_found(sandbox: Sandbox) -> None:
    emails = ["o'neil@example.com", "a+b=c@example.com", 'x"y;z@example.com', "star*@example.com"]
    ids = sandbox.seed(Contact=[{"Email": email} for email in [*emails, "other@example.com"]])["Contact"]
    with rest_on(sandbox) as crm:
        found = [[contact.id for contact in crm.find_contacts_by_email(email)] for email in emails]
    assert found == [[number] for number in ids[:-1]]


def test_a_region_is_written_by_code_where_there_is_one(sandbox: Sandbox) -> None:
    addresses = {
        "a@b.co": Address(street1="1", region="CA", country="US"),
        "b@b.co": Address(street1="1", region="bayern", country="DE"),
        "c@b.co": Address(street1="1", region="Nowhere", country="FR"),
        "d@b.co": Address(street1="1", region="Somewhere"),
        "e@b.co": Address(street1="1", region="NY", country="Utopia"),
    }
    with rest_on(sandbox) as crm:
        for email, address in addresses.items():
            crm.upsert_contact(ContactData(email=email, address1=address), DuplicateCheck.EMAIL)
    rows = [(row["State"], row["Country"]) for row in sandbox.rows("Contact")]
    assert rows == [
        ("California", "United States"),
        ("Bayern", "Germany"),
        (None, "France"),  # in words it might be refused, and with it the order
        (None, None),
        (None, None),
    ]


@pytest.mark.parametrize(
    ("word", "code"), [("us", "USA"), ("DEU", "DEU"), ("Germany", "DEU"), ("", ""), ("Utopia", "")]
)
def test_a_country_has_one_code(word: str, code: str) -> None:
    assert country_code(word) == code


@pytest.mark.parametrize(
    ("country", "word", "code"),
    [("USA", "az", "US-AZ"), ("USA", "Arizona", "US-AZ"), ("USA", "US-AZ", "US-AZ"), ("USA", "Bayern", "")],
)
def test_a_region_has_one_code(country: str, word: str, code: str) -> None:
    assert region_code(country, word) == code


def test_an_address_that_opted_out_stays_out(sandbox: Sandbox) -> None:
    sandbox.seed(EmailAddStatus=[{"Email": "ann@example.com", "Type": "ListUnsubscribe"}])
    with rest_on(sandbox) as crm:
        assert not crm.opt_in("ann@example.com", "ticked the box")


def test_a_refused_value_is_said(sandbox: Sandbox) -> None:
    sandbox.faults({"method": "POST /v2/contacts", "do": "fault", "code": 1, "text": "given_name is bad"})
    with rest_on(sandbox) as crm, pytest.raises(CrmRejected) as caught:
        crm.upsert_contact(ContactData(email="a@b.co"), DuplicateCheck.EMAIL)
    assert "given_name is bad" in caught.value.detail
