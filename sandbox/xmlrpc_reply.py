"""Write replies as recorded from the CRM: untagged strings, <i4>, no nil, no blank between tags."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from sandbox.values import plain

DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'


def response(value: Any) -> bytes:
    return _document(f"<params><param>{_value(value)}</param></params>")


def fault(code: int, text: str) -> bytes:
    return _document(f"<fault>{_value({'faultCode': code, 'faultString': text})}</fault>")


def _document(inner: str) -> bytes:
    return f"{DECLARATION}<methodResponse>{inner}</methodResponse>".encode()


def _value(value: Any) -> str:
    return f"<value>{_inside(value)}</value>"


def _inside(value: Any) -> str:
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, bool):
        return f"<boolean>{int(value)}</boolean>"
    if isinstance(value, int):
        return f"<i4>{value}</i4>"
    if isinstance(value, Decimal):
        return f"<double>{plain(value)}</double>"
    if isinstance(value, datetime):
        return f"<dateTime.iso8601>{value:%Y%m%dT%H:%M:%S}</dateTime.iso8601>"
    if isinstance(value, list):
        items = "".join(_value(item) for item in value)
        return f"<array><data>{items}</data></array>" if items else "<array><data/></array>"
    if isinstance(value, dict):
        members = (f"<member><name>{escape(k)}</name>{_value(item)}</member>" for k, item in value.items())
        return f"<struct>{''.join(members)}</struct>"
    raise TypeError(f"a reply cannot carry {type(value).__name__}")
