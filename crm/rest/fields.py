"""Custom fields: the API knows them by id, we by their underscore name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from crm.contract import FieldCache
from crm.errors import MissingInCrm
from crm.list_records import CustomField, FieldObject, FieldType
from crm.rest.body import Param
from crm.rest.service import Service
from crm.rest.values import listed, sendable, utc
from crm.values import Struct, Value, integer, record_id, struct, text

MODELS = {
    FieldObject.CONTACT: "GET /v2/contacts/model",
    FieldObject.ORDER: "GET /v2/orders/model",
    FieldObject.AFFILIATE: "GET /v2/affiliates/model",
    FieldObject.COMPANY: "GET /v2/companies/model",
    FieldObject.OPPORTUNITY: "GET /v2/opportunities/model",
    FieldObject.ACTIVITY: "GET /v2/tasks/model",
}
WORDS = frozenset(FieldType)
WHOLE = frozenset(
    {FieldType.WHOLE_NUMBER, FieldType.YEAR, FieldType.MONTH, FieldType.DAY_OF_WEEK, FieldType.USER}
)
DECIMAL = frozenset({FieldType.DECIMAL_NUMBER, FieldType.CURRENCY, FieldType.PERCENT})
LISTS = frozenset({FieldType.LIST_BOX, FieldType.USER_LIST_BOX})


class FieldCalls(Service):
    _field_cache: FieldCache | None
    _fields: dict[FieldObject, Sequence[CustomField]]
    _zone: ZoneInfo

    def list_custom_fields(self, of: FieldObject) -> list[CustomField]:
        """Return the custom fields of an object, lowest id first."""
        return self._read_fields("list_custom_fields", of)

    def _contents(self, operation: str, of: FieldObject, values: Mapping[str, str]) -> dict[int, Param]:
        """Return what is to be written, by the fields' ids; reads the object's fields unless they are known.

        Raises: MissingInCrm if a name is not among them even after a fresh read.
        """
        known = self._known(operation, of, values)
        return {field.id: content(field, values[name], self._zone) for name, field in known.items()}

    def _known(self, operation: str, of: FieldObject, names: Collection[str]) -> dict[str, CustomField]:
        """Return the fields of these names; reads the object's fields unless they are known."""
        wanted = set(names)
        if not wanted:
            return {}
        known = self._fields.get(of) or (self._field_cache.custom_fields(of) if self._field_cache else None)
        found = _by_name(known or ())
        if not wanted <= found.keys():
            found = _by_name(self._read_fields(operation, of))
        unknown = sorted(wanted - found.keys())
        if unknown:
            raise MissingInCrm(
                f"The CRM has no custom field {', '.join(unknown)}. "
                "Choose another field on the settings page, or add it in the CRM; its name counts small and "
                "capital letters.",
                detail=f"{of.value}: {', '.join(unknown)}",
                setting="custom-fields",
                label="field-unknown",
            )
        return {name: found[name] for name in names}

    def _read_fields(self, operation: str, of: FieldObject) -> list[CustomField]:
        def parse(value: Value) -> list[CustomField]:
            found = []
            for row in listed(struct(value), "custom_fields"):
                word = text(row, "field_type").lower()
                field = CustomField(
                    object=of,
                    id=record_id(row.get("id")),
                    # The vendor's file shows names with and without the underscore.
                    name="_" + text(row, "field_name").removeprefix("_"),
                    label=text(row, "label"),
                    type=word if word in WORDS else FieldType.OTHER.value,
                    options=tuple(text(option, "label") for option in listed(row, "options")),
                )
                found.append(field)
            return found

        fields = sorted(self._wire.call(operation, MODELS[of], parse), key=lambda field: field.id)
        self._fields[of] = fields
        if self._field_cache is not None:
            self._field_cache.remember_custom_fields(of, fields)
        return fields


def _by_name(fields: Iterable[CustomField]) -> dict[str, CustomField]:
    return {field.name: field for field in fields}


def content(field: CustomField, value: str, zone: tzinfo = UTC) -> Param:
    """Return a text as the kind of value its field takes; what does not fit goes as it is, to be refused.

    A time without an offset is the clock's in `zone`; an option with a comma in it stays whole.
    """
    stripped = value.strip()
    try:
        if field.type in WHOLE or (field.type == FieldType.YES_NO and stripped.isdigit()):
            return int(stripped)
        if field.type in DECIMAL:
            number = Decimal(stripped)
            return number if number.is_finite() else value
        if field.type == FieldType.DATE:
            return datetime.fromisoformat(stripped).date().isoformat()
        if field.type == FieldType.DATE_TIME:
            read = datetime.fromisoformat(stripped)
            return utc(read if read.tzinfo else read.replace(tzinfo=zone))
    except (ValueError, InvalidOperation):
        return value
    if field.type in LISTS:
        if stripped in field.options:
            return [stripped]
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def content_text(value: Value) -> str:
    """Return the content of a field as text; of a list its parts with commas between."""
    if isinstance(value, list):
        return ",".join(content_text(part) for part in value)
    return "" if value is None else str(value)


def merged(existing: Iterable[Struct], contents: Mapping[int, Param]) -> list[Param]:
    """Return the whole list of custom fields to send: those there, with ours written over them.

    A list given to the API may replace the one it has, so what is already there goes along.
    """
    kept: list[Param] = [
        {"id": text(row, "id"), "content": sendable(row["content"])}
        for row in existing
        if integer(row.get("id")) not in contents and row.get("content") is not None
    ]
    return [*kept, *written(contents)]


def written(contents: Mapping[int, Param]) -> list[Param]:
    return [{"id": str(number), "content": content} for number, content in contents.items()]
