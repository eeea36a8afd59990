"""What the members of a JSON body may be: a kind takes a value with its place and gives it back checked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import CLOCK
from sandbox.rest.problems import bad_request

Kind = Callable[[Any, str], Any]
INT32 = 2**31


def anything(value: Any, where: str) -> Any:
    return value


def text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise bad_request(f"{where} must be a string")
    return value


def flag(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise bad_request(f"{where} must be true or false")
    return value


def integer(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_request(f"{where} must be a whole number")
    return value


def number(value: Any, where: str) -> Decimal:
    """Exact: the digits as they were sent, not the nearest double."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise bad_request(f"{where} must be a number")
    return Decimal(value)


def digits(value: Any, where: str) -> Decimal:
    """A number that may also come as text, as in v1."""
    try:
        return Decimal(value) if isinstance(value, str) else number(value, where)
    except ArithmeticError:
        raise bad_request(f"{where} must be a number") from None


def record_id(value: Any, where: str) -> int:
    """An id of v2: digits in a string."""
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()) or int(value) >= INT32:
        raise bad_request(f"{where} must be an id, digits in a string")
    return int(value)


def moment(value: Any, where: str) -> datetime:
    """An ISO 8601 time with a zone, as the CRM's columns hold it: local to the account, no zone."""
    try:
        given = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise bad_request(f"{where} must be an ISO 8601 time") from None
    if given.tzinfo is None:
        raise bad_request(f"{where} must say its zone")
    return given.astimezone(CLOCK.zone).replace(tzinfo=None, microsecond=0)


def choice(*words: str) -> Kind:
    def read(value: Any, where: str) -> str:
        if value not in words:
            raise bad_request(f"{where} must be one of: {', '.join(words)}")
        return str(value)

    return read


def listed(kind: Kind) -> Kind:
    def read(value: Any, where: str) -> list[Any]:
        if not isinstance(value, list):
            raise bad_request(f"{where} must be an array")
        return [kind(item, f"{where}[{place}]") for place, item in enumerate(value)]

    return read


def shaped(needed: str = "", /, **members: Kind) -> Kind:
    """An object with these members and no others; `needed` names those that must be there."""

    def read(value: Any, where: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise bad_request(f"{where} must be an object")
        for name in value:
            if name not in members:
                raise bad_request(f"{where}.{name} is not known")
        for name in needed.split():
            if value.get(name) is None:
                raise bad_request(f"{where}.{name} is required")
        return {
            name: None if given is None else members[name](given, f"{where}.{name}")
            for name, given in value.items()
        }

    return read
