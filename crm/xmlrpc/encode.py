"""Write a method call the way the CRM's server (Apache ws-xmlrpc) reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias
from zoneinfo import ZoneInfo

from crm.errors import PermanentError
from crm.http.characters import ILLEGAL

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
    return ILLEGAL.sub("", text).encode("utf-8")


def _value(value: Param, zone: ZoneInfo) -> str:
    if isinstance(value, str):
        return f"<value><string>{_text(value)}</string></value>"
    if isinstance(value, bool):  # before int, which it is
        return f"<value><boolean>{int(value)}</boolean></value>"
    if isinstance(value, int):
        return f"<value><int>{_int(value)}</int></value>"
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("an amount must be a finite number")
        return f"<value><double>{value:f}</double></value>"
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time sent to the CRM must be aware")
        local = value.astimezone(zone).strftime("%Y%m%dT%H:%M:%S")
        return f"<value><dateTime.iso8601>{local}</dateTime.iso8601></value>"
    if isinstance(value, Mapping):
        members = (
            f"<member><name>{_text(name)}</name>{_value(item, zone)}</member>" for name, item in value.items()
        )
        return f"<value><struct>{''.join(members)}</struct></value>"
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        items = "".join(_value(item, zone) for item in value)
        return f"<value><array><data>{items}</data></array></value>"
    raise TypeError(f"XML-RPC has no type for {type(value).__name__}")


def _text(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\r", "&#13;")  # a parser would read a bare one as a line feed


def _int(value: int) -> int:
    if not INT_MIN <= value <= INT_MAX:
        raise PermanentError(
            f"The number {value} is too large for the CRM, whose numbers have 32 bits. "
            "Check the mapping or the order that holds it.",
            label="number-too-large",
        )
    return value
