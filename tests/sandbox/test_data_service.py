from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.conftest import Wire

PEOPLE = [
    {"FirstName": "Ann", "Email": "ann@example.com", "City": "Bonn", "Birthday": "1990-05-06"},
    {"FirstName": "Bob", "Email": "bob@example.com", "City": "", "Birthday": "1991-05-06"},
    {"FirstName": "cid", "Email": "cid@example.org"},
]


@pytest.fixture
def people(crm: Wire) -> list[int]:
    return crm.sandbox.seed(Contact=PEOPLE)["Contact"]


def names(crm: Wire, wanted: dict[str, Any]) -> str:
    rows = crm("DataService.query", "Contact", 1000, 0, wanted, ["FirstName"])
    return " ".join(row["FirstName"] for row in rows)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, "Ann Bob cid"),
        ({"Id": "%"}, "Ann Bob cid"),
        ({"FirstName": "ANN"}, "Ann"),
        ({"Email": "%example.com"}, "Ann Bob"),
        ({"Email": "b%@%com"}, "Bob"),
        ({"Email": "%b%b%b%"}, ""),
        ({"City": "~null~"}, "cid"),
        ({"City": ""}, "Bob"),
        ({"FirstName": "~<>~Ann"}, "Bob cid"),
        ({"FirstName": "~>~ ann"}, "Bob cid"),
        ({"FirstName": "~<=~bob"}, "Ann Bob"),
        ({"City": "~<>~ Bonn"}, "Bob"),
        ({"Birthday": "~>=~ 1991-01-01"}, "Bob"),
        ({"Birthday": "~<~ 1991-05-06 00:00:00"}, "Ann"),
        ({"Birthday": "1990-05-06"}, "Ann"),
        ({"Birthday": "1990-05-%"}, "Ann"),
        ({"Birthday": datetime(1990, 5, 6)}, "Ann"),
        ({"Email": "%com", "FirstName": "Bob"}, "Bob"),
        ({"FirstName": "A_n"}, ""),
        ({"Id": "many"}, ""),
    ],
)
def test_query_values(crm: Wire, people: list[int], wanted: dict[str, Any], found: str) -> None:
    assert names(crm, wanted) == found
    assert crm("DataService.count", "Contact", wanted) == len(found.split())


def test_ids_may_be_numbers_text_or_a_list(crm: Wire, people: list[int]) -> None:
    assert names(crm, {"Id": people[1]}) == "Bob"
    assert names(crm, {"Id": str(people[1])}) == "Bob"
    assert names(crm, {"Id": [people[0], str(people[2])]}) == "Ann cid"
    assert names(crm, {"Id": f"~>~{people[0]}"}) == "Bob cid"


def test_lists_are_for_id_columns_and_bounded(crm: Wire) -> None:
    assert crm.fault("DataService.query", "Contact", 10, 0, {"FirstName": ["Ann"]}, ["Id"])[0] == 12
    assert crm.fault("DataService.query", "Contact", 10, 0, {"Id": list(range(1001))}, ["Id"])[0] == 12


def test_pages_count_from_zero(crm: Wire, people: list[int]) -> None:
    pages = [crm("DataService.query", "Contact", 2, page, {}, ["Id"]) for page in range(3)]
    assert [[row["Id"] for row in page] for page in pages] == [people[:2], people[2:], []]


def test_order_by_sorts_either_way_and_puts_nulls_first(crm: Wire, people: list[int]) -> None:
    def ids(ascending: bool) -> list[int]:
        rows = crm("DataService.query", "Contact", 10, 0, {}, ["Id"], "Birthday", ascending)
        return [row["Id"] for row in rows]

    assert ids(True) == [people[2], people[0], people[1]]
    assert ids(False) == [people[1], people[0], people[2]]


@pytest.mark.parametrize("choice", ["clamp", "fault"])
def test_a_limit_above_1000_is_clamped_or_refused(crm: Wire, people: list[int], choice: str) -> None:
    crm.sandbox.options(limit_above_1000=choice)
    arguments: tuple[Any, ...] = ("DataService.query", "Contact", 1001, 0, {}, ["Id"])
    if choice == "fault":
        assert crm.fault(*arguments)[0] == 12
    else:
        assert len(crm(*arguments)) == 3


def test_a_datetime_as_query_value_can_be_made_to_find_nothing(crm: Wire, people: list[int]) -> None:
    crm.sandbox.options(datetime_in_query="nothing")
    assert names(crm, {"Birthday": datetime(1990, 5, 6)}) == ""


@pytest.mark.parametrize(("wildcard", "found"), [(True, 2), (False, 0)])
def test_find_by_field_wildcards_are_an_option(
    crm: Wire, people: list[int], wildcard: bool, found: int
) -> None:
    crm.sandbox.options(find_by_field_wildcard=wildcard)
    assert len(crm("DataService.findByField", "Contact", 10, 0, "Email", "%.com", ["Id"])) == found
    assert crm("DataService.findByField", "Contact", 10, 0, "Email", "BOB@example.com", ["FirstName"]) == [
        {"FirstName": "Bob"}
    ]


def test_load_update_and_delete_by_id(crm: Wire) -> None:
    category = crm("DataService.add", "ProductCategory", {"CategoryDisplayName": "Mugs"})
    assert crm("DataService.update", "ProductCategory", category, {"CategoryDisplayName": "Cups"}) == category
    assert crm("DataService.load", "ProductCategory", category, ["CategoryDisplayName"]) == {
        "CategoryDisplayName": "Cups"
    }
    assert crm("DataService.delete", "ProductCategory", category) is True
    assert crm.fault("DataService.load", "ProductCategory", category, ["Id"]) == (
        5,
        "[RecordNotFound]Record was not found",
    )
    assert crm.fault("DataService.update", "ProductCategory", category, {"CategoryDisplayName": "x"}) == (
        5,
        f"[RecordNotFound]Unable to perform update. Record not found for Id:{category}",
    )
    assert crm.fault("DataService.delete", "ProductCategory", category)[0] == 5


def test_app_settings_are_text(crm: Wire) -> None:
    assert crm("DataService.getAppSetting", "Contact", "optiontitles") == "Mr.,Mrs.,Ms.,Dr."
    assert crm("DataService.getAppSetting", "Contact", "unheard_of") == ""


def test_a_new_tag_is_an_effect_of_its_own(crm: Wire) -> None:
    tag = crm("DataService.add", "ContactGroup", {"GroupName": "VIP"})
    [effect] = crm.sandbox.effects("tag.created")
    assert (effect["ids"], effect["values"]) == ({"tag": tag}, {"GroupName": "VIP"})
