"""Custom fields: the table DataFormField."""

from __future__ import annotations

from crm.contract import CustomField, FieldObject
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import Struct, optional_id, record_id, text

TABLE = "DataFormField"
COLUMNS = ("Id", "FormId", "Name", "Label", "DataType", "Values")
FORMS = {FieldObject.CONTACT: -1, FieldObject.AFFILIATE: -3, FieldObject.ORDER: -9}
# The numbers: a Keap support engineer's scripts and the vendor's field-access file. The words: REST's.
TYPES = {
    1: "phone_number",
    2: "social_security_number",
    3: "currency",
    4: "percent",
    5: "state",
    6: "yes_no",
    7: "year",
    8: "month",
    9: "day_of_week",
    10: "name",
    11: "decimal_number",
    12: "whole_number",
    13: "date",
    14: "date_time",
    15: "text",
    16: "text_area",
    17: "list_box",
    18: "website",
    19: "email",
    20: "radio",
    21: "dropdown",
    22: "user",
    23: "drilldown",
}
OTHER = "other"


class CustomFieldCalls(Service):
    def list_custom_fields(self, of: FieldObject) -> list[CustomField]:
        """Return the custom fields of an object, lowest id first."""
        form = FORMS[of]

        def parse(row: Struct) -> CustomField | None:
            return custom_field(row, of) if text(row, "FormId").strip() == str(form) else None

        found = self._query("list_custom_fields", TABLE, {"FormId": form}, COLUMNS, parse)
        return sorted(found, key=lambda field: field.id)


def custom_field(row: Struct, of: FieldObject) -> CustomField:
    """Return a row as a field; its name for the API is an underscore and DataFormField.Name."""
    return CustomField(
        object=of,
        id=record_id(row.get("Id")),
        name=f"_{text(row, 'Name')}",
        label=text(row, "Label"),
        type=TYPES.get(optional_id(row, "DataType") or 0, OTHER),
        options=_options(text(row, "Values")),
    )


def _options(values: str) -> tuple[str, ...]:
    """Return the options of a list; what stands between them is not certain: a new line or a comma."""
    parts = values.splitlines() if len(values.splitlines()) > 1 else values.split(",")
    return tuple(part.strip() for part in parts if part.strip())
