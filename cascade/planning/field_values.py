"""The shop's values as the CRM's custom fields take them, by each field's type; what does not fit is named.

Dates leave as 2026-03-02, times as 2026-03-02T10:04:05 in the CRM's zone, yes and no as 1 and 0, the choices
of a list box joined by commas: texts that every protocol's adapter writes alike. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from zoneinfo import ZoneInfo

from cascade.planning.parsing import read_moment, read_number
from crm import lengths
from crm.list_records import CustomField

LARGEST_WHOLE = 2**31 - 1
LARGEST_NUMBER = Decimal(10) ** 15
SHOWN_CHARACTERS = 60
YES = frozenset({"1", "yes", "y", "true", "t", "on", "checked"})
NO = frozenset({"0", "no", "n", "false", "f", "off", "unchecked"})
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
BETWEEN_CHOICES = re.compile(r"[,;|\n]")


@dataclass(frozen=True, slots=True)
class FieldValue:
    """`value` is blank where the field is to be left out; `problem` says why, or what was changed."""

    value: str
    problem: str = ""


def unknown_field(name: str) -> str:
    """The sentence for a field that the CRM would refuse together with all else of the call."""
    return (
        f"The CRM has no custom field {name} (small and capital letters count), so it was left out. Choose "
        "another field on the settings page or add it in the CRM, then resend."
    )


def crm_value(
    value: str, field: CustomField | None, value_map: Mapping[str, str], *, zone: ZoneInfo
) -> FieldValue:
    """One value as a field takes it. `value_map` is keyed case-folded; a field nobody knows takes text.

    A time's date is the one in `zone`, where the CRM is. Raises nothing.
    """
    given = _translated(value, value_map)
    if not given:
        return FieldValue("")
    type_word = field.type if field else "text"
    if type_word in _CHOICES and field is not None and field.options:
        return _choices(given, field, value_map)
    if type_word in _MOMENTS:
        moment = read_moment(given, zone)
        if moment is None:
            return _left_out(given, "no date we can read", _DATE_CURE)
        day, time = moment.date().isoformat(), moment.replace(tzinfo=None).isoformat(timespec="seconds")
        return FieldValue(day if type_word == "date" else time)
    if (reader := _READERS.get(type_word)) is not None:
        return reader(given)
    longest = lengths.CUSTOM_FIELD
    if len(given) <= longest:
        return FieldValue(given)
    text = (
        f"The value has {len(given)} characters and was shortened to {longest}. Shorten it in the shop if "
        "the end matters."
    )
    return FieldValue(given[:longest].rstrip(), text)


def _translated(value: str, value_map: Mapping[str, str]) -> str:
    stripped = value.strip()
    return value_map.get(stripped.casefold(), stripped).strip()


def _shown(value: str) -> str:
    line = " ".join(value.split())
    return f"“{line if len(line) <= SHOWN_CHARACTERS else line[: SHOWN_CHARACTERS - 1] + '…'}”"


def _left_out(value: str, what: str, cure: str) -> FieldValue:
    return FieldValue("", f"{_shown(value)} is {what}, so the field was left out. {cure}")


# -- choices --------------------------------------------------------------------------------------------

_SEVERAL = frozenset({"list_box", "user_list_box"})
_CHOICES = _SEVERAL | {"dropdown", "radio", "drilldown"}
_MAP_IT = "Add it to the CRM's field, or give it one of the field's words in the value map."


def _option(value: str, field: CustomField) -> str | None:
    """The field's own spelling of an option: the exact one first."""
    if value in field.options:
        return value
    wanted = value.strip().casefold()
    return next((option for option in field.options if option.strip().casefold() == wanted), None)


def _choices(value: str, field: CustomField, value_map: Mapping[str, str]) -> FieldValue:
    """Those of several that the field has; an option with a comma in it is found as a whole only."""
    if (whole := _option(value, field)) is not None:
        return FieldValue(whole)
    if field.type not in _SEVERAL:
        return _left_out(value, "none of its options", _MAP_IT)
    parts = [_translated(part, value_map) for part in BETWEEN_CHOICES.split(value)[: len(field.options) * 10]]
    named = [(part, _option(part, field)) for part in parts if part]
    chosen = dict.fromkeys(option for _, option in named if option is not None)
    missing = list(dict.fromkeys(part for part, option in named if option is None))
    if not chosen:
        return _left_out(value, "none of its options", _MAP_IT)
    if not missing:
        return FieldValue(",".join(chosen))
    text = f"{_shown(', '.join(missing))} is none of its options, so only the others were written. {_MAP_IT}"
    return FieldValue(",".join(chosen), text)


_MOMENTS = frozenset({"date", "date_time"})
_DATE_CURE = "Let the shop write it as 2026-03-31, or map it to a text field."


# -- numbers, yes and no --------------------------------------------------------------------------------

_NUMBER_CURE = "Correct it in the shop, give it a number in the value map, or map it to a text field."


def _whole(value: str, lowest: int = -LARGEST_WHOLE - 1, highest: int = LARGEST_WHOLE) -> FieldValue:
    number = read_number(value)
    if number is None or number != number.to_integral_value() or not lowest <= number <= highest:
        return _left_out(value, "no whole number this field takes", _NUMBER_CURE)
    return FieldValue(str(int(number)))


def _decimal(value: str) -> FieldValue:
    number = read_number(value)
    if number is None or abs(number) >= LARGEST_NUMBER:
        return _left_out(value, "no number this field takes", _NUMBER_CURE)
    return FieldValue(f"{number:f}")


def _yes_no(value: str) -> FieldValue:
    word = value.casefold()
    if word in YES or word in NO:
        return FieldValue("1" if word in YES else "0")
    return _left_out(value, "neither yes nor no", "Say which in the value map, such as gift = yes.")


def _month(value: str) -> FieldValue:
    word = value.casefold().rstrip(".")
    names = [number for number, name in enumerate(MONTHS, start=1) if word in (name, name[:3])]
    return FieldValue(str(names[0])) if names else _whole(value, 1, 12)


_READERS: dict[str, Callable[[str], FieldValue]] = {
    "whole_number": _whole,
    "user": lambda value: _whole(value, 1),
    "year": lambda value: _whole(value, 1, 9999),
    "month": _month,
    "day_of_week": lambda value: _whole(value, 0, 7),
    "decimal_number": _decimal,
    "currency": _decimal,
    "percent": _decimal,
    "yes_no": _yes_no,
}
