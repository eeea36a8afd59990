"""What companies, opportunities, tasks and notes share: what is given of one, and its custom fields.

Docs: the vendor's OpenAPI file: `custom_fields: []` of a task or note resets them all; whether a list that is
      given replaces what is there is not said: so it is read, laid over, and never sent empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crm.list_records import CustomField, FieldObject
from crm.rest.body import Param
from crm.rest.fields import FieldCalls, content_text, merged, written
from crm.rest.values import listed, utc
from crm.values import Struct, Value, ignored, integer, struct

CUSTOM = "custom_fields"


class ObjectCalls(FieldCalls):
    def _custom(
        self,
        operation: str,
        of: FieldObject,
        values: Mapping[str, str],
        one: str = "",
        at: Sequence[int] = (),
    ) -> dict[str, Param]:
        """Return the custom fields to write, with those of the record at `one`; nothing if none is given."""
        contents = self._contents(operation, of, values)
        if not contents:
            return {}
        if not one:
            return {CUSTOM: written(contents)}
        there = self._wire.call(operation, f"GET {one}", struct, at=at, query={"fields": CUSTOM})
        return {CUSTOM: merged(listed(there, CUSTOM), contents)}

    def _write_over(self, operation: str, one: str, at: Sequence[int], body: Mapping[str, Param]) -> None:
        """Write these members and no others; send nothing if there are none."""
        if body:
            query = {"update_mask": ",".join(body)}
            self._wire.call(operation, f"PATCH {one}", ignored, at=at, query=query, body=body)


def given_members(data: Any, names: Mapping[str, str]) -> dict[str, Param]:
    """Return the members of a body that are given, by their names: ids as text, times in UTC."""
    body: dict[str, Param] = {}
    for ours, theirs in names.items():
        value = getattr(data, ours)
        if value is not None:
            is_time = isinstance(value, datetime)
            written_value = utc(value.replace(microsecond=0)) if is_time else value
            body[theirs] = str(value) if isinstance(value, int) else written_value
    return body


def field_texts(row: Struct, known: Mapping[str, CustomField]) -> dict[str, str]:
    """Return the contents of these custom fields as text, by name."""
    contents: dict[int, Value] = {
        integer(each.get("id")): each.get("content") for each in listed(row, CUSTOM)
    }
    return {name: content_text(contents.get(field.id)) for name, field in known.items()}
