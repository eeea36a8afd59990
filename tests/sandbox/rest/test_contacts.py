from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.rest.conftest import Rest
from tests.sandbox_client import Row, Sandbox

ANN = {"email": "ann@example.com", "field": "EMAIL1"}
FULL: Row = {
    "given_name": "Bo",
    "family_name": "Moss",
    "prefix": "Dr.",
    "job_title": "Cook",
    "birth_date": "1980-02-29",
    "email_addresses": [
        {"email": "bo@example.com", "field": "EMAIL1", "opt_in_reason": "ticked the box"},
        {"email": "bo@example.org", "field": "EMAIL2"},
    ],
    "phone_numbers": [{"number": "5559876543", "extension": "9", "type": "Home", "field": "PHONE2"}],
    "fax_numbers": [{"number": "5550000000", "type": "Work", "field": "FAX1"}],
    "addresses": [
        {
            "field": "SHIPPING",
            "line1": "1 Main St",
            "line2": "Flat 2",
            "locality": "Mesa",
            "region_code": "US-AZ",
            "country_code": "USA",
            "postal_code": "85201",
            "zip_four": "1234",
        }
    ],
}


@pytest.fixture
def colour(sandbox: Sandbox) -> str:
    field = {"Name": "Colour", "Label": "Colour", "FormId": -1, "DataType": 15}
    return str(sandbox.seed(DataFormField=[field])["DataFormField"][0])


def test_a_contact_comes_back_as_it_was_sent(v2: Rest, colour: str) -> None:
    v2.sandbox.options(rest_contact_members="all")
    body = {**FULL, "custom_fields": [{"id": colour, "content": "red"}]}
    made = v2("POST", "/contacts", body)
    assert v2("GET", f"/contacts/{made['id']}") == made
    for name in ("given_name", "family_name", "prefix", "job_title", "birth_date", "custom_fields"):
        assert made[name] == body[name]
    [address] = made["addresses"]
    assert (address["region"], address["region_code"]) == ("Arizona", "US-AZ")
    assert (address["country"], address["country_code"]) == ("United States", "USA")
    assert made["phone_numbers"] == [
        {"number": "(555) 987-6543", "extension": "9", "type": "Home", "field": "PHONE2"}
    ]
    assert [item.get("email_opt_status") for item in made["email_addresses"]] == ["SINGLE_OPT_IN", None]


def test_the_columns_are_those_of_xml_rpc(v2: Rest, colour: str) -> None:
    v2("POST", "/contacts", {**FULL, "custom_fields": [{"id": colour, "content": "red"}]})
    [row] = v2.sandbox.rows("Contact")
    assert (row["FirstName"], row["EmailAddress2"], row["Phone2Ext"]) == ("Bo", "bo@example.org", "9")
    assert (row["Address2Street1"], row["City2"], row["State2"], row["PostalCode2"], row["ZipFour2"]) == (
        "1 Main St",
        "Mesa",
        "Arizona",
        "85201",
        "1234",
    )
    assert (row["Country2"], row["_Colour"], row["Title"]) == ("United States", "red", "Dr.")
    assert [effect["kind"] for effect in v2.sandbox.effects()] == ["contact.created", "email.opted_in"]


@pytest.mark.parametrize(
    ("body", "hint"),
    [
        ({"given_name": "Bo"}, "e-mail address, a phone number or an address"),
        ({"addresses": [{"field": "BILLING", "region": "Arizona"}]}, "country_code is required"),
        ({"addresses": [{"field": "BILLING", "country_code": "US"}]}, "three letters"),
        ({"email_addresses": [ANN], "owner_id": "7"}, "there is no User 7"),
        ({"email_addresses": [ANN], "leadsource_id": "7"}, "there is no LeadSource 7"),
        ({"email_addresses": [ANN], "custom_fields": [{"id": "7", "content": "x"}]}, "no custom field 7"),
        ({"email_addresses": [ANN], "owner_id": 7}, "owner_id must be an id"),
        ({"email_addresses": ["ann@example.com"]}, "email_addresses[0] must be an object"),
        ({"email_addresses": [ANN], "colour": "red"}, "body.colour is not known"),
        ({"email_addresses": [ANN] * 4}, "field"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(v2: Rest, body: Row, hint: str) -> None:
    if len(body.get("email_addresses", [])) == 4:
        body = {"email_addresses": [{"email": f"a{n}@example.com"} for n in range(4)]}
    v2.sandbox.options(rest_unknown_owner="refused")
    status, message = v2.refused("POST", "/contacts", body)
    assert status == 400
    assert hint in message
    assert v2.sandbox.rows("Contact") == []


@pytest.mark.parametrize(
    ("check", "family_name", "status"),
    [("Email", "Moss", 200), ("EmailAndName", "Lee", 200), ("EmailAndName", "Moss", 201), (None, "Lee", 201)],
)
def test_a_duplicate_is_updated_if_it_is_looked_for(
    v2: Rest, contact: int, check: str | None, family_name: str, status: int
) -> None:
    body = {"given_name": "Ann", "family_name": family_name, "email_addresses": [ANN]}
    query: Row = {"duplicate_option": check} if check else {}
    response = v2.try_("POST", "/contacts", body, **query)
    assert response.status == status
    assert (response.body["id"] == str(contact)) == (status == 200)
    assert len(v2.effects("contact.created")) == (status == 201)


def test_the_third_check_never_finds_a_company_kept_as_text(v2: Rest) -> None:
    body = {"email_addresses": [ANN], "company": {"company_name": "Acme"}}
    for _ in range(2):
        assert v2.try_("POST", "/contacts", body, duplicate_option="EmailAndNameAndCompany").status == 201


@pytest.mark.parametrize(
    ("options", "phones"),
    [
        ({}, [None, "555-2"]),
        ({"rest_lists": "merge"}, ["(555) 123-4567", "555-2"]),
    ],
)
@pytest.mark.parametrize("verb", ["POST", "PATCH"])
def test_a_list_that_is_given_replaces_or_joins(
    v2: Rest, contact: int, options: Row, phones: list[Any], verb: str
) -> None:
    v2.sandbox.options(**options)
    body = {"email_addresses": [ANN], "phone_numbers": [{"number": "555-2", "field": "PHONE2"}]}
    _write(v2, verb, contact, body)
    [row] = v2.sandbox.rows("Contact")
    assert [row["Phone1"], row["Phone2"]] == phones


@pytest.mark.parametrize(("absent", "phone"), [("keep", "(555) 123-4567"), ("clear", None)])
@pytest.mark.parametrize("verb", ["POST", "PATCH"])
def test_a_list_that_is_not_given_stays_or_goes(
    v2: Rest, contact: int, absent: str, phone: str | None, verb: str
) -> None:
    v2.sandbox.options(rest_absent_lists=absent)
    _write(v2, verb, contact, {"given_name": "Anne", "email_addresses": [ANN]})
    [row] = v2.sandbox.rows("Contact")
    assert (row["FirstName"], row["Phone1"]) == ("Anne", phone)


def _write(v2: Rest, verb: str, contact: int, body: Row) -> None:
    if verb == "POST":
        v2("POST", "/contacts", body, duplicate_option="Email")
    else:
        v2("PATCH", f"/contacts/{contact}", body)


def test_only_what_the_mask_names_is_changed(v2: Rest, contact: int) -> None:
    v2.sandbox.options(rest_absent_lists="clear")
    body = {"given_name": "Anne", "family_name": "Moss", "phone_numbers": []}
    v2("PATCH", f"/contacts/{contact}", body, update_mask="given_name")
    [row] = v2.sandbox.rows("Contact")
    assert (row["FirstName"], row["LastName"], row["Email"]) == ("Anne", "Lee", "ann@example.com")
    assert row["Phone1"] == "(555) 123-4567"
    v2("PATCH", f"/contacts/{contact}", body, update_mask="phone_numbers")
    assert v2.sandbox.rows("Contact")[0]["Phone1"] is None


def test_what_is_shown_depends_on_the_fields(v2: Rest, contact: int, colour: str) -> None:
    assert "custom_fields" not in v2("GET", f"/contacts/{contact}")
    shown = v2("GET", f"/contacts/{contact}", fields="custom_fields,given_name")
    assert shown == {
        "id": str(contact),
        "given_name": "Ann",
        "custom_fields": [{"id": colour, "content": None}],
    }
    assert v2.refused("GET", f"/contacts/{contact}", fields="colour")[0] == 400
    assert "custom_fields" in v2("GET", "/contacts/model")["optional_properties"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("email==BO@example.com", ["Bo"]),
        ("email==bo@example.org", ["Bo"]),
        ("email==bo*", ["Bo", "Bob"]),
        ("given_name==bo", ["Bo"]),
        ("given_name==Bo*;family_name==Kay", ["Bob"]),
        ("city==Mes*", ["Bob"]),
        ("phone_number==555 1234567;phone_fields==PHONE1", ["Ann"]),
        ("billing_address_country_code==USA", ["Bob"]),
        ("Colour==red", ["Bo"]),
        ("ids==1,2", []),
        ("start_update_time==2030-01-01T00:00:00.000Z", []),
    ],
)
def test_contacts_are_found_by_filters(
    v2: Rest, contact: int, colour: str, wanted: str, names: list[str]
) -> None:
    more = {"FirstName": "Bob", "LastName": "Kay", "Email": "bob@example.com"}
    v2.sandbox.seed(
        Contact=[
            {
                "FirstName": "Bo",
                "Email": "bo@example.com",
                "EmailAddress3": "bo@example.org",
                "_Colour": "red",
            },
            {**more, "City": "Mesa", "Country": "United States"},
        ]
    )
    found = v2("GET", "/contacts", filter=wanted)["contacts"]
    assert [each["given_name"] for each in found] == names


def test_contacts_are_found_by_their_ids(v2: Rest, contact: int) -> None:
    assert len(v2("GET", "/contacts", filter=f"ids==7,{contact}")["contacts"]) == 1
    assert len(v2("GET", "/contacts", filter=f"contact_id>={contact}")["contacts"]) == 1


@pytest.mark.parametrize("wanted", ["colour==red", "email", "email>ann", "phone_number==5", "contact_id==x"])
def test_other_filters_are_refused(v2: Rest, contact: int, wanted: str) -> None:
    assert v2.refused("GET", "/contacts", filter=wanted)[0] == 400


@pytest.mark.parametrize(("option", "end"), [("absent", None), ("empty", "")])
def test_lists_come_in_pages_and_in_order(v2: Rest, option: str, end: str | None) -> None:
    v2.sandbox.options(rest_list_end=option)
    v2.sandbox.seed(Contact=[{"Email": f"{letter}@example.com"} for letter in "bac"])
    query = {"page_size": 2, "order_by": "email desc"}
    first = v2("GET", "/contacts", **query)
    second = v2("GET", "/contacts", **query, page_token=first["next_page_token"])
    emails = [c["email_addresses"][0]["email"][0] for page in (first, second) for c in page["contacts"]]
    assert (emails, second.get("next_page_token")) == (["c", "b", "a"], end)
    assert v2.refused("GET", "/contacts", page_token="x")[0] == 400
    assert v2.refused("GET", "/contacts", order_by="colour")[0] == 400


def test_a_deleted_contact_is_gone_on_both_protocols(v2: Rest, contact: int) -> None:
    assert v2("DELETE", f"/contacts/{contact}") is None
    assert v2.sandbox.rows("Contact") == []
    assert v2.refused("GET", f"/contacts/{contact}")[0] == 404
    assert v2.refused("DELETE", f"/contacts/{contact}")[0] == 404


def test_a_custom_field_is_made_and_found_in_the_model(v2: Rest) -> None:
    options = [{"label": "red"}, {"label": "blue"}]
    body = {"label": "Shop colour", "field_type": "DROPDOWN", "options": options}
    made = [v2("POST", "/contacts/model/customFields", body) for _ in range(2)]
    assert [field["field_name"] for field in made] == ["Shopcolour", "Shopcolour0"]
    assert v2("GET", "/contacts/model")["custom_fields"] == made
    assert [option["label"] for option in made[0]["options"]] == ["red", "blue"]
    [effect, _] = v2.effects("custom_field.created")
    assert effect["ids"] == {"custom_field": int(made[0]["id"])}


@pytest.mark.parametrize(
    ("kind", "given", "shown"),
    [
        (13, "2026-03-02", "2026-03-02"),
        (14, "2026-03-02T15:00:00Z", "2026-03-02T15:00:00.000Z"),
        (12, 5, 5),
        (3, 12.25, 12.25),
        (6, True, 1),
        (17, ["a", "b"], "a,b"),
    ],
)
def test_custom_values_follow_the_type_of_their_field(
    v2: Rest, contact: int, kind: int, given: Any, shown: Any
) -> None:
    field = {"Name": "Extra", "Label": "Extra", "FormId": -1, "DataType": kind}
    key = str(v2.sandbox.seed(DataFormField=[field])["DataFormField"][0])
    body = {"custom_fields": [{"id": key, "content": given}]}
    changed = v2("PATCH", f"/contacts/{contact}", body, fields="custom_fields")
    assert changed["custom_fields"] == [{"id": key, "content": shown}]
