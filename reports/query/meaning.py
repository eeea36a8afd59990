"""What a query means: as conditions of DataService.query, and of a row that is at hand."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from reports.columns import ColumnType, Stored, moment
from reports.query.language import COMPARED, Condition, Query, Sign

COMPARE: Mapping[Sign, Callable[[Any, Any], bool]] = {
    Sign.AT_LEAST: operator.ge,
    Sign.ABOVE: operator.gt,
    Sign.AT_MOST: operator.le,
    Sign.BELOW: operator.lt,
    Sign.DIFFERS: operator.ne,
}


def wire_value(condition: Condition) -> str | list[int]:
    """The condition as DataService.query takes it: its value language is the one people write."""
    match condition.sign:
        case Sign.ONE_OF:
            return list(condition.ids)
        case Sign.NULL:
            return "~null~"
        case Sign.FILLED:
            return "~<>~"
        case sign if sign in COMPARED:
            return f"{sign}{condition.value}"
        case _:
            return condition.value


def holds(query: Query, row: Mapping[str, Stored], zone: ZoneInfo) -> bool:
    """Whether every condition holds of the row, as the CRM would say over XML-RPC."""
    return all(_holds(each, row.get(each.column.name), zone) for each in query.conditions)


def _holds(condition: Condition, value: Stored, zone: ZoneInfo) -> bool:
    kind, sign = condition.column.type, condition.sign
    if value is None or sign is Sign.NULL:
        return value is None and sign is Sign.NULL
    if sign is Sign.ONE_OF:
        return value in condition.ids
    if sign is Sign.FILLED:
        return value != ""
    if sign is Sign.LIKE:
        text = str(value)
        if kind is ColumnType.TIME:
            text = f"{moment(text, zone).astimezone(zone):%Y-%m-%d %H:%M:%S}"
        parts = (re.escape(part) for part in condition.value.casefold().split("%"))
        return re.fullmatch(".*".join(parts), text.casefold(), re.DOTALL) is not None
    have, want = _comparable(str(value), kind, zone), _comparable(condition.value, kind, zone)
    if have is None or want is None:
        return sign is Sign.EQUALS and str(value) == condition.value
    return have == want if sign is Sign.EQUALS else COMPARE[sign](have, want)


def _comparable(text: str, kind: ColumnType, zone: ZoneInfo) -> Decimal | datetime | str | None:
    if kind is ColumnType.TEXT or kind is ColumnType.FLAG:
        return text.casefold()
    if not text.strip():
        return None
    return moment(text, zone) if kind in (ColumnType.TIME, ColumnType.DATE) else Decimal(text.strip())
