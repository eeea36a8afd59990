"""Values on their way into a reply: ids, times, money; what is absent is left out."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import CLOCK
from sandbox.money import exponent
from sandbox.options import Options
from sandbox.values import Row, Stored

Json = dict[str, Any]


def present(**members: Any) -> Json:
    """The members that have a value; an empty list is one."""
    return {name: value for name, value in members.items() if value is not None}


def id_text(value: Stored) -> str | None:
    """An id of v2; 0 and null are none."""
    return str(value) if value else None


def time_text(value: Stored) -> str | None:
    """A column's time, which is local to the account, in UTC."""
    if not isinstance(value, datetime):
        return None
    return f"{value.replace(tzinfo=CLOCK.zone).astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}"


def date_text(value: Stored) -> str | None:
    return f"{value:%Y-%m-%d}" if isinstance(value, datetime) else None


def truth(value: Stored) -> bool | None:
    return None if value is None else bool(value)


def whole(row: Row, column: str) -> int:
    """A column that holds an id or a count, 0 where it is empty."""
    value = row.get(column)
    return value if isinstance(value, int) else 0


def exact(value: Stored) -> Decimal:
    return Decimal(0) if value is None else Decimal(str(value))


def currency_value(options: Options, value: Stored) -> Json:
    """Money of v2: a whole number of the currency's smallest unit."""
    places = exponent(options.currency)
    amount = exact(value)
    return {
        "amount": int(amount.scaleb(places).to_integral_value()),
        "currency_code": options.currency,
        "formatted_amount": f"{amount:,.{places}f} {options.currency}",
    }


def from_smallest_unit(options: Options, amount: int) -> Decimal:
    return Decimal(amount).scaleb(-exponent(options.currency))
