"""Write a method call the way the CRM's server (Apache ws-xmlrpc) reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

from crm.characters import clean
from crm.errors import PermanentError

Param: TypeAlias = "str | bool | int | Decimal | datetime | Sequence[Param] | Mapping[str, Param]"

INT_MIN, INT_MAX = -(2**31), 2**31 - 1


def encode_call(method: str, params: Sequence[Param], zone: ZoneInfo) -> bytes:
    """Return the request body.

    Times are written in the CRM's own zone without an offset: values carry none there and mean US Eastern
    (the vendor's PHP SDK builds its dates so). Null is never written: the server refuses `<nil/>`
    (infusionsoft-php issue 2).
    """
    written = "".join(f"<param>{_value(param, zone)}</param>" for param in params)
    text = (
        "<?xml version='1.0' encoding='UTF-8'?>"
        f"<methodCall><methodName>{_text(method)}</methodName><params>{written}</params></methodCall>"
    )
    return text.encode("utf-8")


def _value(value: Param, zone: ZoneInfo) -> str:
    return f"<value>{_typed(value, zone)}</value>"


def _typed(value: Param, zone: ZoneInfo) -> str:
    if isinstance(value, str):
        return f"<string>{_text(value)}</string>"
    if isinstance(value, bool):  # before int, which it is
        return f"<boolean>{int(value)}</boolean>"
    if isinstance(value, int):
        return f"<int>{_int(value)}</int>"
    if isinstance(value, Decimal):
        return f"<double>{_double(value)}</double>"
    if isinstance(value, datetime):
        return f"<dateTime.iso8601>{_time(value, zone)}</dateTime.iso8601>"
    if isinstance(value, Mapping):
        return f"<struct>{''.join(_member(name, item, zone) for name, item in value.items())}</struct>"
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return f"<array><data>{''.join(_value(item, zone) for item in value)}</data></array>"
    raise TypeError(f"XML-RPC has no type for {type(value).__name__}")


def _member(name: str, value: Param, zone: ZoneInfo) -> str:
    return f"<member><name>{_text(name)}</name>{_value(value, zone)}</member>"


def _text(text: str) -> str:
    escaped = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#13;")  # a parser would read a bare one as a line feed


def _int(value: int) -> int:
    if not INT_MIN <= value <= INT_MAX:
        raise PermanentError(
            f"The number {value} is too large for the CRM, whose numbers have 32 bits. "
            "Check the mapping or the order that holds it.",
            label="number-too-large",
        )
    return value


def _double(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError("an amount must be a finite number")
    return format(value, "f")


def _time(value: datetime, zone: ZoneInfo) -> str:
    if value.tzinfo is None:
        raise ValueError("a time sent to the CRM must be aware")
    return value.astimezone(zone).strftime("%Y%m%dT%H:%M:%S")
