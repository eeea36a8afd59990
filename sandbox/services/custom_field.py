"""DataService: declaring custom fields."""

from __future__ import annotations

import re

from sandbox.account import Work
from sandbox.problems import database_error, invalid_parameter
from sandbox.records import insert_stamped, update_record
from sandbox.services.registry import method
from sandbox.values import Row, Wire

FORMS = {
    "Contact": -1,
    "Affiliate": -3,
    "Opportunity": -4,
    "ContactAction": -5,
    "Task": -5,
    "Appt": -5,
    "Note": -5,
    "Task/Appt/Note": -5,
    "Company": -6,
    "Order": -9,
    "Subscription": -10,
}
DATA_TYPES = {
    "Phone": 1,
    "SocialSecurity": 2,
    "Currency": 3,
    "Percent": 4,
    "State": 5,
    "YesNo": 6,
    "Year": 7,
    "Month": 8,
    "DayOfWeek": 9,
    "Name": 10,
    "DecimalNumber": 11,
    "WholeNumber": 12,
    "Date": 13,
    "DateTime": 14,
    "Text": 15,
    "TextArea": 16,
    "ListBox": 17,
    "MultiSelect": 17,
    "Website": 18,
    "Email": 19,
    "Radio": 20,
    "Select": 21,
    "Dropdown": 21,
    "User": 22,
    "Drilldown": 23,
}


@method("DataService.addCustomField", "string string string int")
def add_custom_field(work: Work, kind: str, label: str, data_type: str, header_id: int) -> int:
    """Declare a field below a header (a DataFormGroup row). Its name is the label's letters and digits."""
    if kind not in FORMS or data_type not in DATA_TYPES:
        raise invalid_parameter(f"Unknown custom field type: {kind}, {data_type}")
    if work.store.get("DataFormGroup", header_id) is None:
        raise database_error("Error creating custom field")
    wanted = re.sub(r"\W", "", label)
    if not wanted:
        raise invalid_parameter("A custom field needs a label with letters or digits")
    fields = work.store.rows("DataFormField")
    taken = {str(row["Name"]).casefold() for row in fields if row["FormId"] == FORMS[kind]}
    name, number = wanted, 0
    while name.casefold() in taken:
        name, number = f"{wanted}{number}", number + 1
    row: Row = {
        "FormId": FORMS[kind],
        "GroupId": header_id,
        "DataType": DATA_TYPES[data_type],
        "Label": label,
        "Name": name,
    }
    field_id = insert_stamped(work.store, "DataFormField", row)
    work.note("custom_field.created", {"custom_field": field_id}, dict(row))
    return field_id


@method("DataService.updateCustomField", "int struct")
def update_custom_field(work: Work, field_id: int, values: dict[str, Wire]) -> bool:
    """Change what DataService.update may change too; an unknown field is fault 4 here."""
    if work.store.get("DataFormField", field_id) is None:
        raise database_error("Error updating custom field")
    update_record(work, "DataFormField", field_id, values)
    return True
