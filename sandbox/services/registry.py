"""The methods by name, and how a call's arguments are matched with a method's signatures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.problems import no_handler, no_matching_method
from sandbox.values import Wire

Run = Callable[..., Any]

PYTHON_TYPES: dict[str, type] = {
    "string": str,
    "int": int,
    "double": Decimal,
    "boolean": bool,
    "dateTime": datetime,
    "array": list,
    "struct": dict,
}
JAVA_TYPES: dict[type, str] = {
    str: "java.lang.String",
    int: "java.lang.Integer",
    Decimal: "java.lang.Double",
    bool: "java.lang.Boolean",
    datetime: "java.util.Date",
    list: "[Ljava.lang.Object;",
    dict: "java.util.HashMap",
    bytes: "[B",
}


@dataclass(frozen=True)
class Method:
    """`keyed` methods carry the private key, or a placeholder for it, before their own arguments."""

    name: str
    signatures: tuple[tuple[str, ...], ...]
    keyed: bool
    run: Run


METHODS: dict[str, Method] = {}


def method(name: str, *signatures: str, keyed: bool = True) -> Callable[[Run], Run]:
    """Register a function under its wire name; each signature is a list of XML-RPC type words."""

    def register(run: Run) -> Run:
        if name in METHODS:
            raise RuntimeError(f"{name} is registered twice")
        METHODS[name] = Method(name, tuple(tuple(s.split()) for s in signatures or ("",)), keyed, run)
        return run

    return register


ECHO = Method("echo", (("string",),), False, lambda work, text: text)


def find_method(name: str) -> Method:
    if name in METHODS:
        return METHODS[name]
    if name.endswith(".echo"):
        return ECHO
    raise no_handler(name)


def match(found: Method, arguments: list[Wire], lenient: bool) -> list[Wire]:
    """Fit the arguments, key left off, to a signature. Raises the fault that lists their Java types."""
    own = arguments[1:] if found.keyed else arguments
    if not found.keyed or (arguments and isinstance(arguments[0], str)):
        for signature in found.signatures:
            if len(signature) == len(own):
                types = (PYTHON_TYPES[word] for word in signature)
                fitted = [_fit(wanted, value, lenient) for wanted, value in zip(types, own, strict=True)]
                if None not in fitted:
                    return [value for value in fitted if value is not None]
    raise no_matching_method([JAVA_TYPES[type(argument)] for argument in arguments])


def _fit(wanted: type, value: Wire, lenient: bool) -> Wire | None:
    if type(value) is wanted:
        return value
    if lenient and wanted is Decimal and type(value) is int:
        return Decimal(value)
    if lenient and wanted is int and isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return None
