"""JSON from strangers: exact numbers, bounded depth, and no character that a database refuses."""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal, InvalidOperation
from typing import Any

from crm.shapes import ShapeRefused, json_check

MAX_DEPTH = 60
MAX_TOKENS = 300_000  # texts, commas and brackets; an order of 500 lines has 250,000

_UNTIDY = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[\ud800-\udfff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class NotJson(ValueError):
    """The text is no JSON that we take; the message is a sentence for whoever sent it."""


class TooMuchJson(NotJson):
    """It holds more than we build of any one text."""


def json_read(body: bytes | str, *, most_tokens: int = MAX_TOKENS) -> Any:
    """Parse JSON with numbers as Decimal or int, counted before anything is built of it.

    NUL and half surrogates become U+FFFD: PostgreSQL stores neither.
    Raises: NotJson, and nothing else.
    """
    json_bounds_check(body if isinstance(body, bytes) else body.encode(errors="replace"), most_tokens)
    try:
        text = body if isinstance(body, str) else body.decode("utf-8-sig")
        value = json.loads(text, parse_float=Decimal, parse_constant=int)  # NaN is no int
    except UnicodeDecodeError as err:
        raise NotJson("The text is not UTF-8.") from err
    except json.JSONDecodeError as err:
        raise NotJson(f"This is not JSON: {err.msg} at line {err.lineno}, column {err.colno}.") from err
    except (ValueError, InvalidOperation) as err:
        raise NotJson("The JSON holds a number that cannot be read.") from err
    return _cleaned(value) if _UNTIDY.search(text) else value


def json_bounds_check(body: bytes, most_tokens: int = MAX_TOKENS) -> None:
    """Raises: TooMuchJson."""
    try:
        json_check(body, most_tokens=most_tokens, most_depth=MAX_DEPTH)
    except ShapeRefused as err:
        raise TooMuchJson(f"The JSON cannot be taken: {err}.") from err


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


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", key): _cleaned(item) for key, item in value.items()}
    return value
