"""JSON from strangers: exact numbers, bounded depth, and no character that a database refuses."""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_DEPTH = 60

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class NotJson(ValueError):
    """The text is no JSON that we take; the message is a sentence for whoever sent it."""


def json_read(body: bytes | str) -> Any:
    """Parse JSON with numbers as Decimal or int.

    NUL and half surrogates become U+FFFD: PostgreSQL stores neither.
    Raises: NotJson, and nothing else.
    """
    try:
        text = body if isinstance(body, str) else body.decode("utf-8-sig")
        value = json.loads(text, parse_float=_decimal, parse_constant=_refuse)
    except UnicodeDecodeError as err:
        raise NotJson("The text is not UTF-8.") from err
    except RecursionError as err:
        raise NotJson("The JSON is nested too deeply.") from err
    except json.JSONDecodeError as err:
        raise NotJson(f"This is not JSON: {err.msg} at line {err.lineno}, column {err.colno}.") from err
    except ValueError as err:
        raise NotJson("The JSON holds a number that cannot be read.") from err
    return _cleaned(value, MAX_DEPTH)


def json_write(value: Any) -> str:
    """Write what `json_read` read, each Decimal as the number it was."""
    mark = secrets.token_hex(8)
    text = json.dumps(value, ensure_ascii=False, default=lambda number: f"{mark}{number}")
    return re.sub(rf'"{mark}([^"]*)"', r"\1", text)


def json_storable(value: Any) -> Any:
    """The same for a JSONField: a Decimal becomes a float if that loses nothing, else text."""
    if isinstance(value, dict):
        return {key: json_storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json_storable(item) for item in value]
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    return value


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as err:
        raise ValueError(text) from err


def _refuse(name: str) -> None:
    raise ValueError(name)


def _cleaned(value: Any, depth: int) -> Any:
    if depth < 0:
        raise NotJson("The JSON is nested too deeply.")
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_cleaned(item, depth - 1) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", key): _cleaned(item, depth - 1) for key, item in value.items()}
    return value
