"""Custom fields: their models, and their values between columns and JSON."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sandbox.account import Work
from sandbox.columns import CUSTOM_TYPES, custom_columns
from sandbox.records import insert_stamped
from sandbox.rest.kinds import Kind, anything, choice, listed, moment, record_id, shaped, text
from sandbox.rest.listing import Test, by_number, by_text, by_time
from sandbox.rest.problems import bad_request
from sandbox.rest.routes import Request
from sandbox.rest.wire import Json, date_text, id_text, present, time_text
from sandbox.values import Row, Wire

CONTACT, AFFILIATE, OPPORTUNITY, ACTIVITY, COMPANY, ORDER = -1, -3, -4, -5, -6, -9
RECORD_TYPES = {
    CONTACT: "CONTACT",
    AFFILIATE: "REFERRAL_PARTNER",
    OPPORTUNITY: "OPPORTUNITY",
    ACTIVITY: "TASK_NOTE_APPOINTMENT",
    COMPANY: "COMPANY",
    ORDER: "ORDER",
}
FIELD_TYPES = {
    1: "PHONE_NUMBER",
    2: "SOCIAL_SECURITY_NUMBER",
    3: "CURRENCY",
    4: "PERCENT",
    5: "STATE",
    6: "YES_NO",
    7: "YEAR",
    8: "MONTH",
    9: "DAY_OF_WEEK",
    10: "NAME",
    11: "DECIMAL_NUMBER",
    12: "WHOLE_NUMBER",
    13: "DATE",
    14: "DATE_TIME",
    15: "TEXT",
    16: "TEXT_AREA",
    17: "LIST_BOX",
    18: "WEBSITE",
    19: "EMAIL",
    20: "RADIO",
    21: "DROPDOWN",
    22: "USER",
    23: "DRILLDOWN",
    25: "USER_LIST_BOX",
}
"""By DataFormField.DataType; the last number is assumed."""

OPTION = shaped(label=text)
NEW_FIELD = shaped(
    "field_type label",
    label=text,
    options=listed(OPTION),
    field_type=choice(*FIELD_TYPES.values()),
    group_id=record_id,
    user_group_id=record_id,
)


def values_kind(of_id: Kind) -> Kind:
    """The list as requests carry it; ids are text in v2 and numbers in v1."""
    return listed(shaped("id", id=of_id, content=anything))


def fields_of(work: Work, form: int) -> list[Row]:
    return [row for row in work.store.rows("DataFormField") if row["FormId"] == form]


def column_of(field: Row) -> str:
    return f"_{field['Name']}"


def read_values(work: Work, form: int, given: list[Json]) -> dict[str, Wire]:
    """Columns with their values. Raises a 400 for a field that the form does not have."""
    known = {field["Id"]: field for field in fields_of(work, form)}
    columns: dict[str, Wire] = {}
    for item in given:
        field = known.get(item["id"])
        if field is None:
            raise bad_request(f"There is no custom field {item['id']} here")
        content: Any = item.get("content")
        if isinstance(content, list):
            content = ",".join(str(part) for part in content)
        elif isinstance(content, bool):
            content = int(content)
        elif isinstance(content, str) and "T" in content and _column_type(field) in ("Date", "DateTime"):
            content = moment(content, f"custom field {field['Id']}")
        columns[column_of(field)] = content
    return columns


def emptied(work: Work, form: int, given: Json) -> dict[str, Any]:
    """The columns that a list in a change empties before it is laid over; an empty list empties them all."""
    if "custom_fields" not in given or (given["custom_fields"] and work.options.rest_lists == "merge"):
        return {}
    return dict.fromkeys(column_of(field) for field in fields_of(work, form))


def _column_type(field: Row) -> str:
    return CUSTOM_TYPES.get(int(str(field["DataType"] or 0)), "String")


def show_values(work: Work, form: int, row: Row, number_ids: bool = False) -> list[Json]:
    """Every field of the form, null where the row has no value."""
    shown = []
    for field in fields_of(work, form):
        content = row.get(column_of(field))
        if isinstance(content, datetime):
            content = date_text(content) if _column_type(field) == "Date" else time_text(content)
        shown.append({"id": field["Id"] if number_ids else str(field["Id"]), "content": content})
    return shown


def custom_tests(work: Work, form: int) -> dict[str, Test]:
    """Filters on custom fields by their field_name, with and without the underscore."""
    tests: dict[str, Test] = {}
    for column, kind in custom_columns(work.store.rows("DataFormField"), form).items():
        is_number, is_time = kind in ("Integer", "Double", "Id"), kind in ("Date", "DateTime")
        test = by_number(column) if is_number else by_time(column) if is_time else by_text(column)
        tests[column] = tests[column[1:]] = test
    return tests


def show_model(work: Work, form: int, optional: list[str]) -> Json:
    fields = [show_field(field, form) for field in fields_of(work, form)]
    return {"custom_fields": fields, "optional_properties": optional}


def show_field(field: Row, form: int) -> Json:
    """`field_name` has an underscore for orders and none for contacts, as in the published examples."""
    labels = [label for label in str(field["Values"] or "").split("\n") if label]
    return present(
        id=str(field["Id"]),
        label=field["Label"],
        options=[{"id": str(place), "label": label} for place, label in enumerate(labels)],
        record_type=RECORD_TYPES[form],
        field_type=FIELD_TYPES.get(int(str(field["DataType"] or 0)), "TEXT"),
        default_value=field["DefaultValue"],
        group_id=id_text(field["GroupId"]),
        field_name=column_of(field) if form == ORDER else field["Name"],
    )


def create_field(work: Work, request: Request, form: int) -> Json:
    """Make a field; its name is the label's letters and digits, numbered where that is taken."""
    given = request.read(NEW_FIELD)
    taken = {str(field["Name"]).casefold() for field in fields_of(work, form)}
    base = re.sub(r"[^A-Za-z0-9]", "", given["label"]) or "Field"
    names = (base if number == 0 else f"{base}{number - 1}" for number in range(len(taken) + 1))
    name = next(name for name in names if name.casefold() not in taken)
    numbers = {word: number for number, word in FIELD_TYPES.items()}
    row: Row = {
        "Name": name,
        "Label": given["label"],
        "DataType": numbers[given["field_type"]],
        "FormId": form,
        "GroupId": given.get("group_id") or 0,
        "Values": "\n".join(option["label"] for option in given.get("options") or []) or None,
    }
    key = insert_stamped(work.store, "DataFormField", row)
    work.note("custom_field.created", {"custom_field": key}, dict(row))
    return show_field(work.store.row("DataFormField", key), form)
