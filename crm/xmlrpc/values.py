"""Values of a reply in the shapes that XML-RPC gives them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from crm.values import Struct, Unexpected, Value, amount, integer, text


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


def optional_id(row: Struct, column: str) -> int | None:
    value = row.get(column)
    return None if value in (None, "", 0) else integer(value)


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
