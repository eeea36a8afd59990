from __future__ import annotations

import pytest

from tests.sandbox.conftest import Wire


@pytest.fixture
def header(crm: Wire) -> int:
    return crm.sandbox.seed(DataFormGroup=[{"Name": "Shop"}])["DataFormGroup"][0]


def test_a_declared_field_can_be_filled(crm: Wire, header: int) -> None:
    field = crm("DataService.addCustomField", "Order", "Tracking number", "Text", header)
    rows = crm("DataService.query", "DataFormField", 10, 0, {"FormId": -9}, ["Id", "Name", "DataType"])
    assert rows == [{"Id": field, "Name": "Trackingnumber", "DataType": 15}]
    [job] = crm.sandbox.seed(Job=[{"JobTitle": "t"}])["Job"]
    crm("DataService.update", "Job", job, {"_Trackingnumber": "1Z"})
    assert crm("DataService.load", "Job", job, ["_Trackingnumber"]) == {"_Trackingnumber": "1Z"}


def test_two_fields_of_one_label_get_two_names(crm: Wire, header: int) -> None:
    for _ in range(3):
        crm("DataService.addCustomField", "Contact", "Size", "Dropdown", header)
    assert [row["Name"] for row in crm.sandbox.rows("DataFormField")] == ["Size", "Size0", "Size1"]


def test_a_field_is_changed_within_its_rights(crm: Wire, header: int) -> None:
    field = crm("DataService.addCustomField", "Contact", "Size", "Dropdown", header)
    assert crm("DataService.updateCustomField", field, {"Label": "Shoe size", "Values": "40\n41"}) is True
    assert crm("DataService.load", "DataFormField", field, ["Label"]) == {"Label": "Shoe size"}
    assert crm.fault("DataService.updateCustomField", field, {"DataType": 15})[0] == 8
    assert crm.fault("DataService.updateCustomField", 9999, {"Label": "x"})[0] == 4


def test_what_cannot_be_declared_is_refused(crm: Wire, header: int) -> None:
    assert crm.fault("DataService.addCustomField", "Person", "Size", "Text", header)[0] == 12
    assert crm.fault("DataService.addCustomField", "Contact", "Size", "Colour", header)[0] == 12
    assert crm.fault("DataService.addCustomField", "Contact", "!?", "Text", header)[0] == 12
    fault = crm.fault("DataService.addCustomField", "Contact", "Size", "Text", 9999)
    assert fault == (4, "[DatabaseError]Error creating custom field")
