"""Which days a report is about: one day or a range, each a date or so many days back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

MOST_DAYS_BACK = 3650
Period = Mapping[str, Any]


class PeriodError(Exception):
    """The days are missing or in the wrong order; `field` is what to correct."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def resolved(period: Period, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """First and last day as dates, where the account is. Raises PeriodError.

    `duration` is `date` or `range`. Of a `date`, `report_date` says whether it is `specific` (`date`) or
    `relative` (`days_back`); of a range the same hold for `start` and `end`. What is resolved already stays.
    """
    if "first" in period:
        return {"first": str(period["first"]), "last": str(period["last"])}
    today = now.astimezone(zone).date()
    if period.get("duration") == "range":
        first = _day(period, "start_kind", "start_date", "start_days", today)
        last = _day(period, "end_kind", "end_date", "end_days", today)
    else:
        first = last = _day(period, "report_date", "date", "days_back", today)
    if first > last:
        raise PeriodError("end_date", f"The period ends on {last} before it begins on {first}.")
    return {"first": first.isoformat(), "last": last.isoformat()}


def bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first moment of the first day and the last second of the last one."""
    first, last = (date.fromisoformat(str(period[name])) for name in ("first", "last"))
    begin = datetime.combine(first, time.min, zone)
    return begin, datetime.combine(last + timedelta(days=1), time.min, zone) - timedelta(seconds=1)


def _day(period: Period, kind: str, day: str, days: str, today: date) -> date:
    if period.get(kind) == "relative":
        back = period.get(days)
        if not isinstance(back, int) or not 0 <= back <= MOST_DAYS_BACK:
            raise PeriodError(days, f"Enter a number of days back, 0 to {MOST_DAYS_BACK}.")
        return today - timedelta(days=back)
    try:
        return date.fromisoformat(str(period.get(day) or ""))
    except ValueError:
        raise PeriodError(day, "Choose the date, or a number of days back.") from None
