"""Read requests strictly: what the CRM's parser refuses is refused here, nil first of all."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from sandbox.problems import unreadable
from sandbox.values import Wire


@dataclass(frozen=True)
class Request:
    method: str
    arguments: list[Wire]


def read_request(body: bytes) -> Request:
    """Parse a methodCall. Raises the code 0 fault the CRM gives for what it cannot read."""
    if not body.strip():
        raise unreadable("Premature end of file.")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise unreadable(str(error) or type(error).__name__) from error
    if root.tag != "methodCall":
        raise unreadable(f"Expected methodCall element, got {_local(root)}")
    name = root.find("methodName")
    if name is None or not (name.text or "").strip():
        raise unreadable("Missing methodName")
    params = root.find("params")
    arguments = [_value(_only_child(param, "value")) for param in (params if params is not None else [])]
    return Request((name.text or "").strip(), arguments)


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _only_child(element: Element, tag: str) -> Element:
    if len(element) != 1 or element[0].tag != tag:
        raise unreadable(f"Expected one {tag} element inside {_local(element)}")
    return element[0]


def _value(element: Element) -> Wire:
    if len(element) == 0:
        return element.text or ""
    if len(element) != 1:
        raise unreadable("Expected one typed element inside value")
    typed = element[0]
    name = _local(typed)
    if name == "array":
        return [_value(item) for item in _only_child(typed, "data")]
    if name == "struct":
        found: dict[str, Wire] = {}
        for member in typed:
            key, value = member.find("name"), member.find("value")
            if member.tag != "member" or key is None or value is None:
                raise unreadable("Expected name and value inside member")
            found[key.text or ""] = _value(value)
        return found
    if len(typed):
        raise unreadable(f"Unexpected element inside {name}")
    return _scalar(name, typed.text or "")


def _scalar(name: str, text: str) -> Wire:
    if name == "string":
        return text
    try:
        if name in ("int", "i4"):
            number = int(text)
            if not -(2**31) <= number < 2**31:
                raise ValueError("not a 32-bit number")
            return number
        if name == "boolean":
            return {"0": False, "1": True}[text.strip()]
        if name == "double":
            return _double(text)
        if name == "dateTime.iso8601":
            return datetime.strptime(text.strip(), "%Y%m%dT%H:%M:%S")  # noqa: DTZ007 - the wire has no zone
        if name == "base64":
            return base64.b64decode(text)
    except (ValueError, KeyError, binascii.Error) as error:
        raise unreadable(f"Failed to parse {name} value: {text.strip()}") from error
    raise unreadable(f"Unknown type: {name}")


def _double(text: str) -> Decimal:
    """The shortest decimal of the double, so that 41.14 is 41.14 and not its binary neighbour."""
    number = Decimal(repr(float(text)))
    if not number.is_finite():
        raise ValueError("not a finite number")
    return number
