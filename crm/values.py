"""Read the values of a reply; whatever is not what the CRM documents is an unusable reply.

A write with an unusable reply has an unknown outcome, so nothing here guesses an id, an amount or a "yes".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

Value: TypeAlias = "bool | int | Decimal | str | list[Value] | dict[str, Value] | None"
Struct = Mapping[str, Value]

PLACES = Decimal("0.0001")


class Unexpected(Exception):
    """The reply is well formed but not of the documented shape."""


def struct(value: Value) -> Struct:
    if not isinstance(value, dict):
        raise Unexpected("an object was expected")
    return value


def rows(value: Value) -> list[Struct]:
    if not isinstance(value, list):
        raise Unexpected("a list was expected")
    return [struct(item) for item in value]


def integer(value: Value) -> int:
    """Return a whole number, also one sent as text, as REST v2 sends its ids."""
    if type(value) is int:
        return value
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value.strip()[:20])
    raise Unexpected(f"a number was expected, not {type(value).__name__}")


def record_id(value: Value) -> int:
    number = integer(value)
    if number <= 0:
        raise Unexpected(f"an id was expected, not {number}")
    return number


def text(row: Struct, name: str) -> str:
    """Return a text; what is null or left out, as XML-RPC leaves null columns out, is blank."""
    value = row.get(name)
    return "" if value is None else str(value)


def amount(value: Value) -> Decimal:
    """Return an amount with four places: XML-RPC's doubles come back like 22.960000000000001."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise Unexpected("an amount was expected")
    try:
        return Decimal(value).quantize(PLACES)
    except InvalidOperation as err:
        raise Unexpected("an amount was expected") from err


def ignored(_value: Value) -> None:
    """Take any reply: the write may be repeated harmlessly, or its status says all."""
