"""Times and lengths of time as sentences say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def length(time: timedelta) -> str:
    """Whole days from the third on, whole hours from the second, else minutes."""
    if time >= 3 * _DAY:
        return counted(time // _DAY, "day")
    if time >= 2 * _HOUR:
        return counted(time // _HOUR, "hour")
    return counted(max(time // _MINUTE, 0), "minute")


def counted(number: int, thing: str) -> str:
    """`1 order`, `1,200 orders`."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
