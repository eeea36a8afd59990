"""Read the values of a reply; whatever is not what the CRM documents is an unusable reply.

A write with an unusable reply has an unknown outcome, so nothing here guesses an id or a "yes".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from crm.xmlrpc.decode import Value

PLACES = Decimal("0.0001")


class Unexpected(Exception):
    """The reply is well formed but not of the documented shape."""


Struct = Mapping[str, Value]


def integer(value: Value) -> int:
    """Return a whole number, also one sent as text."""
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


def boolean(value: Value) -> bool:
    if value in (True, False):  # 1 and 0 too
        return bool(value)
    raise Unexpected("yes or no was expected")


def accepted(value: Value) -> None:
    """Require the "true" of a write that says nothing else.

    What "false" means there is not documented; as an unexpected reply it is looked up, not repeated.
    """
    if not boolean(value):
        raise Unexpected("the reply was no")


def ignored(_value: Value) -> None:
    """Take any reply: the write may be repeated harmlessly and its reply tells nothing."""


def rows(value: Value) -> list[Struct]:
    if not isinstance(value, list):
        raise Unexpected("a list was expected")
    return [struct(item) for item in value]


def struct(value: Value) -> Struct:
    if not isinstance(value, dict):
        raise Unexpected("a structure was expected")
    return value


def text(row: Struct, column: str) -> str:
    """Return a text column; the CRM leaves null columns out of its replies."""
    value = row.get(column)
    return "" if value is None else str(value)


def optional_id(row: Struct, column: str) -> int | None:
    value = row.get(column)
    return None if value in (None, "", 0) else integer(value)


def amount(value: Value) -> Decimal:
    """Return an amount with four places: doubles come back like 22.960000000000001."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise Unexpected("an amount was expected")
    try:
        return Decimal(value).quantize(PLACES)
    except InvalidOperation as err:
        raise Unexpected("an amount was expected") from err


def amount_or_zero(row: Struct, column: str) -> Decimal:
    """Return an amount column; null (left out) is nought."""
    value = row.get(column)
    return amount(0 if value in (None, "") else value)


def moment(row: Struct, column: str, zone: ZoneInfo) -> datetime | None:
    """Return a time, aware; None for null.

    It comes without an offset and means the CRM's zone. Of the hour that clocks go back over, the later
    reading is taken, so that a search for "since" leaves nothing out.
    """
    written = text(row, column).strip()
    if not written:
        return None
    try:
        read = datetime.fromisoformat(written)
    except ValueError as err:
        raise Unexpected("a time was expected") from err
    return (read if read.tzinfo else read.replace(tzinfo=zone, fold=1)).astimezone(UTC)
