"""Custom fields: the table DataFormField."""

from __future__ import annotations

from crm.list_records import CustomField, FieldObject, FieldType, split_words
from crm.values import Struct, record_id, text
from crm.xmlrpc.service import Service
from crm.xmlrpc.values import optional_id

TABLE = "DataFormField"
COLUMNS = ("Id", "FormId", "Name", "Label", "DataType", "Values")
FORMS = {
    FieldObject.CONTACT: -1,
    FieldObject.AFFILIATE: -3,
    FieldObject.ORDER: -9,
    FieldObject.OPPORTUNITY: -4,
    FieldObject.ACTIVITY: -5,
    FieldObject.COMPANY: -6,
}
# DataType: a Keap support engineer's scripts and the vendor's field-access file.
TYPES: dict[int, FieldType] = {
    1: FieldType.PHONE_NUMBER,
    2: FieldType.SOCIAL_SECURITY_NUMBER,
    3: FieldType.CURRENCY,
    4: FieldType.PERCENT,
    5: FieldType.STATE,
    6: FieldType.YES_NO,
    7: FieldType.YEAR,
    8: FieldType.MONTH,
    9: FieldType.DAY_OF_WEEK,
    10: FieldType.NAME,
    11: FieldType.DECIMAL_NUMBER,
    12: FieldType.WHOLE_NUMBER,
    13: FieldType.DATE,
    14: FieldType.DATE_TIME,
    15: FieldType.TEXT,
    16: FieldType.TEXT_AREA,
    17: FieldType.LIST_BOX,
    18: FieldType.WEBSITE,
    19: FieldType.EMAIL,
    20: FieldType.RADIO,
    21: FieldType.DROPDOWN,
    22: FieldType.USER,
    23: FieldType.DRILLDOWN,
}


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
        type=TYPES.get(optional_id(row, "DataType") or 0, FieldType.OTHER).value,
        options=tuple(option.strip() for option in split_words(text(row, "Values")) if option.strip()),
    )
