"""Write JSON bodies, and read those of replies within bounds.

Refused in a reply: more bytes, elements or depth than any honest one, NaN and infinity, numbers no amount or
id needs. Numbers with a point are read as Decimal. Text keeps no character that a database would refuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn, TypeAlias

from crm.http.characters import ILLEGAL, REPLACEMENT
from crm.http.transport import ReplyUnreadable
from crm.shapes import ShapeRefused, json_check
from crm.values import Value

Param: TypeAlias = "bool | int | Decimal | str | Sequence[Param] | Mapping[str, Param] | None"

MAX_BYTES = 2 * 1024 * 1024
MAX_TOKENS = 150_000  # a page of 1000 tags has 17,000
MAX_DEPTH = 64
MAX_DIGITS = 40
MAX_EXPONENT = 30

_UNTIDY_ESCAPE = re.compile(r"\\u(?:[dD][89a-fA-F]|00[01])")
_SURROGATE = re.compile("[\ud800-\udfff\x00]")


@dataclass(frozen=True, slots=True)
class Json:
    """The content of a reply; an empty one holds None."""

    value: Value


def encode(body: Param) -> bytes:
    """Write a body; a Decimal becomes the shortest number that means it, as the API's doubles want.

    Characters XML 1.0 cannot carry are removed, so that a record reads the same over every protocol.
    """
    return json.dumps(_sendable(body), allow_nan=False).encode()


def _sendable(value: Param) -> object:
    if isinstance(value, str):
        return ILLEGAL.sub("", value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {name: _sendable(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [_sendable(item) for item in value]
    return value


class JsonReader:
    """Takes the decoded bytes of one reply and gives its content at the end."""

    def __init__(self) -> None:
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        if len(self._body) + len(data) > MAX_BYTES:
            raise ReplyUnreadable("it is too large")
        self._body += data

    def close(self) -> Json:
        body = bytes(self._body).removeprefix(b"\xef\xbb\xbf").strip()
        self._body.clear()
        if not body:
            return Json(None)
        try:
            json_check(body, most_tokens=MAX_TOKENS, most_depth=MAX_DEPTH)
        except ShapeRefused as err:
            raise ReplyUnreadable(str(err)) from err
        text = body.decode("utf-8", "replace")
        try:
            value = json.loads(
                text, parse_float=_decimal, parse_int=_integer, parse_constant=_refuse_constant
            )
        except (ValueError, RecursionError) as err:
            raise ReplyUnreadable("not readable as JSON") from err
        return Json(_tidied(value) if _UNTIDY_ESCAPE.search(text) else value)


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number is too long")
    return int(digits)


def _decimal(digits: str) -> Decimal:
    number = Decimal(digits) if len(digits) <= MAX_DIGITS else Decimal("Infinity")
    if not number.is_finite() or abs(number.adjusted()) > MAX_EXPONENT:
        raise ValueError("a number is too long")
    return number


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _tidied(value: Value) -> Value:
    if isinstance(value, str):
        return _SURROGATE.sub(REPLACEMENT, value)
    if isinstance(value, list):
        return [_tidied(item) for item in value]
    if isinstance(value, dict):
        return {name: _tidied(item) for name, item in value.items()}
    return value
