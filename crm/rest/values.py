"""Read the values of a reply; whatever is not what the API documents is an unusable reply.

A write with an unusable reply has an unknown outcome, so nothing here guesses an id or an amount.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from crm.money import exponent
from crm.rest.body import Param, Value

PLACES = Decimal("0.0001")

Struct = Mapping[str, Value]


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


def listed(row: Struct, name: str) -> list[Struct]:
    """Return a list of objects; one that is left out is empty."""
    value = row.get(name)
    return [] if value is None else rows(value)


def integer(value: Value) -> int:
    """Return a whole number, also one sent as text, as v2 sends its ids."""
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


def optional_id(value: Value) -> int | None:
    return None if value in (None, "", 0, "0") else integer(value)


def text(row: Struct, name: str) -> str:
    """Return a text; what is left out or null is blank."""
    value = row.get(name)
    return "" if value is None else str(value)


def inner(row: Struct, name: str) -> Struct:
    """Return an object inside; one that is left out is empty."""
    value = row.get(name)
    return {} if value is None else struct(value)


def boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    raise Unexpected("yes or no was expected")


def amount(value: Value) -> Decimal:
    """Return an amount in major units with four places."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise Unexpected("an amount was expected")
    try:
        return Decimal(value).quantize(PLACES)
    except InvalidOperation as err:
        raise Unexpected("an amount was expected") from err


def currency_amount(value: Value) -> Decimal:
    """Return a `CurrencyValue` in major units: the API counts in the currency's smallest unit."""
    given = struct(value)
    return amount(integer_amount(given.get("amount")).scaleb(-exponent(text(given, "currency_code"))))


def integer_amount(value: Value) -> Decimal:
    number = amount(value)
    if number != number.to_integral_value():
        raise Unexpected("an amount in the smallest unit has no fraction")
    return number


def optional_amount(row: Struct, name: str) -> Decimal | None:
    value = row.get(name)
    return None if value is None else currency_amount(value)


def moment(row: Struct, name: str) -> datetime | None:
    """Return a time; one without a zone is UTC."""
    value = text(row, name)
    if not value:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError as err:
        raise Unexpected("a time was expected") from err
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def utc(value: datetime) -> str:
    """Write a time as the API wants it, in UTC to the millisecond."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ignored(_value: Value) -> None:
    """Take any reply: the write may be repeated harmlessly, or its status says all."""


def sendable(value: Value) -> Param:
    """Give a value of a reply back as it came."""
    return value
