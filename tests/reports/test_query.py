"""The query language: what is read, what is refused and where, and the same meaning over both protocols."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.models import Connection
from reports.catalogue.tables import TABLES
from reports.query.language import Query, QueryError, Sign, parse
from reports.query.meaning import wire_value
from tests.reports.conftest import MakeDataSet, run_whole, shown
from tests.sandbox_client import Sandbox

CONTACT = TABLES["Contact"]
NEW_YORK = ZoneInfo("America/New_York")


def read(text: str) -> list[tuple[str, Any]]:
    return [(each.column.name, wire_value(each)) for each in parse(text, CONTACT).conditions]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        ("'Id':'12,30','City':'Ogden'", [("Id", [12, 30]), ("City", "Ogden")]),
        (" { 'City' : 'Ogden' , } ", [("City", "Ogden")]),
        ('"City":"O\'Fallon"', [("City", "O'Fallon")]),
        ("'City':'O''Fallon'", [("City", "O'Fallon")]),
        ("'City':'O\\'Fallon'", [("City", "O'Fallon")]),
        ("‘City’:‘Ogden’", [("City", "Ogden")]),
        ("'City':'Ogden, UT',\n'State':''", [("City", "Ogden, UT"), ("State", "")]),
        ("'FirstName':'~null~'", [("FirstName", "~null~")]),
        ("'City':'~<>~'", [("City", "~<>~")]),
        ("'LastUpdated':'2016-01-20%'", [("LastUpdated", "2016-01-20%")]),
        ("'LastUpdated':'~>=~ 2015-12-15 08:15:00'", [("LastUpdated", "~>=~2015-12-15 08:15:00")]),
        ("'OwnerID':'~>~4'", [("OwnerID", "~>~4")]),
    ],
)
def test_a_query_is_read(text: str, pairs: list[tuple[str, Any]]) -> None:
    assert read(text) == pairs


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("City:Ogden", 1, "a column's name in quotes"),
        ("'City':'Ogden", 8, "not closed"),
        ("'City' 'Ogden'", 8, "A colon is missing after 'City'"),
        ("'City':'Ogden' 'State':'UT'", 16, "A comma is missing"),
        ("'City':'Ogden','City':'Provo'", 17, "a second time"),
        ("'Citty':'Ogden'", 2, "Did you mean City?"),
        ("'city':'Ogden'", 2, "Did you mean City?"),
        ("'City':'~=~Ogden'", 9, "~=~ is no operator"),
        ("'LastUpdated':'~>=~yesterday'", 16, "no date"),
        ("'LastUpdated':'~>=~2015-13-01'", 16, "no date"),
        ("'Id':'12,x'", 7, "a column of ids"),
        ("'Id':'abc'", 7, "is a number"),
        ("'City':'~>~'", 9, "missing after ~>~"),
        ("'City':'~>=~LastSuccessfulRun'", 9, "a column of times alone"),
        ("{'City':'Ogden'", 16, "not closed"),
        ("{'City':'Ogden'} x", 18, "goes on after its end"),
        ("'Id':'" + ",".join(map(str, range(1, 1003))) + "'", 7, "at most 1,000"),
        ("'Password':'x'", 2, "There is no column Password"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_place(text: str, position: int, said: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text, CONTACT)
    assert caught.value.position == position
    assert said in str(caught.value) and f"(character {position})" in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    for asked in (text, f"'City':'{text}'", f"'LastUpdated':'~>=~{text}'"):
        try:
            parse(asked, CONTACT)
        except QueryError as err:
            assert 1 <= err.position <= len(asked) + 1


@given(st.text(max_size=60))
def test_any_value_can_be_written(value: str) -> None:
    doubled = value.replace("\\", "").replace("'", "''")
    query = parse(f"'City':'{doubled}'", CONTACT) if not doubled.startswith("~") else Query()
    for each in query.conditions:
        if each.sign in (Sign.EQUALS, Sign.LIKE):
            assert each.value == value.replace("\\", "")


def test_the_last_run_s_beginning_stands_in_the_account_s_zone() -> None:
    query = parse("'LastUpdated':'~>=~LastSuccessfulRun','City':'Ogden'", CONTACT)
    began = datetime(2026, 11, 28, 13, 15, tzinfo=UTC)
    assert [wire_value(each) for each in query.since(began, NEW_YORK).conditions] == [
        "~>=~2026-11-28 08:15:00",
        "Ogden",
    ]
    assert [each.column.name for each in query.since(None, NEW_YORK).conditions] == ["City"]


ROWS: list[dict[str, Any]] = [
    {"FirstName": "Ann", "City": "Ogden", "OwnerID": 4, "Birthday": "2016-01-20"},
    {"FirstName": "ann", "City": "OGDEN", "OwnerID": 12},
    {"FirstName": "Bo", "City": "Ogden, UT", "OwnerID": 30, "Birthday": "2016-05-01"},
    {"FirstName": "Cy", "City": "", "Birthday": "2015-12-31"},
    {"FirstName": "Di", "City": None, "OwnerID": 5},
    {"FirstName": "E%e", "City": "O'Fallon"},
]


@pytest.mark.django_db
@pytest.mark.parametrize("protocol", ["xmlrpc", "rest"])
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["Ann", "ann", "Bo", "Cy", "Di", "E%e"]),
        ("'City':'ogden'", ["Ann", "ann"]),
        ("'City':'Ogden, UT'", ["Bo"]),
        ("'City':'ogd%'", ["Ann", "ann", "Bo"]),
        ("'City':'%UT'", ["Bo"]),
        ("'City':'O''Fallon'", ["E%e"]),
        ("'FirstName':'ANN','City':'Ogden'", ["Ann", "ann"]),
        ("'OwnerID':'4,30'", ["Ann", "Bo"]),
        ("'OwnerID':'~>~5'", ["ann", "Bo"]),
        ("'OwnerID':'~<=~5'", ["Ann", "Di"]),
        ("'OwnerID':'~<>~4'", ["ann", "Bo", "Di"]),
        ("'OwnerID':'~null~'", ["Cy", "E%e"]),
        ("'Birthday':'2016%'", ["Ann", "Bo"]),
        ("'Birthday':'2016-01-20%'", ["Ann"]),
        ("'Birthday':'~>=~2016-01-20'", ["Ann", "Bo"]),
        ("'Birthday':'~<~2016-01-20'", ["Cy"]),
        ("'Id':'~>~2','City':'%'", None),
    ],
)
def test_a_query_finds_the_same_over_both_protocols(
    make: MakeDataSet, crm: Sandbox, protocol: str, query: str, names: list[str] | None
) -> None:
    Connection.objects.update(protocol=protocol)
    ids = crm.seed(Contact=ROWS)["Contact"]
    data_set = make(
        arguments={"table": "Contact", "query": query.replace("~>~2'", f"~>~{ids[1]}'")},
        columns=["Id", "FirstName"],
    )
    run = run_whole(data_set)
    assert run.state == run.State.COMPLETE, run.error
    found = [name for (name,) in shown(data_set, "FirstName")]
    wanted = ["Bo", "Cy", "E%e"] if names is None else names
    if protocol == "rest":  # it tells no blank column from none
        found, wanted = ([name for name in each if name != "Cy"] for each in (found, wanted))
    assert found == wanted
