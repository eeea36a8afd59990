"""The value map of a custom field: which word of the CRM's list stands for a value of the shop."""

from __future__ import annotations

from django.core.exceptions import ValidationError

LONGEST_VALUE = 200


def value_map_parse(text: str) -> dict[str, str]:
    """The map written as lines `shop value = CRM value`; its keys are case-folded, blank lines ignored.

    Raises: ValidationError naming the first line that cannot be read or repeats a shop value.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        shop_value, sign, crm_value = (part.strip() for part in line.partition("="))
        if not (shop_value and sign and crm_value):
            raise _wrong(number, f"write “{_short(line)}” as shop value = CRM value.")
        if len(shop_value) > LONGEST_VALUE or len(crm_value) > LONGEST_VALUE:
            raise _wrong(number, f"a value has at most {LONGEST_VALUE} characters.")
        if shop_value.casefold() in found:
            raise _wrong(number, f"“{_short(shop_value)}” is there already; letter case does not count.")
        found[shop_value.casefold()] = crm_value
    return found


def _wrong(number: int, what: str) -> ValidationError:
    return ValidationError(f"Line {number} of the value map: {what}")


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= 40 else f"{text[:40]}…"
