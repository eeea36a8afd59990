"""Values as they travel, as they are stored, and as JSON shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

Wire = str | int | bool | Decimal | datetime | bytes | list["Wire"] | dict[str, "Wire"]
"""What a request may carry and a reply is made of. A double is a Decimal, so money stays exact."""

Stored = str | int | Decimal | datetime | None
Row = dict[str, Stored]


def as_text(value: Stored) -> str:
    """Show a stored value as the CRM's database would compare it: wildcards work on this."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Decimal):
        return plain(value)
    return str(value)


def rank(value: Stored) -> tuple[bool, Any]:
    """What rows are sorted by: nulls come first, case is ignored."""
    return value is not None, value.casefold() if isinstance(value, str) else value or 0


def plain(number: Decimal) -> str:
    """Write without exponent, with at least one decimal, as Java prints a double of ordinary size."""
    text = format(number.normalize(), "f")
    return text if "." in text else f"{text}.0"


def json_default(value: Any) -> Any:
    """For `json.dumps`: money as an exact string, times in ISO form."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    raise TypeError(f"{type(value).__name__} has no JSON form")
