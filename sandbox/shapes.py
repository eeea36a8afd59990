"""Reading what a control request may hold; a ValueError names the member that is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

Reader = Callable[[str, Any], Any]
APP_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}", re.ASCII)
MOST_SECONDS = 100 * 366 * 86_400
MOST = 1_000_000_000


def read_members(
    what: str, given: Any, readers: Mapping[str, Reader], needed: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Read each given member by its reader; none may be unknown, and the needed ones must be there."""
    if not isinstance(given, dict):
        raise ValueError(f"{what} is an object")
    unknown = given.keys() - readers.keys()
    if unknown:
        raise ValueError(f"{what} has no {', '.join(sorted(unknown))}; it takes: {', '.join(readers)}")
    missing = set(needed) - given.keys()
    if missing:
        raise ValueError(f"{what} needs {', '.join(sorted(missing))}")
    return {name: readers[name](name, value) for name, value in given.items()}


def read_flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false")
    return value


def read_text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(f"{name} is a text")
    return value


def read_app(name: str, value: Any) -> str:
    """The name of a CRM app, as it stands in its host name."""
    if not isinstance(value, str) or not APP_NAME.fullmatch(value):
        raise ValueError(f"{name} is an app's name: a letter, then letters, digits or hyphens, lower case")
    return value


def read_zone(name: str, value: Any) -> ZoneInfo:
    if not isinstance(value, str) or value not in available_timezones():
        raise ValueError(f"{name} is a time zone, such as Europe/Berlin")
    return ZoneInfo(value)


def list_of(read_one: Reader) -> Reader:
    def read(name: str, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise ValueError(f"{name} is a list")
        return [read_one(name, one) for one in value]

    return read


def one_of(*choices: str) -> Reader:
    """A reader that takes one of these words (a number is taken as its digits)."""

    def read(name: str, value: Any) -> str:
        if str(value) not in choices:
            raise ValueError(f"{name} is one of: {', '.join(choices)}")
        return str(value)

    return read


def read_whole(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST:
        raise ValueError(f"{name} is a whole number from 0")
    return value


def read_seconds(name: str, value: Any) -> float:
    """Seconds from 0 to a century, fractions too."""
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    if not (fits and isfinite(value) and 0 <= value <= MOST_SECONDS):
        raise ValueError(f"{name} is a number of seconds from 0")
    return float(value)


def read_moment(name: str, value: Any) -> datetime:
    """A time in ISO form with its zone, from 1971 to 2999."""
    try:
        moment = datetime.fromisoformat(read_text(name, value))
        fits = moment.tzinfo is not None and 1971 <= moment.year <= 2999
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name} is a time from 1971 to 2999 with its zone, such as 2026-12-31T23:59:00Z")
    return moment
