from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Wire


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (("DataService.add", "Invoice", {"Description": "x"}), 7, "NoTableAccess"),
        (("DataService.update", "Payment", 1, {"PayNote": "x"}), 7, "NoTableAccess"),
        (("DataService.delete", "Job", 1), 7, "NoTableAccess"),
        (("DataService.add", "Contact", {"Groups": "1"}), 8, "NoFieldAccess"),
        (("ContactService.add", {"Id": 5}), 8, "NoFieldAccess"),
        (("DataService.query", "Invoices", 1, 0, {}, ["Id"]), 9, "NoTableFound"),
        (("DataService.query", "Contact", 1, 0, {}, ["Surname"]), 10, "NoFieldFound"),
        (("DataService.query", "Contact", 1, 0, {"Surname": "x"}, ["Id"]), 10, "NoFieldFound"),
        (("DataService.query", "Contact", 1, 0, {}, ["Id"], "Surname", True), 10, "NoFieldFound"),
        (("ContactService.add", {"_Unknown": "x"}), 10, "NoFieldFound"),
        (("ContactService.add", {}), 11, "NoFields"),
        (("DataService.query", "Contact", 1, 0, {}, []), 11, "NoFields"),
        (("ContactService.add", {"OwnerID": "nobody"}), 12, "InvalidParameter"),
        (("ContactService.add", {"Birthday": "soon"}), 12, "InvalidParameter"),
        (("ContactService.add", {"FirstName": ["a"]}), 12, "InvalidParameter"),
    ],
)
def test_what_may_not_be_done_has_its_code(
    crm: Wire, arguments: tuple[Any, ...], code: int, name: str
) -> None:
    got, text = crm.fault(*arguments)
    assert got == code
    assert text.startswith(f"[{name}]")
    assert crm.sandbox.effects() == []


FIELDS = [
    {"FormId": -1, "Name": "Shoe", "Label": "Shoe size", "DataType": 12},
    {"FormId": -1, "Name": "Since", "DataType": 13},
    {"FormId": -9, "Name": "Tracking", "DataType": 15},
    {"FormId": -9, "Name": "Weight", "DataType": 11},
]


def test_custom_columns_are_declared_by_form_fields(crm: Wire) -> None:
    crm.sandbox.seed(DataFormField=FIELDS)
    contact = crm("ContactService.add", {"_Shoe": "42", "_Since": "20260102T03:04:05"})
    loaded = crm("ContactService.load", contact, ["_Shoe", "_Since"])
    assert (loaded["_Shoe"], str(loaded["_Since"])) == (42, "2026-01-02 00:00:00")
    assert names(crm, {"_Shoe": 42}) == [{"Id": contact}]


def names(crm: Wire, wanted: dict[str, Any]) -> Any:
    return crm("DataService.query", "Contact", 10, 0, wanted, ["Id"])


def test_custom_columns_belong_to_their_form_and_are_case_sensitive(crm: Wire) -> None:
    crm.sandbox.seed(DataFormField=FIELDS)
    assert crm.fault("ContactService.add", {"_Tracking": "1Z"})[0] == 10
    assert crm.fault("ContactService.add", {"_shoe": "1Z"})[0] == 10


def test_custom_order_fields_are_written_to_the_job(crm: Wire) -> None:
    ids = crm.sandbox.seed(DataFormField=FIELDS, Job=[{"JobTitle": "t"}])
    [job] = ids["Job"]
    assert crm("DataService.update", "Job", job, {"_Tracking": "1Z", "_Weight": 2.5}) == job
    assert crm("DataService.load", "Job", job, ["_Tracking", "_Weight"]) == {
        "_Tracking": "1Z",
        "_Weight": 2.5,
    }
    [effect] = crm.sandbox.effects("order.updated")
    assert effect["values"] == {"_Tracking": "1Z", "_Weight": "2.5"}
