"""Whether each custom field is there under exactly its name, and takes what is to be written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from django.core.exceptions import ValidationError

from crm.list_records import CustomField, FieldObject
from mappings.checks.context import CheckContext
from mappings.checks.findings import Finding, FindingLevel
from mappings.models import FieldMapping, ShippingField
from mappings.shop_fields import ORDER_KEYS, shop_field_label
from mappings.value_maps import value_map_parse

TABLES = {"field_mappings": "custom fields", "shipping_fields": "shipping fields"}
OPTIONS_SHOWN = 5


class Value(Enum):
    """What kind of value the shop tells; of its custom fields and of paths only the shop knows."""

    DATE = auto()
    NUMBER = auto()
    WORDS = auto()
    ANY = auto()


DATES = (
    "placed_at",
    ShippingField.Key.SHIPPED_AT,
    ShippingField.Key.EXPECTED_AT,
    ShippingField.Key.DELIVERED_AT,
)
NUMBERS = ("total", "subtotal", "tax", "shipping_total", "discount")
LISTS = frozenset({"dropdown", "radio", "list_box", "drilldown"})
DATE_TYPES = frozenset({"date", "date_time"})
NUMBER_TYPES = frozenset({"decimal_number", "currency", "percent"})
WHOLE_TYPES = frozenset({"whole_number", "year", "month", "day_of_week", "user", "yes_no"})
TYPED = DATE_TYPES | NUMBER_TYPES | WHOLE_TYPES


@dataclass(frozen=True, kw_only=True, slots=True)
class Mapped:
    """One value of the shop on its way to a custom field."""

    table: str
    of: FieldObject
    name: str
    label: str
    value: Value
    value_map: Mapping[str, str]

    def finding(self, level: FindingLevel, sentence: str) -> Finding:
        return Finding(level, self.table, sentence, self.name)


def fields_mapped(context: CheckContext) -> list[Mapped]:
    """Every custom field that a table names."""
    return [
        *(_of_mapping(row) for row in context.mapped.of(FieldMapping)),
        *(
            Mapped(
                table="shipping_fields",
                of=FieldObject.ORDER,
                name=row.crm_field,
                label=row.get_shipping_key_display(),
                value=_kind(row.shipping_key),
                value_map={},
            )
            for row in context.mapped.of(ShippingField)
        ),
    ]


def field_findings(context: CheckContext) -> Iterator[Finding]:
    """Read the custom fields of what is mapped, one call for contacts and one for orders."""
    mapped = fields_mapped(context)
    wrong: list[Finding] = []
    for of in (FieldObject.CONTACT, FieldObject.ORDER):
        wanted = [each for each in mapped if each.of == of]
        if not wanted:
            continue
        fields = {field.name: field for field in context.crm.list_custom_fields(of)}
        found = [finding for each in wanted for finding in _findings(each, fields)]
        wrong += found
        yield from found
    spoilt = {finding.field for finding in wrong}
    for table, what in TABLES.items():
        count = sum(each.table == table for each in mapped)
        if count and table not in spoilt:
            yield Finding(
                FindingLevel.OK, table, f"Probed: the CRM has the {what} named here ({count}), and they fit."
            )


def _of_mapping(row: FieldMapping) -> Mapped:
    try:
        value_map = value_map_parse(row.value_map)
    except ValidationError:  # the page refuses it; what is stored from elsewhere is not ours to judge here
        value_map = {}
    return Mapped(
        table="field_mappings",
        of=FieldObject.CONTACT if row.target == FieldMapping.Target.CONTACT else FieldObject.ORDER,
        name=row.crm_field,
        label=shop_field_label(row.shop_field),
        value=_kind(row.shop_field),
        value_map=value_map,
    )


def _kind(key: str) -> Value:
    if key in DATES:
        return Value.DATE
    if key in NUMBERS:
        return Value.NUMBER
    is_known = key in ORDER_KEYS or key in ShippingField.Key.values
    return Value.WORDS if is_known else Value.ANY


def _findings(mapped: Mapped, fields: Mapping[str, CustomField]) -> Iterator[Finding]:
    field = fields.get(mapped.name)
    if field is None:
        yield mapped.finding(FindingLevel.ERROR, _missing(mapped, fields.values()))
    elif field.type in LISTS and field.options:
        yield from _options(mapped, field)
    elif field.type in TYPED:
        yield from _typed(mapped, field)


def _missing(mapped: Mapped, fields: Iterable[CustomField]) -> str:
    other = next(
        (
            field.name
            for field in fields
            if _folded(mapped.name) in (_folded(field.name), _folded(field.label))
        ),
        "",
    )
    cure = (
        f"It has “{other}”: write exactly that, letter case counts."
        if other
        else f"Add the field in the CRM (Settings, Custom Fields, {mapped.of.value.capitalize()}), or "
        "correct the name here."
    )
    return f"The CRM has no custom {mapped.of.value} field “{mapped.name}”. {cure}"


def _folded(name: str) -> str:
    """A name without what is easily mistyped: letter case, blanks, underscores."""
    return "".join(letter for letter in name if letter.isalnum()).casefold()


def _options(mapped: Mapped, field: CustomField) -> Iterator[Finding]:
    """Words that are none of the list's are left out when an order comes; letter case is put right then."""
    known = {option.strip().casefold() for option in field.options}
    wrong = [word for word in dict.fromkeys(mapped.value_map.values()) if not _is_option(word, field, known)]
    if wrong:
        words = ", ".join(f"“{word}”" for word in wrong[:OPTIONS_SHOWN]) + (
            " …" if len(wrong) > OPTIONS_SHOWN else ""
        )
        yield mapped.finding(
            FindingLevel.ERROR,
            f"The value map of {mapped.name} names {words}, which the CRM's list does not have. It has "
            f"{_shown(field.options)}.",
        )
    if mapped.value in (Value.DATE, Value.NUMBER) and not mapped.value_map:
        yield mapped.finding(
            FindingLevel.WARNING,
            f"{mapped.name} is a list in the CRM ({_shown(field.options)}); {mapped.label} is "
            f"{_word(mapped.value)} and fits only if it is one of these. Choose a text field, or give "
            "a value map.",
        )


def _is_option(word: str, field: CustomField, known: set[str]) -> bool:
    """Whether a list takes the word; one of several choices takes them with commas between."""
    if word.strip().casefold() in known:
        return True
    parts = [part.strip().casefold() for part in word.split(",")]
    return field.type == "list_box" and all(part in known for part in parts if part)


def _typed(mapped: Mapped, field: CustomField) -> Iterator[Finding]:
    kind = field.type.replace("_", " ")
    if _fits(mapped.value, field.type):
        return
    never = mapped.value == Value.DATE or (mapped.value == Value.NUMBER and field.type in DATE_TYPES)
    sentence = (
        f"{mapped.name} is a {kind} field in the CRM, but {mapped.label} is {_word(mapped.value)}. "
        + ("Choose a text field" if never else "A value that does not fit is left out: choose a text field")
        + (" or a date field." if mapped.value == Value.DATE else ".")
    )
    yield mapped.finding(FindingLevel.ERROR if never else FindingLevel.WARNING, sentence)


def _fits(value: Value, field_type: str) -> bool:
    if value == Value.DATE:
        return field_type in DATE_TYPES
    if value == Value.NUMBER:
        return field_type in NUMBER_TYPES
    return value == Value.ANY


def _word(value: Value) -> str:
    return {Value.DATE: "a date", Value.NUMBER: "an amount"}.get(value, "text")


def _shown(options: Sequence[str]) -> str:
    return ", ".join(options[:OPTIONS_SHOWN]) + (" …" if len(options) > OPTIONS_SHOWN else "")
