"""Values of a reply in the shapes that REST gives them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from crm.money import exponent
from crm.rest.body import Param
from crm.values import Struct, Unexpected, Value, amount, integer, rows, struct, text


def listed(row: Struct, name: str) -> list[Struct]:
    """Return a list of objects; one that is left out is empty."""
    value = row.get(name)
    return [] if value is None else rows(value)


def optional_id(value: Value) -> int | None:
    return None if value in (None, "", 0, "0") else integer(value)


def inner(row: Struct, name: str) -> Struct:
    """Return an object inside; one that is left out is empty."""
    value = row.get(name)
    return {} if value is None else struct(value)


def boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    raise Unexpected("yes or no was expected")


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


def sendable(value: Value) -> Param:
    """Give a value of a reply back as it came."""
    return value
